#include "man/sections.h"

#include <array>
#include <vector>

#include "core/base/text.h"
#include "core/control/verbs.h"
#include "core/settings/named.h"
#include "core/settings/values.h"
#include "man/mdoc.h"

namespace metka::reference {

namespace {

using settings::Reader;
using settings::Row;

constexpr std::array readers{Reader::store, Reader::smtp, Reader::access, Reader::auth};

std::string default_of(const Row& row)
{
    const settings::Settings untouched;
    return yaml_of(words_of(untouched, row), row);
}

// "From 100 to 100000 recipients", or nothing.
std::string range_of(const Row& row)
{
    const auto unit = row.unit.empty() ? std::string() : fmt::format(" {}", row.unit);
    if (!row.least.empty() && !row.most.empty())
        return fmt::format("From {} to {}{}", row.least, row.most, unit);
    if (!row.least.empty()) return fmt::format("At least {}{}", row.least, unit);
    return "";
}

template <class Visit>
void for_each_setting(std::string_view section, Visit visit)
{
    for (const auto& row : settings::rows())
        if (row.section() == section && row.knows.has(Reader::metkad)) visit(row);
}

constexpr std::string_view takes_restart = "A new value takes a restart of metkad";

std::string setting_item(const Row& row)
{
    auto text = fmt::format(".It Ic {} : Ar {}\n", row.key, mdoc_word(row_of(row.kind).name));
    text += mdoc_text(row.sentence);
    if (const auto range = range_of(row); !range.empty()) text += mdoc_text(range);
    text += fmt::format("The default is\n.Ql {} .\n", mdoc_word(default_of(row)));
    if (row.changes == settings::Changes::on_restart) text += mdoc_text(takes_restart);
    return text;
}

// Of entries, whose names are up to the operator: `plans` has the settings of `plan`, which stand there.
std::string entries_section(const settings::NamedSection& section)
{
    auto text = fmt::format(".Ss {}\n", section.name) + mdoc_text(section.sentence);
    if (section.inherits.empty()) {
        text += ".Bl -tag -width Ds\n";
        for (const auto& row : section.words())
            text += fmt::format(".It Ic {}\\&. Ns Ar name Ns Ic \\&.{} : Ar {}\n", section.name, row.word(),
                                mdoc_word(row_of(row.kind).name)) +
                    mdoc_text(row.sentence);
        text += ".El\n.Pp\n";
    }
    text += "For example:\n.Bd -literal -offset indent\n";
    for (const auto line : split(section.example.substr(0, section.example.size() - 1), '\n'))
        text += fmt::format("{}\n", line);
    return text + ".Ed\n";
}

// The same in the sample, where it is a comment as a whole.
std::string entries_sample(const settings::NamedSection& section)
{
    auto text = "\n" + wrapped(fmt::format("{}. For example:", section.sentence), "# ", 100);
    for (const auto line : split(section.example.substr(0, section.example.size() - 1), '\n'))
        text += fmt::format("# {}\n", line);
    return text;
}

const char* title_of(control::Kind kind)
{
    static constexpr std::array names{"text",
                                      "word",
                                      "word",
                                      "address",
                                      "domain",
                                      "number",
                                      "number",
                                      "bytes",
                                      "bytes, or null for unlimited",
                                      "instant",
                                      "date, or null",
                                      "seconds",
                                      "true or false",
                                      "list of sentences",
                                      "list of objects",
                                      "text of many lines",
                                      "object, or null"};
    return names.at(static_cast<std::size_t>(kind));
}

const char* caller_of(control::Who who)
{
    static constexpr std::array names{"administrators", "the account itself, and administrators in its place",
                                      "anyone"};
    return names.at(static_cast<std::size_t>(who));
}

std::string flag_of(const control::Parameter& parameter)
{
    if (parameter.type == control::Type::password) return "Fl -password-stdin | Fl -generate";
    const auto flag = fmt::format("Fl {}", parameter.flag().substr(1));
    return parameter.type == control::Type::flag
               ? flag
               : fmt::format("{} Ar {}", flag, mdoc_word(placeholder(parameter)));
}

bool stands_alone(const control::Parameter& parameter) // without a flag before it
{
    return parameter.is_key() || parameter.type == control::Type::objects;
}

std::string synopsis_of(const control::Verb& verb)
{
    auto text = fmt::format(".It Xo\n.Ic {}\n", verb.words());
    for (const auto& parameter : verb.parameters) {
        if (!parameter.is_said()) continue;
        if (stands_alone(parameter))
            text += fmt::format(".Ar {}\n", mdoc_word(placeholder(parameter)));
        else
            text += fmt::format(".{}{}\n", parameter.is_optional() ? "Op " : "", flag_of(parameter));
    }
    return text + ".Xc\n";
}

std::string parameters_of(const control::Verb& verb)
{
    std::string items;
    for (const auto& parameter : verb.parameters) {
        if (!parameter.is_said()) continue;
        const auto name = stands_alone(parameter) ? fmt::format("Ar {}", mdoc_word(placeholder(parameter)))
                                                  : flag_of(parameter);
        items += fmt::format(".It {}\n", name) + mdoc_text(parameter.help);
    }
    return items.empty() ? "" : ".Bl -tag -width Ds\n" + items + ".El\n";
}

std::string verb_item(const control::Verb& verb)
{
    auto text = synopsis_of(verb) + mdoc_text(verb.help) + parameters_of(verb);
    text += ".Pp\nFor example:\n.Dl " + mdoc_word(verb.example) + "\n";
    return text;
}

std::string parameter_line(const control::Parameter& parameter)
{
    const auto need = parameter.is_optional() ? "optional" : "required";
    return fmt::format(".It Va {} Pq {}\n", mdoc_word(parameter.name), need) + mdoc_text(parameter.help);
}

std::string field_items(std::span<const control::Field> fields)
{
    std::string text = ".Bl -tag -width Ds -compact\n";
    for (const auto& field : fields) {
        text += fmt::format(".It Va {} Pq {}\n", mdoc_word(field.name), mdoc_word(title_of(field.kind)));
        text += mdoc_text(field.help);
        if (!field.inner.empty()) text += field_items(field.inner);
    }
    return text + ".El\n";
}

std::string method_item(const control::Verb& verb)
{
    auto text = fmt::format(".It Ic {}\n", verb.method()) + mdoc_text(verb.help);
    text += mdoc_text(fmt::format("For {}", caller_of(verb.who)));
    if (verb.effect == control::Effect::sweeps) text += "Tells its progress.\n";
    if (!verb.parameters.empty()) {
        text += "Parameters:\n.Bl -tag -width Ds -compact\n";
        for (const auto& parameter : verb.parameters)
            text += parameter_line(parameter);
        text += ".El\n";
    }
    text += verb.shape == control::Shape::rows ? "Answers a list of objects with:\n"
                                               : "Answers an object with:\n";
    return text + field_items(verb.fields);
}

using Verbs = std::vector<const control::Verb*>;

template <class Item>
std::string by_noun(const Verbs& verbs, Item item_of)
{
    std::string text;
    for (const auto& noun : control::nouns()) {
        std::string items;
        for (const auto* const verb : verbs)
            if (verb->noun == noun.noun) items += item_of(*verb);
        if (items.empty()) continue;
        text += fmt::format(".Ss {}\n", noun.noun) + mdoc_text(noun.help) + ".Bl -tag -width Ds\n" + items +
                ".El\n";
    }
    return text;
}

Verbs verbs_for(bool (*wanted)(const control::Verb&))
{
    Verbs verbs;
    for (const auto& verb : control::verbs())
        if (wanted(verb)) verbs.push_back(&verb);
    return verbs;
}

bool is_for_people(const control::Verb& verb)
{
    return !verb.is_for_programs();
}

} // namespace

std::string sample()
{
    std::string text =
        "# The settings of a Metka instance; metka.yaml(5) is the reference.\n"
        "#\n"
        "# Every setting is here with its default. To change one, take away its # and edit the value:\n"
        "# what stays commented out follows the default of the version that runs.\n";
    for (const auto& section : settings::sections()) {
        text +=
            fmt::format("\n{}{}:\n", wrapped(fmt::format("{}.", section.sentence), "# ", 100), section.name);
        for_each_setting(section.name, [&](const Row& row) {
            const auto range = range_of(row);
            auto sentence = fmt::format("{}.{}{}{}", row.sentence, range.empty() ? "" : " ", range,
                                        range.empty() ? "" : ".");
            if (row.changes == settings::Changes::on_restart) sentence += fmt::format(" {}.", takes_restart);
            text += wrapped(sentence, "  # ", 100) + fmt::format("  #{}: {}\n", row.word(), default_of(row));
        });
    }
    for (const auto& section : settings::named_sections())
        text += entries_sample(section);
    return text;
}

std::string settings_section()
{
    std::string text;
    for (const auto& section : settings::sections()) {
        text += fmt::format(".Ss {}\n", section.name) + mdoc_text(section.sentence) + ".Bl -tag -width Ds\n";
        for_each_setting(section.name, [&](const Row& row) { text += setting_item(row); });
        text += ".El\n";
    }
    for (const auto& section : settings::named_sections())
        text += entries_section(section);
    text += ".Ss What each program is told\n"
            "From these settings\n.Xr metkad 8\nwrites one file for each program, which holds no others:\n"
            ".Bl -tag -width Ds\n";
    for (const auto reader : readers) {
        std::vector<std::string_view> keys;
        for (const auto& row : settings::rows())
            if (row.knows.has(reader)) keys.push_back(row.key);
        text += fmt::format(".It Xr {} 8\n", program(reader)) +
                mdoc_text(fmt::format("It is told {}", fmt::join(keys, ", ")));
    }
    return text + ".El\n";
}

std::string verbs_section()
{
    return by_noun(verbs_for(is_for_people), verb_item);
}

std::string methods_section()
{
    return by_noun(verbs_for([](const control::Verb&) { return true; }), method_item);
}

std::string examples()
{
    std::string text;
    for (const auto* const verb : verbs_for(is_for_people))
        text += fmt::format("{}\t{}\n", verb->method(), verb->example);
    return text;
}

} // namespace metka::reference
