#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

using namespace parts;

// clang-format off
constexpr Field verdict{"verdict", Kind::word, "accepted, refused, or later: refused for now"};
constexpr Field reply{"reply", Kind::text, "the codes that SMTP answers with"};
constexpr Field rule{"rule", Kind::text, "which rule decides"};
constexpr Field decided_by{"decided_by", Kind::text, "which object decides"};
constexpr Field remedy{"remedy", Kind::text, "what would change it"};

constexpr std::array recipient_parameters{Parameter{"address", contact, key, "who the mail is for"}};
constexpr std::array<Field, 3> room_row{{
    {"of", Kind::text, "the mailbox, or the shell account in whose space it is"},
    {"used", Kind::size, "how much is used now"},
    {"limit", Kind::capacity, "how much may be used"},
}};
constexpr std::array<Field, 13> recipient_card{{
    {"address", Kind::address, "who the mail is for"},
    verdict, reply, rule, decided_by, remedy,
    {"leads_to", Kind::address, "the mailbox or shell account that gets it"},
    {"by", Kind::word, "primary, alias, host name, or operator: every domain has a postmaster and an abuse"},
    {"domain", Kind::domain, "where it lies, if that is ours"},
    {"domain_state", Kind::word, "pending, active or suspended"},
    {"state", Kind::word, "of the mailbox or shell account: active, suspended or expired"},
    {"valid_until", Kind::date, "the last day of the mailbox"},
    {"room", Kind::rows, "what has to have room for the message", room_row},
}};

constexpr std::array sender_parameters{
    Parameter{"address", contact, key, "the sender"},
    Parameter{"login", inbox, optional, "who has logged in; without it, a server that delivers from outside"},
};
constexpr std::array<Field, 10> sender_card{{
    {"address", Kind::address, "the sender"},
    {"login", Kind::address, "the account that has logged in"},
    verdict, reply, rule, decided_by, remedy,
    {"belongs_to", Kind::address, "the mailbox or shell account that may use it"},
    {"domain_state", Kind::word, "pending, active or suspended, if the domain is ours"},
    {"protect_sender", Kind::flag, "mail from outside that claims a sender of its domain is refused"},
}};

constexpr std::array limit_parameters{Parameter{"name", inbox, key, "the account: its log-in, or any address of it"}};
constexpr std::array<Field, 9> limit_card{{
    {"account", Kind::address, "the mailbox or shell account"},
    {"plan", Kind::text, "of its customer"},
    {"messages_per_hour", Kind::limit, "how many it may send in an hour; 0: no limit"},
    {"sent_in_hour", Kind::number, "how many it has sent in the last one, counted in steps of 5 minutes; null: metka-auth does not answer"},
    {"hour_decided_by", Kind::text, "the plan, or the account itself"},
    {"messages_per_day", Kind::limit, "how many it may send in a day; 0: no limit"},
    {"sent_in_day", Kind::number, "how many it has sent in the last one, counted in steps of an hour; null: metka-auth does not answer"},
    {"day_decided_by", Kind::text, "the plan, or the account itself"},
    remedy,
}};

constexpr std::array login_parameters{Parameter{"name", inbox, key, "what the person types as user name"}};
constexpr std::array<Field, 9> login_card{{
    {"name", Kind::address, "what the person types as user name"},
    {"account", Kind::address, "the mailbox or shell account behind it"},
    {"sending", Kind::word, "accepted or refused, with the right password"},
    {"reading", Kind::word, "accepted or refused, with the right password"},
    rule, decided_by, remedy, last_login,
    {"guesses", Kind::rows, "the wrong ones that are held against it; null: metka-auth does not answer", held_row},
}};

constexpr std::array receipt_parameters{Parameter{"code", receipt, key, "what stands in brackets behind the reply, like K7Q2-M3TX"}};
constexpr std::array<Field, 12> receipt_card{{
    {"code", Kind::text, "the receipt code"},
    {"at", Kind::instant, "when"},
    {"peer", Kind::text, "the address of the client"},
    {"listener", Kind::text, "smtp (25), submission (587) or submissions (465)"},
    {"session", Kind::text, "its name in the log"},
    {"login", Kind::address, "the account that had logged in"},
    {"command", Kind::text, "what was refused, if anything had been asked for"},
    {"sender", Kind::text, "of the message; <>: none, as of receipts and bounces"},
    {"recipient", Kind::text, "of the message, or how many there were"},
    {"reply", Kind::text, "what was answered"},
    rule, remedy,
}};

constexpr std::array<Verb, 5> table{{
    {"explain", "recipient", administrator, reads, recipient_parameters, object, recipient_card,
     "Say whether mail for an address is taken now, and why.", "metkactl explain recipient biuro@moja-firma.lublin.pl"},
    {"explain", "sender", administrator, reads, sender_parameters, object, sender_card,
     "Say whether mail from an address is taken, of a log-in or from outside, and why.",
     "metkactl explain sender biuro@moja-firma.lublin.pl --login anna"},
    {"explain", "limit", administrator, reads, limit_parameters, object, limit_card,
     "Say how much an account may send, who says so, and how much it has sent.", "metkactl explain limit anna"},
    {"explain", "login", administrator, reads, login_parameters, object, login_card,
     "Say which account a user name is, whether it may send and read, and which wrong passwords count against it.", "metkactl explain login anna"},
    {"explain", "receipt", administrator, reads, receipt_parameters, object, receipt_card,
     "Say what a refusal was about, by the code behind its text; metka-smtp remembers the last 4096 until it is restarted.",
     "metkactl explain receipt K7Q2-M3TX"},
}};
// clang-format on

} // namespace

std::span<const Verb> explain_verbs()
{
    return table;
}

} // namespace metka::control
