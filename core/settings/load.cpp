#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "core/base/text.h"
#include "core/settings/named.h"
#include "core/settings/values.h"
#include "core/settings/yaml.h"

namespace metka::settings {

namespace {

using Shape = YamlNode::Shape;

bool is_section(std::string_view name)
{
    return std::ranges::find(sections(), name, &Section::name) != sections().end();
}

const NamedSection* find_named(std::string_view name)
{
    const auto found = std::ranges::find(named_sections(), name, &NamedSection::name);
    return found == named_sections().end() ? nullptr : &*found;
}

std::string dotted(std::string_view section, std::string_view word)
{
    return section.empty() ? std::string(word) : fmt::format("{}.{}", section, word);
}

// Where a key was set last.
struct Spot {
    std::size_t file = 0;
    std::size_t line = 0; // of the key
    Place value;
};

// A named entry, and all that the files say of it.
struct Gathered {
    struct Part {
        std::size_t file;
        const YamlNode* name;
        const YamlNode* words;
    };
    const NamedSection* section;
    std::string name;
    std::vector<Part> parts;
};

struct Target {
    Settings& settings;
    const Row& row;
};

// The files of one instance, or one engine file, being read: walks the trees, collects what is right and all
// that is wrong. The trees and the names of the files outlive it.
class Reading {
  public:
    explicit Reading(Reader reader) : reader_(reader) {}

    void begin(std::string_view file)
    {
        files_.push_back(file);
        problems_.emplace_back();
        file_ = files_.size() - 1;
    }

    void refuse(const YamlFault& fault) { report(fault.place, "", fault.text); }

    void read(const YamlNode& root)
    {
        if (root.shape == Shape::map)
            for_each_key(root, "", [&](const YamlNode& key, const YamlNode& value) { top(key, value); });
        else if (root.shape != Shape::nothing)
            report(root.place, "",
                   "settings are keys and values, like “smtp:” and below it, indented, “recipients: 1000”");
    }

    std::expected<Loaded, Problems> finish()
    {
        for (const auto& entry : gathered_)
            join(entry);
        auto problems = in_order();
        if (problems.empty() && reader_ == Reader::metkad) problems = check_together();
        if (!problems.empty()) return std::unexpected(std::move(problems));
        Loaded loaded{.settings = std::move(settings_), .origins = {}};
        for (const auto& [key, spot] : spots_)
            loaded.origins.emplace(key, Origin{std::string(files_[spot.file]), spot.line});
        return loaded;
    }

  private:
    void report(Place place, std::string_view key, std::string text)
    {
        problems_[file_].push_back(
            {std::string(files_[file_]), place.line, place.column, std::string(key), std::move(text)});
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
                report_twice(key, dotted(front, key.text), first->second);
        }
    }

    void report_twice(const YamlNode& name, std::string_view key, std::size_t first)
    {
        report(name.place, key, fmt::format("stands twice, first in line {}; keep one of them", first));
    }

    void top(const YamlNode& key, const YamlNode& value)
    {
        if (const auto* const row = find_row(key.text); row != nullptr && !key.text.contains('.'))
            setting({settings_, *row}, std::string(row->key), key, value);
        else if (const auto* const named = find_named(key.text); named != nullptr)
            entries(*named, key, value);
        else if (!is_section(key.text))
            report(key.place, key.text, unknown_at_top(key.text));
        else if (value.shape == Shape::map)
            for_each_key(value, key.text, [&](const YamlNode& word, const YamlNode& of_word) {
                inside(key.text, word, of_word);
            });
        else if (value.shape != Shape::nothing)
            report(value.place, key.text,
                   "this is a section; its settings stand below it, indented, like “word: value”");
    }

    void inside(std::string_view section, const YamlNode& word, const YamlNode& value)
    {
        auto key = dotted(section, word.text);
        const auto* const row = word.text.contains('.') ? nullptr : find_row(key);
        if (row != nullptr)
            setting({settings_, *row}, std::move(key), word, value);
        else
            report(word.place, key, fmt::format("there is no such setting{}", suggestion(key)));
    }

    void entries(const NamedSection& section, const YamlNode& key, const YamlNode& value)
    {
        if (!is_for(section, reader_)) return report(key.place, key.text, not_for_reader());
        if (value.shape == Shape::nothing) return;
        if (value.shape != Shape::map) return report(value.place, key.text, std::string(section.layout));
        for_each_key(value, key.text,
                     [&](const YamlNode& name, const YamlNode& words) { gather(section, name, words); });
    }

    void gather(const NamedSection& section, const YamlNode& name, const YamlNode& words)
    {
        const auto written = key_of(section, name.text);
        const auto kept = section.read_name(name.text);
        if (!kept) return report(name.place, written, kept.error().text);
        if (words.shape != Shape::map && words.shape != Shape::nothing)
            return report(words.place, written, std::string(section.word_layout));
        const auto key = key_of(section, *kept);
        const auto [known, is_new] = gathered_by_key_.emplace(key, gathered_.size());
        if (is_new) gathered_.push_back({.section = &section, .name = *kept, .parts = {}});
        auto& parts = gathered_[known->second].parts;
        if (!is_new && parts.back().file == file_) // MAIL.example.org is mail.example.org
            return report_twice(name, written, parts.back().name->place.line);
        parts.push_back({.file = file_, .name = &name, .words = &words});
        spots_[key] = {.file = file_, .line = name.place.line, .value = name.place};
    }

    // What an entry does not say may come from a section, wherever in the files that stands: so this is done
    // last.
    void join(const Gathered& entry)
    {
        const auto& section = *entry.section;
        auto values = section.unsaid(settings_);
        for (const auto& part : entry.parts) {
            file_ = part.file;
            for_each_key(*part.words, key_of(section, part.name->text),
                         [&](const YamlNode& word, const YamlNode& value) {
                             const auto key = key_of(section, entry.name, word.text);
                             const auto words = section.words();
                             const auto row = std::ranges::find(words, word.text, &Row::word);
                             if (row != words.end())
                                 setting({values, *row}, key, word, value);
                             else
                                 report(word.place, key, std::string(section.no_such_word));
                         });
        }
        section.add(settings_, {.name = entry.name, .values = std::move(values)});
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
        for (const auto& section : named_sections())
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

    std::string not_for_reader() const
    {
        return fmt::format("this is not for {}, which takes only what metkad writes for it",
                           program(reader_));
    }

    void setting(Target target, std::string key, const YamlNode& word, const YamlNode& value)
    {
        const auto takes = row_of(target.row.kind).takes;
        if (!target.row.knows.has(reader_))
            report(word.place, key, not_for_reader());
        else if (value.shape == Shape::nothing)
            report(word.place, key, fmt::format("there is no value; it takes {}", takes));
        else if (value.shape == Shape::map)
            report(value.place, key, fmt::format("here are further keys; it takes {}", takes));
        else if (value.shape == Shape::scalar)
            words(target, key, {&value, 1});
        else if (is_list(target.row))
            words(target, key, value.items);
        else
            report(value.place, key, fmt::format("this is a list; it takes {}", takes));
        spots_[std::move(key)] = {.file = file_, .line = word.place.line, .value = value.place};
    }

    void words(Target target, std::string_view key, std::span<const YamlNode> nodes)
    {
        if (is_list(target.row)) clear(target.settings, target.row);
        const bool is_none = nodes.size() == 1 && nodes[0].text == "none";
        if (is_none && target.row.none == None::allowed) return clear(target.settings, target.row);
        for (const auto& node : nodes) {
            const auto taken = node.shape == Shape::scalar
                                   ? take(target.settings, target.row, node.text)
                                   : fail(Fault::invalid, "one value is missing or a list; it takes {}",
                                          row_of(target.row.kind).takes);
            if (!taken) report(node.place, key, taken.error().text);
        }
    }

    Problems in_order()
    {
        Problems all;
        const auto place = [](const Problem& problem) {
            return std::tie(problem.line, problem.column, problem.key, problem.text);
        };
        for (auto& of_file : problems_) {
            std::ranges::sort(of_file, {}, place);
            std::ranges::move(of_file, std::back_inserter(all));
        }
        return all;
    }

    // Of a key that no file has: of its entry, or of the first file as a whole.
    Spot spot_of(std::string_view key) const
    {
        for (auto end = key.size(); end != std::string_view::npos; end = key.substr(0, end).rfind('.'))
            if (const auto found = spots_.find(key.substr(0, end)); found != spots_.end())
                return found->second;
        return {};
    }

    Problems check_together() const
    {
        auto problems = check(settings_);
        for (auto& problem : problems) {
            const auto spot = spot_of(problem.key);
            if (!files_.empty()) problem.file = files_[spot.file];
            problem.line = spot.value.line;
            problem.column = spot.value.column;
        }
        return problems;
    }

    Reader reader_;
    Settings settings_;
    std::vector<std::string_view> files_;
    std::vector<Problems> problems_; // of each file
    std::size_t file_ = 0;           // the one that is read
    std::vector<Gathered> gathered_;
    std::map<std::string, std::size_t> gathered_by_key_;
    std::map<std::string, Spot, std::less<>> spots_;
};

std::expected<Loaded, Problems> load_all(std::span<const Source> sources, Reader reader)
{
    std::vector<YamlNode> roots;
    roots.reserve(sources.size()); // what is read points into them
    Reading reading(reader);
    for (const auto& source : sources) {
        reading.begin(source.file);
        auto root = read_yaml(source.text);
        if (root)
            reading.read(roots.emplace_back(std::move(*root)));
        else
            reading.refuse(root.error());
    }
    return reading.finish();
}

} // namespace

std::expected<Settings, Problems> load(std::string_view yaml, std::string_view file_name, Reader reader)
{
    const Source source{.file = std::string(file_name), .text = std::string(yaml)};
    auto loaded = load_all({&source, 1}, reader);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    return std::move(loaded->settings);
}

std::expected<Loaded, Problems> load(std::span<const Source> sources)
{
    return load_all(sources, Reader::metkad);
}

} // namespace metka::settings
