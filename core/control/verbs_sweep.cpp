#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr std::array expiry_parameters{
    Parameter{"at", date, optional, "rehearse it as if it were the beginning of this day; nothing is changed"},
    Parameter{"yes", flag, optional, "purge though a brake holds: the clock, a late sweep, or too many mailboxes at once"},
    dry_run,
};
constexpr std::array quota_parameters{dry_run};
constexpr std::array<Field, 8> expiry_card{{
    {"summary", Kind::text, "one line"},
    {"mailboxes", Kind::number, "how many were looked at"},
    {"noticed", Kind::number, "notices sent"},
    {"expired", Kind::number, "expired, and told so now"},
    {"purged", Kind::number, "purged with their mail"},
    {"trash", Kind::number, "removed earlier, and their mail deleted now"},
    {"held", Kind::steps, "what a brake held back, and why"},
    {"steps", Kind::steps, "what was done, or would be"},
}};
constexpr std::array<Field, 5> quota_card{{
    {"summary", Kind::text, "one line"},
    {"inboxes", Kind::number, "how many were measured"},
    {"noticed", Kind::number, "notices sent"},
    {"over", Kind::steps, "accounts over their limit"},
    {"problems", Kind::steps, "what a person must look at"},
}};

constexpr std::array notice_parameters{
    Parameter{"inbox", inbox, optional, "only those to this mailbox or shell account"},
    Parameter{"most", number, optional, "so many; 100 without it"},
};
constexpr std::array<Field, 4> notice_row{{
    {"at", Kind::instant, "when it was sent"},
    {"to", Kind::address, "to which mailbox or shell account"},
    {"notice", Kind::text, "near_expiry, expired, nearly_full, certificate, sending_limit or sender_limited"},
    {"about", Kind::text, "the day it is about, and how many days before it; to the operator also whose"},
}};

constexpr std::array<Verb, 3> table{{
    {"sweep", "expiry", administrator, sweeps, expiry_parameters, object, expiry_card,
     "Send notices of mailboxes that end, and purge those whose grace is over.", "metkactl sweep expiry --dry-run"},
    {"sweep", "quota", administrator, sweeps, quota_parameters, object, quota_card,
     "Measure every account afresh, send missed notices, report what is over its limit.", "metkactl sweep quota"},
    {"notices", "list", administrator, reads, notice_parameters, rows, notice_row,
     "List which notice was sent to whom, the newest first.", "metkactl notices list"},
}};
// clang-format on

} // namespace

std::span<const Verb> sweep_verbs()
{
    return table;
}

} // namespace metka::control
