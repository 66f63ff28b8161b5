#include "cli/description.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/control/arguments.h"
#include "core/settings/yaml.h"

namespace metka::metkactl {

namespace {

using control::Arguments;
using control::Json;
using control::Need;
using control::Parameter;
using control::Type;
using control::Verb;
using settings::Place;
using settings::YamlNode;

constexpr settings::YamlLimits limits{.bytes = std::size_t{64} << 20, .values = 2'000'000, .levels = 8};
constexpr std::string_view hash_key = "password_hash";
constexpr std::size_t most_hash = 256;

struct Section {
    std::string_view name;
    std::string_view kind; // the noun, whose `add` has the parameters
};
constexpr std::array<Section, 5> sections{{
    {"customers", "customer"},
    {"domains", "domain"},
    {"shells", "shell"},
    {"mailboxes", "mailbox"},
    {"aliases", "alias"},
}};

struct FaultHere {
    Place place;
    std::string text;
};
template <class T = void>
using Here = std::expected<T, FaultHere>;

std::unexpected<FaultHere> fault(Place place, std::string text)
{
    return std::unexpected(FaultHere{place, std::move(text)});
}

std::string hint(std::string_view word, std::span<const std::string_view> known)
{
    const auto near = nearest(word, known);
    return near ? fmt::format("; did you mean “{}”?", *near) : std::string();
}

// What a map may hold: neither a password in the clear nor what is asked of a command and not of an object.
bool is_described(const Parameter& parameter)
{
    return parameter.type != Type::password && parameter.name != "dry_run";
}

bool has_password(const Verb& verb)
{
    return verb.parameter("password") != nullptr;
}

std::string with_underscores(std::string_view word)
{
    std::string text(word);
    std::ranges::replace(text, '-', '_');
    return text;
}

const Parameter* parameter_of(const Verb& verb, std::string_view word)
{
    const auto wanted = with_underscores(word);
    if (wanted.empty()) return nullptr;
    for (const auto by : {&Parameter::name, &Parameter::word})
        for (const auto& parameter : verb.parameters)
            if (is_described(parameter) && std::invoke(by, parameter) == wanted) return &parameter;
    return nullptr;
}

Here<Json> value_of(const Parameter& parameter, const YamlNode& node)
{
    if (node.shape == YamlNode::Shape::nothing)
        return fault(node.place, fmt::format("“{}” has no value; leave it out", parameter.name));
    if (node.shape != YamlNode::Shape::scalar)
        return fault(node.place, fmt::format("“{}” is one value, not a list or a map", parameter.name));
    if (parameter.type != Type::flag) return Json(node.text);
    if (node.text != "true" && node.text != "false")
        return fault(node.place, fmt::format("“{}” is true or false", parameter.name));
    return Json(node.text == "true");
}

// crypt(5): `$`, the method, its numbers and letters. Whether metkad takes the method is for it to say.
Here<Json> hash_of(const YamlNode& node)
{
    const bool printable =
        std::ranges::all_of(node.text, [](char c) { return c > 32 && c < 127 && c != ':'; });
    if (node.shape != YamlNode::Shape::scalar || !node.text.starts_with('$') || !printable ||
        node.text.size() > most_hash)
        return fault(node.place, "a password hash is written as crypt(5) has it, like “$y$…” or “$6$…”");
    return Json(node.text);
}

Here<void> refuse_key(const Verb& verb, const YamlNode& key)
{
    const auto word = with_underscores(key.text);
    if (word == "password" && has_password(verb))
        return fault(key.place, "a password is never written in the clear; give its hash as “password_hash”");
    std::vector<std::string_view> known;
    for (const auto& parameter : verb.parameters)
        if (is_described(parameter)) known.push_back(parameter.name);
    if (has_password(verb)) known.push_back(hash_key);
    return fault(key.place,
                 fmt::format("a {} has no “{}”{}", verb.noun, escaped(key.text, 40), hint(word, known)));
}

// One map read: the parameters, and where each of them stands.
struct Entry {
    control::JsonObject params;
    std::map<std::string, Place, std::less<>> places;
};

Here<Entry> entry_of(const Verb& verb, const YamlNode& map)
{
    Entry entry;
    for (std::size_t i = 0; i < map.keys.size(); ++i) {
        const auto& key = map.keys[i];
        const bool is_hash = with_underscores(key.text) == hash_key && has_password(verb);
        const auto* const parameter = parameter_of(verb, key.text);
        if (parameter == nullptr && !is_hash) return std::unexpected(refuse_key(verb, key).error());
        auto value = is_hash ? hash_of(map.items[i]) : value_of(*parameter, map.items[i]);
        if (!value) return std::unexpected(value.error());
        const std::string name(is_hash ? hash_key : parameter->name);
        if (!entry.places.emplace(name, map.items[i].place).second)
            return fault(key.place, fmt::format("“{}” is given twice", escaped(key.text, 40)));
        entry.params.push_back({name, std::move(*value)});
    }
    return entry;
}

// As metkad will read them; a dry run, since the password is not here.
Here<Arguments> arguments_of(const Verb& verb, const Entry& entry, Place place)
{
    control::JsonObject params;
    for (const auto& member : entry.params)
        if (member.name != hash_key) params.push_back(member);
    params.push_back({"dry_run", true});
    auto arguments = Arguments::read(verb, Json(std::move(params)));
    if (arguments) return std::move(*arguments);
    const auto& error = arguments.error();
    const auto at = entry.places.find(error.field);
    if (at != entry.places.end()) return fault(at->second, error.text);
    return fault(place, fmt::format("this {} needs “{}”", verb.noun, error.field));
}

std::string name_of_inbox(const control::InboxName& inbox)
{
    if (const auto* const address = std::get_if<Address>(&inbox)) return "mailbox " + address->text();
    return "shell " + std::get<std::string>(inbox);
}

// What an object of this parameter stands on, if it is in this file.
std::string parent_of(const Parameter& parameter, const Arguments& arguments)
{
    const auto* const text = arguments.find<std::string>(parameter.name);
    if (parameter.type == Type::name && text != nullptr) return "customer " + *text;
    if (parameter.type == Type::login && text != nullptr) return "shell " + *text;
    if (const auto* const domain = arguments.find<DomainName>(parameter.name))
        return "domain " + domain->text();
    if (const auto* const inbox = arguments.find<control::InboxName>(parameter.name))
        return name_of_inbox(*inbox);
    return "";
}

std::string key_of(const Verb& verb, const Arguments& arguments)
{
    const auto name = verb.key()->name;
    if (const auto* const address = arguments.find<Address>(name)) return address->text();
    if (const auto* const domain = arguments.find<DomainName>(name)) return domain->text();
    return arguments.get<std::string>(name);
}

Here<DescribedObject> object_of(const Verb& verb, const YamlNode& map)
{
    if (map.shape != YamlNode::Shape::map)
        return fault(map.place, fmt::format("a {} is a map, like {{{}: …}}", verb.noun, verb.key()->name));
    auto entry = entry_of(verb, map);
    if (!entry) return std::unexpected(entry.error());
    const auto arguments = arguments_of(verb, *entry, map.place);
    if (!arguments) return std::unexpected(arguments.error());
    DescribedObject described{fmt::format("{} {}", verb.noun, key_of(verb, *arguments)), {}, {}};
    if (const auto* const address = arguments->find<Address>(verb.key()->name))
        described.parents.push_back("domain " + address->domain().text());
    for (const auto& parameter : verb.parameters)
        if (auto parent = parent_of(parameter, *arguments); !parameter.is_key() && !parent.empty())
            described.parents.push_back(std::move(parent));
    control::JsonObject object{{"kind", verb.noun}};
    std::ranges::move(entry->params, std::back_inserter(object));
    described.object = Json(std::move(object));
    return described;
}

// The lists of the file by the place of their section in the table above.
Here<std::array<const YamlNode*, sections.size()>> lists_of(const YamlNode& root)
{
    std::array<const YamlNode*, sections.size()> lists{};
    if (root.shape == YamlNode::Shape::nothing) return lists;
    if (root.shape != YamlNode::Shape::map)
        return fault(root.place,
                     "a description is a map of the lists customers, domains, shells, mailboxes and aliases");
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
        const auto& key = root.keys[i];
        const auto section = std::ranges::find(sections, key.text, &Section::name);
        std::vector<std::string_view> known;
        for (const auto& row : sections)
            known.push_back(row.name);
        if (section == sections.end())
            return fault(key.place,
                         fmt::format("there is no “{}”{}", escaped(key.text, 40), hint(key.text, known)));
        const auto& list = root.items[i];
        if (list.shape != YamlNode::Shape::list && list.shape != YamlNode::Shape::nothing)
            return fault(list.place, fmt::format("“{}” is a list", key.text));
        auto& place = lists.at(static_cast<std::size_t>(section - sections.begin()));
        if (place != nullptr) return fault(key.place, fmt::format("“{}” is given twice", key.text));
        place = &list;
    }
    return lists;
}

Here<std::vector<DescribedObject>> objects_of(const YamlNode& root)
{
    const auto lists = lists_of(root);
    if (!lists) return std::unexpected(lists.error());
    std::vector<DescribedObject> objects;
    std::set<std::string> names;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const auto* const list = lists->at(i);
        if (list == nullptr) continue;
        const auto& verb = *control::verb_of(fmt::format("{}.add", sections.at(i).kind));
        for (const auto& map : list->items) {
            auto object = object_of(verb, map);
            if (!object) return std::unexpected(object.error());
            if (!names.insert(object->name).second)
                return fault(map.place, fmt::format("{} is described twice", object->name));
            objects.push_back(std::move(*object));
        }
    }
    return objects;
}

} // namespace

std::expected<std::vector<DescribedObject>, std::string> read_description(std::string_view text,
                                                                          std::string_view file)
{
    const auto says = [&](Place place, std::string_view why) {
        return std::unexpected(fmt::format("{}:{}:{}: {}", file, place.line, place.column, why));
    };
    const auto root = settings::read_yaml(text, limits);
    if (!root) return says(root.error().place, root.error().text);
    auto objects = objects_of(*root);
    if (!objects) return says(objects.error().place, objects.error().text);
    return std::move(*objects);
}

} // namespace metka::metkactl
