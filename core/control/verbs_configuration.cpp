#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Parameter reason{"reason", text, optional, "why, for `config history`"};

constexpr std::array<Field, 4> check_card{{
    {"files", Kind::steps, "metka.yaml and its drop-ins, in the order in which they count"},
    {"generation", Kind::number, "the one that runs"},
    {"differs", Kind::flag, "whether `config apply` would change anything"},
    {"meaning", Kind::steps, "what it would change, and what was changed by hand in the generation that runs"},
}};

constexpr std::array show_parameters{
    Parameter{"of", setting, optional_key, "only this key or section; or the settings of that generation"},
    Parameter{"default", flag, optional, "the default of each key, whatever the files say"},
    Parameter{"set", flag, optional, "only what the files set"},
    Parameter{"effective", flag, optional, "what the files come to; this is so without it, too"},
    Parameter{"origin", flag, optional, "say which file set what"},
};
constexpr std::array<Field, 3> show_row{{
    {"key", Kind::text, "the setting"},
    {"value", Kind::text, "as it would stand in metka.yaml"},
    {"origin", Kind::text, "the file and line that set it; with --origin, or of a generation: set or default"},
}};

constexpr std::array diff_parameters{
    Parameter{"generation", generation, optional_key, "compare what runs with this one instead of with the files"},
};
constexpr std::array<Field, 5> diff_card{{
    {"differs", Kind::flag, "whether there is any difference"},
    {"generation", Kind::number, "the one that runs"},
    {"meaning", Kind::steps, "what would change"},
    {"hand_edits", Kind::steps, "files of the running generation that are not what metkad wrote"},
    {"text", Kind::block, "the same as a unified diff of the generated files"},
}};

constexpr std::array apply_parameters{
    reason,
    Parameter{"force", flag, optional, "though files of the running generation were changed by hand: those changes are dropped"},
    dry_run,
};
constexpr std::array<Field, 3> switch_fields{{
    {"done", Kind::flag, "false after --dry-run"},
    {"steps", Kind::steps, "what was done, or would be"},
    {"generation", Kind::number, "the one that runs now"},
}};

constexpr std::array history_parameters{
    Parameter{"most", number, optional, "so many; 100 without it"},
};
constexpr std::array<Field, 8> history_row{{
    {"generation", Kind::number, "the one that was to run"},
    {"before", Kind::number, "the one that ran before"},
    {"at", Kind::instant, "when"},
    {"actor", Kind::text, "who"},
    {"cause", Kind::text, "start, apply, reload or rollback"},
    {"reason", Kind::text, "what --reason said"},
    {"outcome", Kind::text, "running, refused, begun (it is under way) or cut off (metkad ended on the way)"},
    {"message", Kind::text, "why it was refused"},
}};

constexpr std::array rollback_parameters{
    Parameter{"generation", generation, Need::key, "the one to go back to"},
    reason,
    dry_run,
};

constexpr std::array<std::string_view, 4> engine_programs{"smtp", "access", "auth", "store"};
constexpr std::array<Field, 3> restart_fields{{
    {"done", Kind::flag, "false after --dry-run"},
    {"steps", Kind::steps, "what was done, or would be"},
    {"pid", Kind::number, "the new process"},
}};
constexpr std::array restart_parameters{
    Parameter{"program", choice, Need::key, "which one", engine_programs},
    dry_run,
};

constexpr std::array reload_parameters{reason, dry_run};

constexpr std::array<Verb, 8> table{{
    {"config", "check", administrator, reads, {}, object, check_card,
     "Check metka.yaml and its drop-ins, and have every program check what would be made of them.", "metkactl config check"},
    {"config", "show", administrator, reads, show_parameters, rows, show_row,
     "Show the settings: what the files come to, or what a generation had.", "metkactl config show smtp --origin"},
    {"config", "diff", administrator, compares, diff_parameters, object, diff_card,
     "Show how the files differ from the generation that runs; ends with 1 if they do.", "metkactl config diff"},
    {"config", "apply", administrator, writes, apply_parameters, object, switch_fields,
     "Make a generation of the files and switch to it; whatever fails leaves the old one running.",
     "metkactl config apply --reason 'larger messages'"},
    {"config", "history", administrator, reads, history_parameters, rows, history_row,
     "List which generation ran since when, who switched to it and why, the newest first.", "metkactl config history --most 5"},
    {"config", "rollback", administrator, writes, rollback_parameters, object, switch_fields,
     "Go back to an earlier generation.", "metkactl config rollback 1 --reason 'clients complain'"},
    {"engine", "restart", administrator, writes, restart_parameters, object, restart_fields,
     "Start a program anew, for an upgrade: the new one serves at once, the old one finishes what it has begun.",
     "metkactl engine restart smtp"},
    {"daemon", "reload", administrator, writes, reload_parameters, object, switch_fields,
     "Read metka.yaml, its drop-ins and the certificates again, as SIGHUP does.", "metkactl daemon reload"},
}};
// clang-format on

} // namespace

std::span<const Verb> configuration_verbs()
{
    return table;
}

} // namespace metka::control
