#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr std::array<Field, 7> program_row{{
    {"name", Kind::text, "the program"},
    {"pid", Kind::number, "its process"},
    {"state", Kind::text, "starting, running, draining (another has taken its place), waiting (to be started again) or stopped"},
    {"restarts", Kind::number, "how often it was started again"},
    {"generation", Kind::number, "the configuration it runs"},
    {"started", Kind::instant, "since when it runs"},
    {"missing", Kind::text, "what the kernel could not confine"},
}};
constexpr std::array<Field, 5> certificate_row{{
    {"host", Kind::text, "the name that clients ask for (SNI); empty: everybody else"},
    {"names", Kind::text, "whom it is for"},
    {"valid_from", Kind::instant, "its beginning"},
    {"valid_until", Kind::instant, "its end, or that of the certificate of its chain that ends first"},
    {"problem", Kind::text, "what is wrong with it"},
}};
constexpr std::array<Field, 14> status_card{{
    {"version", Kind::text, "of metkad"},
    {"instance", Kind::text, "the state folder"},
    {"uptime", Kind::seconds, "since metkad started"},
    {"customers", Kind::number, "how many"},
    {"domains", Kind::number, "how many"},
    {"shells", Kind::number, "how many shell accounts"},
    {"mailboxes", Kind::number, "how many"},
    {"aliases", Kind::number, "how many"},
    {"expiry_sweep", Kind::instant, "when the last one ended"},
    {"quota_sweep", Kind::instant, "when the last one ended"},
    {"generation", Kind::number, "the configuration that is in force"},
    {"problems", Kind::steps, "what a person must look at"},
    {"programs", Kind::rows, "the programs of the house", program_row},
    {"certificates", Kind::rows, "what the listeners present", certificate_row},
}};
constexpr std::array<Field, 1> version_card{{{"version", Kind::text, "of metkad"}}};

constexpr std::array log_parameters{
    Parameter{"subject", text, optional, "only what was done to this: an address, a domain, a name"},
    Parameter{"most", number, optional, "so many entries; 100 without it"},
};
constexpr std::array<Field, 7> log_row{{
    {"at", Kind::instant, "when"},
    {"actor", Kind::text, "who really did it"},
    {"acting_as", Kind::text, "in whose place (--as)"},
    {"verb", Kind::text, "what was asked for"},
    {"subject", Kind::text, "the object"},
    {"before", Kind::text, "what it was, as JSON"},
    {"after", Kind::text, "what it became"},
}};

constexpr std::array apply_parameters{
    Parameter{"objects", objects, required, "the objects, each with its `kind` and the parameters of its `add`"},
    dry_run,
};
constexpr std::array<Field, 3> apply_row{{
    {"object", Kind::text, "its kind and its key"},
    {"outcome", Kind::text, "created, changed, unchanged or refused"},
    {"why", Kind::text, "what was or would be done, or why not"},
}};

constexpr std::array<std::string_view, 11> name_kinds{"customer", "domain", "shell", "mailbox", "alias", "inbox", "plan", "address", "setting", "generation", "app-password"};
constexpr std::array complete_parameters{
    Parameter{"of", choice, required, "what kind of name", name_kinds},
    Parameter{"begins", text, required, "with what it begins"},
    Parameter{"account", text, optional, "app-password: of which mailbox or shell account; `my`: without it one's own"},
};
constexpr std::array<Field, 1> complete_row{{{"name", Kind::text, "a name that the caller may know"}}};

constexpr std::array<Verb, 5> table{{
    {"status", "", administrator, reads, {}, object, status_card,
     "Show how Metka's programs are, and how much there is.", "metkactl status"},
    {"log", "", administrator, reads, log_parameters, rows, log_row,
     "Show who changed what, the newest first.", "metkactl log --most 10"},
    {"version", "", anyone, reads, {}, object, version_card, "Print the version of the running metkad.", "metkactl version"},
    {"apply", "", administrator, sweeps, apply_parameters, rows, apply_row,
     "Bring many objects to what a file describes: shows the plan, and carries it out.", "metkactl apply firma.yaml --yes"},
    {"complete", "", anyone, reads, complete_parameters, rows, complete_row,
     "List the names that complete a word; for the shells' completion.", "metkactl complete --of mailbox --begins b"},
}};
// clang-format on

} // namespace

std::span<const Verb> house_verbs()
{
    return table;
}

} // namespace metka::control
