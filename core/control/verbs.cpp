#include "core/control/verbs.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "core/control/verb_parts.h"

namespace metka::control {

namespace {

constexpr std::array<NounHelp, 19> noun_table{{
    {"customer", "who buys the service"},
    {"plan", "the numbers that accounts start from"},
    {"domain", "a customer's DNS domain: one virtual mail server"},
    {"shell", "a Unix user with an inbox and a disk limit"},
    {"mailbox", "an inbox with an address, a capacity and a last day"},
    {"alias", "an address that leads to an inbox"},
    {"my", "self-service: your own aliases, free mailboxes and password"},
    {"sweep", "one pass over all accounts, for cron"},
    {"notices", "what was sent to whom, and when"},
    {"config", "the settings of metka.yaml, and the generations made of them"},
    {"engine", "the programs that mail goes through"},
    {"daemon", "metkad itself"},
    {"login", "who guesses passwords, and is held back for it"},
    {"explain", "which rule decides, which object, and what would change it"},
    {"apply", "bring many objects to what a file describes"},
    {"log", "who changed what, and when"},
    {"status", "how Metka's programs are, and how much there is"},
    {"complete", "names that complete a word"},
    {"version", "the version of the running metkad"},
}};

std::vector<Verb> all_verbs()
{
    std::vector<Verb> all;
    for (const auto part :
         {customer_verbs(), domain_verbs(), shell_verbs(), app_password_verbs("shell"), mailbox_verbs(),
          app_password_verbs("mailbox"), alias_verbs(), my_verbs(), app_password_verbs("my"), sweep_verbs(),
          configuration_verbs(), login_verbs(), explain_verbs(), house_verbs()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

} // namespace

std::string Verb::method() const
{
    if (verb.empty()) return std::string(noun);
    auto name = fmt::format("{}.{}", noun, verb);
    std::ranges::replace(name, ' ', '.');
    return name;
}

std::string Verb::words() const
{
    return verb.empty() ? std::string(noun) : fmt::format("{} {}", noun, verb);
}

bool Verb::is_for_programs() const
{
    return noun == "complete";
}

const Parameter* Verb::key() const
{
    return !parameters.empty() && parameters.front().is_key() ? &parameters.front() : nullptr;
}

const Parameter* Verb::parameter(std::string_view wanted) const
{
    const auto found = std::ranges::find(parameters, wanted, &Parameter::name);
    return found == parameters.end() ? nullptr : &*found;
}

std::span<const Verb> verbs()
{
    static const auto all = all_verbs();
    return all;
}

const Verb* verb_of(std::string_view method)
{
    const auto found = std::ranges::find(verbs(), method, &Verb::method);
    return found == verbs().end() ? nullptr : &*found;
}

std::span<const NounHelp> nouns()
{
    return noun_table;
}

} // namespace metka::control
