#include <algorithm>
#include <map>

#include "core/base/text.h"
#include "core/settings/values.h"
#include "core/settings/yaml.h"

namespace metka::settings {

namespace {

using Shape = YamlNode::Shape;

const Row* find_row(std::string_view key)
{
    const auto found = std::ranges::find(rows(), key, &Row::key);
    return found == rows().end() ? nullptr : &*found;
}

bool is_section(std::string_view name)
{
    return std::ranges::find(sections(), name, &Section::name) != sections().end();
}

constexpr std::string_view plans_section = "plans";

// One file being read: walks the tree, collects what is right and all that is wrong.
class Reading {
  public:
    Reading(std::string_view file, Reader reader) : file_(file), reader_(reader) {}

    std::expected<Settings, Problems> whole(const YamlNode& root)
    {
        if (root.shape == Shape::map)
            for_each_key(root, "", [&](const YamlNode& key, const YamlNode& value) { top(key, value); });
        else if (root.shape != Shape::nothing)
            report(root.place, "",
                   "settings are keys and values, like “smtp:” and below it, indented, “recipients: 1000”");
        for (const auto& [name, numbers] : plan_nodes_)
            plan(*name, *numbers);
        if (problems_.empty() && reader_ == Reader::metkad) check_together();
        if (!problems_.empty()) return std::unexpected(std::move(problems_));
        return std::move(settings_);
    }

  private:
    void report(Place place, std::string_view key, std::string text)
    {
        problems_.push_back(
            {std::string(file_), place.line, place.column, std::string(key), std::move(text)});
    }

    void for_each_key(const YamlNode& map, std::string_view front, const auto& visit)
    {
        std::map<std::string_view, std::size_t> seen; // key → line
        for (std::size_t i = 0; i < map.keys.size(); ++i) {
            const auto& key = map.keys[i];
            const auto [first, is_new] = seen.emplace(key.text, key.place.line);
            if (is_new)
                visit(key, map.items[i]);
            else
                report(key.place, dotted(front, key.text),
                       fmt::format("stands twice, first in line {}; keep one of them", first->second));
        }
    }

    static std::string dotted(std::string_view section, std::string_view word)
    {
        return section.empty() ? std::string(word) : fmt::format("{}.{}", section, word);
    }

    void top(const YamlNode& key, const YamlNode& value)
    {
        if (const auto* const row = find_row(key.text); row != nullptr && !key.text.contains('.')) {
            setting(*row, key, value);
        } else if (key.text == plans_section && reader_ == Reader::metkad) {
            plans(key, value);
        } else if (!is_section(key.text)) {
            report(key.place, key.text, unknown_at_top(key.text));
        } else if (value.shape == Shape::map) {
            for_each_key(value, key.text, [&](const YamlNode& word, const YamlNode& of_word) {
                inside(key.text, word, of_word);
            });
        } else if (value.shape != Shape::nothing) {
            report(value.place, key.text,
                   "this is a section; its settings stand below it, indented, like “word: value”");
        }
    }

    void inside(std::string_view section, const YamlNode& word, const YamlNode& value)
    {
        const auto key = dotted(section, word.text);
        const auto* const row = word.text.contains('.') ? nullptr : find_row(key);
        if (row != nullptr)
            setting(*row, word, value);
        else
            report(word.place, key, fmt::format("there is no such setting{}", suggestion(key)));
    }

    void plans(const YamlNode& key, const YamlNode& value)
    {
        if (value.shape == Shape::nothing) return;
        if (value.shape != Shape::map)
            return report(value.place, key.text,
                          "plans stand below it, indented, like “firm:” and below that “capacity: 1G”");
        for_each_key(value, key.text, [&](const YamlNode& name, const YamlNode& numbers) {
            plan_nodes_.emplace_back(&name, &numbers);
        });
    }

    // What a plan does not say is as in `plan`, wherever in the file that stands: so this is done last.
    void plan(const YamlNode& name, const YamlNode& numbers)
    {
        const auto front = dotted(plans_section, name.text);
        const auto good_name = parse_name(name.text, "plan");
        if (!good_name) return report(name.place, front, good_name.error().text);
        if (name.text == standard_plan)
            return report(name.place, front, "the standard plan stands in the section “plan”");
        if (numbers.shape != Shape::map && numbers.shape != Shape::nothing)
            return report(numbers.place, front, "its numbers stand below it, indented, like “capacity: 1G”");
        const auto standard = settings_;
        for_each_key(numbers, front, [&](const YamlNode& word, const YamlNode& value) {
            const auto* const row = word.text.contains('.') ? nullptr : find_row(dotted("plan", word.text));
            if (row != nullptr)
                setting(*row, word, value);
            else
                report(word.place, dotted(front, word.text),
                       "a plan has no such number; the section “plan” has all");
        });
        auto made = settings_.standard();
        made.name = *good_name;
        settings_ = standard;
        settings_.plans.push_back(std::move(made));
    }

    std::string unknown_at_top(std::string_view word) const
    {
        const auto* const whole = find_row(word);
        if (whole != nullptr && whole->knows.has(reader_))
            return fmt::format("write it in two lines: “{}:”, and below it, indented, “{}: …”",
                               whole->section(), whole->word());
        const auto belongs = [&](const Row& row) { return row.word() == word && row.knows.has(reader_); };
        const auto row = std::ranges::find_if(rows(), belongs);
        if (row != rows().end()) return fmt::format("it belongs below “{}:”, indented", row->section());
        std::vector<std::string_view> names;
        for (const auto& section : sections())
            names.push_back(section.name);
        const auto near = nearest(word, names);
        return near ? fmt::format("there is no such section; the nearest is {}", *near)
                    : fmt::format("there is no such section; there are {}", fmt::join(names, ", "));
    }

    std::string suggestion(std::string_view key) const
    {
        std::vector<std::string_view> keys;
        for (const auto& row : rows())
            if (row.knows.has(reader_)) keys.push_back(row.key);
        const auto near = nearest(key, keys);
        return near ? fmt::format("; the nearest is {}", *near)
                    : std::string("; metka.yaml(5) lists them all");
    }

    void setting(const Row& row, const YamlNode& key, const YamlNode& value)
    {
        places_[row.key] = value.place;
        if (!row.knows.has(reader_))
            report(key.place, row.key,
                   fmt::format("this is not for {}, which takes only what metkad writes for it",
                               program(reader_)));
        else if (value.shape == Shape::nothing)
            report(key.place, row.key, fmt::format("there is no value; it takes {}", row_of(row.kind).takes));
        else if (value.shape == Shape::map)
            report(value.place, row.key,
                   fmt::format("here are further keys; it takes {}", row_of(row.kind).takes));
        else if (value.shape == Shape::scalar)
            words(row, {&value, 1});
        else if (is_list(row))
            words(row, value.items);
        else
            report(value.place, row.key, fmt::format("this is a list; it takes {}", row_of(row.kind).takes));
    }

    void words(const Row& row, std::span<const YamlNode> nodes)
    {
        if (is_list(row)) clear(settings_, row);
        const bool is_none = nodes.size() == 1 && nodes[0].text == "none";
        if (is_none && row.none == None::allowed) {
            clear(settings_, row);
            return;
        }
        for (const auto& node : nodes) {
            const auto taken = node.shape == Shape::scalar
                                   ? take(settings_, row, node.text)
                                   : fail(Fault::invalid, "one value is missing or a list; it takes {}",
                                          row_of(row.kind).takes);
            if (!taken) report(node.place, row.key, taken.error().text);
        }
    }

    void check_together()
    {
        problems_ = check(settings_);
        for (auto& problem : problems_) {
            const auto place = places_[problem.key];
            problem.file = file_;
            problem.line = place.line;
            problem.column = place.column;
        }
    }

    std::string_view file_;
    Reader reader_;
    Settings settings_;
    Problems problems_;
    std::vector<std::pair<const YamlNode*, const YamlNode*>> plan_nodes_;
    std::map<std::string_view, Place> places_;
};

} // namespace

std::expected<Settings, Problems> load(std::string_view yaml, std::string_view file_name, Reader reader)
{
    const auto root = read_yaml(yaml);
    if (root) return Reading(file_name, reader).whole(*root);
    const auto& fault = root.error();
    return std::unexpected(
        Problems{{std::string(file_name), fault.place.line, fault.place.column, "", fault.text}});
}

} // namespace metka::settings
