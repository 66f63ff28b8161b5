#include "cli/completion.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "cli/connection.h"
#include "cli/general_options.h"
#include "cli/order.h"
#include "core/base/text.h"
#include "core/control/verbs.h"

namespace metka::metkactl {

namespace {

using namespace std::chrono_literals;
using control::Parameter;
using control::Type;
using control::Verb;

constexpr auto patience = 1s;
constexpr std::array<std::string_view, 3> shells{"bash", "zsh", "fish"};

// What the words before the last one have said.
struct Said {
    std::string path; // "my alias add", so far
    const Verb* verb = nullptr;
    std::set<std::string, std::less<>> flags;
    std::string awaited;  // the flag whose value the last word is; empty: none
    std::string socket;   // --socket
    std::string as;       // --as
    std::string mailbox;  // --mailbox
    std::string key;      // the first of those words
    std::size_t keys = 0; // words that are neither of the path nor of flags
};

bool takes_value(const Said& said, std::string_view flag)
{
    if (std::ranges::find(options_with_value, flag) != options_with_value.end()) return true;
    if (said.verb == nullptr) return false;
    const auto of_flag = [&](const Parameter& parameter) {
        return parameter.is_said() && !parameter.is_key() && parameter.flag() == flag;
    };
    const auto found = std::ranges::find_if(said.verb->parameters, of_flag);
    return found != said.verb->parameters.end() && found->type != Type::flag && found->type != Type::password;
}

// Each next word that the table knows behind `path`: "my" -> show, alias, …
std::set<std::string> words_behind(std::string_view path)
{
    std::set<std::string> next;
    const auto front = path.empty() ? std::string() : fmt::format("{} ", path);
    for (const auto& verb : control::verbs()) {
        const auto words = verb.words();
        if (verb.is_for_programs() || !words.starts_with(front)) continue;
        const auto rest = std::string_view(words).substr(front.size());
        next.emplace(rest.substr(0, rest.find(' ')));
    }
    return next;
}

const Verb* verb_at(std::string_view path)
{
    const auto found = std::ranges::find(control::verbs(), path, &Verb::words);
    return found == control::verbs().end() ? nullptr : &*found;
}

void take_value(Said& said, const std::string& value)
{
    if (said.awaited == "--socket") said.socket = value;
    if (said.awaited == "--as") said.as = value;
    if (said.awaited == "--mailbox") said.mailbox = value;
    said.awaited.clear();
}

void take_word(Said& said, const std::string& word)
{
    if (said.verb != nullptr || !words_behind(said.path).contains(word)) {
        if (said.keys++ == 0) said.key = word;
        return;
    }
    said.path += (said.path.empty() ? "" : " ") + word;
    said.verb = verb_at(said.path);
}

Said walk(std::span<const std::string> words)
{
    Said said;
    for (const auto& word : words) {
        if (!said.awaited.empty()) {
            take_value(said, word);
        } else if (word.starts_with("--")) {
            const auto equals = word.find('=');
            const auto flag = word.substr(0, equals);
            said.flags.insert(flag);
            if (takes_value(said, flag)) said.awaited = flag;
            if (equals != std::string::npos) take_value(said, word.substr(equals + 1));
        } else {
            take_word(said, word);
        }
    }
    return said;
}

// A new name cannot be known yet: what is added, and what something is renamed to.
bool is_new(const Verb& verb, const Parameter& parameter)
{
    if (verb.verb == "app-password add") return parameter.type == Type::password_name;
    const bool adds = verb.verb == "add" || verb.verb.ends_with(" add");
    const bool renames = verb.verb == "rename" || verb.verb.ends_with(" rename");
    return (adds && parameter.is_key()) || (renames && parameter.name == "to");
}

// The kind of a live name, by what the parameter is.
struct Kind {
    Type type;
    std::string_view name;
};
constexpr std::array<Kind, 10> kinds{{
    {Type::name, "customer"},
    {Type::domain, "domain"},
    {Type::override_domain, "domain"},
    {Type::login, "shell"},
    {Type::inbox, "inbox"},
    {Type::guesser, "inbox"},
    {Type::plan, "plan"},
    {Type::setting, "setting"},
    {Type::generation, "generation"},
    {Type::password_name, "app-password"},
}};

std::string_view kind_of(const Verb& verb, const Parameter& parameter)
{
    if (is_new(verb, parameter)) return "";
    const bool of_alias = verb.noun == "alias" || verb.verb.starts_with("alias ");
    if (parameter.type == Type::address) return of_alias ? "alias" : "mailbox";
    const auto found = std::ranges::find(kinds, parameter.type, &Kind::type);
    return found != kinds.end() ? found->name : "";
}

// Words that may stand for a value besides names.
std::vector<std::string> fixed_values(const Parameter& parameter)
{
    if (parameter.type == Type::override_number || parameter.type == Type::override_days) return {"plan"};
    if (parameter.type == Type::override_domain) return {"none"};
    if (parameter.type == Type::capacity) return {"unlimited"};
    return {parameter.choices.begin(), parameter.choices.end()};
}

// In whose app passwords a name is looked for.
std::string_view account_of(const Said& said)
{
    return said.verb->noun == "my" ? said.mailbox : said.key;
}

std::vector<std::string> values_of(const Said& said, const Parameter& parameter, std::string_view begins,
                                   const Names& names)
{
    auto values = fixed_values(parameter);
    const NamesWanted wanted{
        .kind = kind_of(*said.verb, parameter), .begins = begins, .account = account_of(said)};
    if (!wanted.kind.empty())
        for (auto& name : names(wanted))
            values.push_back(std::move(name));
    return values;
}

std::vector<std::string> flags_left(const Said& said)
{
    std::vector<std::string> flags;
    if (said.verb != nullptr)
        for (const auto& parameter : said.verb->parameters) {
            if (!parameter.is_said() || parameter.is_key() || parameter.type == Type::objects) continue;
            if (parameter.type == Type::password)
                flags.insert(flags.end(), {"--password-stdin", "--generate"});
            else
                flags.push_back(parameter.flag());
        }
    flags.insert(flags.end(), plain_options.begin(), plain_options.end());
    flags.insert(flags.end(), options_with_value.begin(), options_with_value.end());
    const bool has_password = said.flags.contains("--password-stdin") || said.flags.contains("--generate");
    std::erase_if(flags, [&](const std::string& flag) {
        const bool is_other_password = has_password && (flag == "--password-stdin" || flag == "--generate");
        return said.flags.contains(flag) || is_other_password;
    });
    return flags;
}

std::vector<std::string> values_of_flag(const Said& said, std::string_view begins, const Names& names)
{
    if (said.awaited == "--as") return names({.kind = "shell", .begins = begins});
    if (said.verb == nullptr) return {};
    for (const auto& parameter : said.verb->parameters)
        if (!parameter.is_key() && parameter.flag() == said.awaited)
            return values_of(said, parameter, begins, names);
    return {};
}

std::vector<std::string> all_candidates(const Said& said, std::string_view last, const Names& names)
{
    if (!said.awaited.empty()) return values_of_flag(said, last, names);
    if (last.starts_with("-")) return flags_left(said);
    if (said.verb == nullptr) {
        auto next = words_behind(said.path);
        if (said.path.empty()) next.emplace("completion");
        return {next.begin(), next.end()};
    }
    const auto* const key = said.verb->key();
    if (key != nullptr && said.keys == 0) return values_of(said, *key, last, names);
    const bool wants_file = said.verb->method() == "apply" && said.keys == 0; // the shell knows files
    return wants_file ? std::vector<std::string>{} : flags_left(said);
}

std::vector<std::string> ask_for_names(const std::string& socket, const std::string& as,
                                       const NamesWanted& wanted)
{
    std::vector<std::string> names;
    auto connection = Connection::open(socket, patience);
    if (!connection) return names;
    control::JsonObject params{{"of", wanted.kind}, {"begins", wanted.begins}};
    if (wanted.kind == "app-password" && !wanted.account.empty())
        params.push_back({"account", wanted.account});
    control::Envelope envelope;
    if (!as.empty()) envelope.as = as;
    const auto answer = order(*connection, *control::verb_of("complete"), std::move(params), envelope);
    if (!answer || answer->array() == nullptr) return names;
    for (const auto& row : *answer->array())
        if (const auto* const name = row.member("name"); name != nullptr && name->text() != nullptr)
            names.push_back(escaped(*name->text()));
    return names;
}

} // namespace

std::vector<std::string> candidates(std::span<const std::string> words, const Names& names)
{
    if (words.empty()) return {};
    auto last = words.back();
    const auto before = words.first(words.size() - 1);
    if (const auto said = words_of("completion", before); said && !last.starts_with('-')) {
        if (!said->empty()) return {};
        std::vector<std::string> known(shells.begin(), shells.end());
        std::erase_if(known, [&](const std::string& shell) { return !shell.starts_with(last); });
        return known;
    }
    auto said = walk(before);
    std::string front; // of --flag=value, which shells take for one word
    if (const auto equals = last.find('='); last.starts_with("--") && equals != std::string::npos) {
        said.awaited = last.substr(0, equals);
        front = last.substr(0, equals + 1);
        last.erase(0, equals + 1);
    }
    std::vector<std::string> fitting;
    for (const auto& candidate : all_candidates(said, last, names))
        if (candidate.starts_with(last)) fitting.push_back(front + candidate);
    return fitting;
}

std::string completions(std::vector<std::string> words, std::string socket)
{
    const auto said = walk(words);
    if (!said.socket.empty()) socket = said.socket;
    const auto names = [&](const NamesWanted& wanted) { return ask_for_names(socket, said.as, wanted); };
    std::string text;
    for (const auto& candidate : candidates(words, names))
        text += candidate + "\n";
    return text;
}

} // namespace metka::metkactl
