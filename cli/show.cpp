#include "cli/show.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "cli/table.h"
#include "cli/user_language.h"
#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/domain/address.h"
#include "core/domain/domain_name.h"
#include "core/language/language.h"

namespace metka::metkactl {

namespace {

using control::Field;
using control::Json;
using control::Kind;
using control::Verb;

constexpr std::size_t whole = std::numeric_limits<std::size_t>::max();
constexpr std::string_view nothing = "–"; // what a terminal shows where there is no value

std::string plain(const Json& value, Form form)
{
    if (value.is_null()) return form == Form::terminal ? std::string(nothing) : std::string();
    return escaped(value.text() != nullptr ? *value.text() : to_text(value), whole);
}

std::string as_text(const Json& value, Form form)
{
    if (form == Form::terminal && value.text() != nullptr && value.text()->empty())
        return std::string(nothing);
    return plain(value, form);
}

std::string as_address(const Json& value, Form form)
{
    if (form == Form::piped || value.text() == nullptr) return plain(value, form);
    const auto address = Address::parse(*value.text());
    return address ? escaped(address->show(), whole) : plain(value, form);
}

std::string as_domain(const Json& value, Form form)
{
    if (form == Form::piped || value.text() == nullptr) return plain(value, form);
    const auto domain = DomainName::parse(*value.text());
    return domain ? escaped(domain->show(), whole) : plain(value, form);
}

std::string as_size(const Json& value, Form form)
{
    if (form == Form::piped || value.number() == nullptr || *value.number() < 0) return plain(value, form);
    return Bytes{static_cast<std::uint64_t>(*value.number())}.show();
}

std::string as_limit(const Json& value, Form form)
{
    const bool is_none = value.number() != nullptr && *value.number() == 0;
    return is_none && form == Form::terminal ? "no limit" : plain(value, form);
}

std::string as_capacity(const Json& value, Form form)
{
    return value.is_null() ? "unlimited" : as_size(value, form);
}

std::string as_instant(const Json& value, Form form)
{
    auto text = plain(value, form);
    if (form == Form::terminal && text.size() == 20 && text[10] == 'T') { // 2027-12-31T23:59:59Z
        text[10] = ' ';
        text.replace(19, 1, " UTC");
    }
    return text;
}

std::string as_seconds(const Json& value, Form form)
{
    const auto* const number = value.number();
    if (form == Form::piped || number == nullptr) return plain(value, form);
    if (*number < 60) return fmt::format("{} s", *number);
    if (*number < 3600) return fmt::format("{} min {} s", *number / 60, *number % 60);
    if (*number < 86400) return fmt::format("{} h {} min", *number / 3600, *number / 60 % 60);
    return fmt::format("{} d {} h", *number / 86400, *number / 3600 % 24);
}

std::string as_flag(const Json& value, Form form)
{
    if (form == Form::piped || value.truth() == nullptr) return plain(value, form);
    return *value.truth() ? "yes" : "no";
}

using Shower = std::string (*)(const Json&, Form);
constexpr std::array<Shower, 17> showers{
    as_text,    as_text, as_text,    as_address, as_domain, plain, as_limit, as_size, as_capacity,
    as_instant, plain,   as_seconds, as_flag,    plain,     plain, plain,    plain,
};

// Words said of a mailbox, and the text that catalogues have for each.
struct Agreement {
    std::string_view word;
    std::string_view text;
};
constexpr std::array<Agreement, 3> of_mailboxes{
    {{"active", "active mailbox"}, {"suspended", "suspended mailbox"}, {"expired", "expired mailbox"}}};

std::string said_word(Kind kind, const std::string& word, Language language)
{
    const auto agreed = std::ranges::find(of_mailboxes, word, &Agreement::word);
    const bool agrees = kind == Kind::mailbox_word && language != Language::english;
    return said(language, agrees && agreed != of_mailboxes.end() ? agreed->text : std::string_view(word));
}

const Json& member(const Json& object, std::string_view name)
{
    static const Json none;
    const auto* const found = object.member(name);
    return found != nullptr ? *found : none;
}

const control::JsonArray& rows_of(const Json& value)
{
    static const control::JsonArray none;
    return value.array() != nullptr ? *value.array() : none;
}

std::string tab_separated(std::span<const Field> fields, const Json& object)
{
    std::string line;
    for (const auto& field : fields) {
        if (!line.empty() || &field != &fields.front()) line += '\t';
        line += show(field.kind, member(object, field.name), Form::piped);
    }
    return line + "\n";
}

// Letters of our languages take a column each: what counts is that they are not single bytes.
std::size_t displayed_columns(std::string_view text)
{
    const auto begins_letter = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_letter));
}

std::string show_rows(std::span<const Field> fields, const Json& answer, Style style)
{
    if (style.form == Form::terminal) return table(fields, rows_of(answer), style);
    std::string text;
    for (const auto& row : rows_of(answer))
        text += tab_separated(fields, row);
    return text;
}

std::string show_steps(const Json& answer, Style style)
{
    std::string text;
    for (const auto& step : rows_of(member(answer, "steps")))
        text += plain(step, Form::piped) + "\n";
    const auto* const done = member(answer, "done").truth();
    if (done != nullptr && !*done)
        text += fmt::format("({})\n", said(style.language, "dry run: nothing was changed"));
    return text;
}

// What a change made and shows this once.
std::string show_made(const Verb& verb, const Json& answer, Style style)
{
    const auto* const made = answer.member("password");
    const auto field = std::ranges::find(verb.fields, "password", &Field::name);
    if (made == nullptr || field == verb.fields.end()) return "";
    const auto shown = show(*field, *made, style);
    if (style.form == Form::piped) return fmt::format("password\t{}\n", shown);
    return fmt::format("\n{}: {}\n", said(style.language, "password"), shown);
}

// Text of many lines: a terminal gets no control characters of it but the ends of lines.
std::string show_block(const Json& value)
{
    std::string text;
    if (value.text() == nullptr || value.text()->empty()) return text;
    for (const auto line : split(*value.text(), '\n'))
        text += escaped(line, whole) + "\n";
    if (value.text()->ends_with('\n')) text.pop_back();
    return text;
}

// A comparison: in words, and behind them as text. Nothing where nothing differs, as diff(1) has it.
std::string show_comparison(const Json& answer)
{
    std::string text;
    for (const auto& sentence : rows_of(member(answer, "hand_edits")))
        text += plain(sentence, Form::piped) + "\n";
    for (const auto& sentence : rows_of(member(answer, "meaning")))
        text += plain(sentence, Form::piped) + "\n";
    const auto lines = show_block(member(answer, "text"));
    return lines.empty() ? text : text + "\n" + lines;
}

// A sweep as cron wants it: one line, and after it only what a person should read.
std::string show_sweep(std::span<const Field> fields, const Json& answer)
{
    auto text = plain(member(answer, "summary"), Form::piped) + "\n";
    for (const auto& field : fields)
        if (field.kind == Kind::steps)
            for (const auto& step : rows_of(member(answer, field.name)))
                text += fmt::format("{}{}\n", field.name == "steps" ? "" : fmt::format("{}: ", field.name),
                                    plain(step, Form::piped));
    return text;
}

// Sentences: the first on the line of its name, the others below it; piped, each after the name.
std::string show_sentences(const Field& field, const Json& value, Style style, std::string_view front)
{
    std::string text;
    for (const auto& sentence : rows_of(value)) {
        const auto blank = std::string(displayed_columns(front), ' ');
        if (style.form == Form::piped)
            text += fmt::format("{}\t{}\n", field.name, plain(sentence, Form::piped));
        else
            text += fmt::format("{}{}\n", text.empty() ? std::string(front) : blank,
                                plain(sentence, Form::piped));
    }
    return text;
}

std::string padded(std::string text, std::size_t columns)
{
    const auto wide = displayed_columns(text);
    return text + std::string(columns > wide ? columns - wide : 0, ' ');
}

// What an object says, on one line; what it does not say is left out.
std::string show_record(const Field& field, const Json& value, Style style)
{
    std::string text;
    for (const auto& each : field.inner) {
        const auto& said = member(value, each.name);
        if (said.is_null()) continue;
        if (!text.empty()) text += ", ";
        const auto shown = show(each, said, style);
        text += each.name == "app_password"
                    ? language::say(style.language, phrase("with the app password “{}”", shown))
                    : shown;
    }
    return text.empty() ? std::string(nothing) : text;
}

std::string show_line(const Field& field, const Json& value, Style style, std::size_t width)
{
    if (field.kind == Kind::record && style.form == Form::piped)
        return fmt::format("{}\t{}", field.name, tab_separated(field.inner, value));
    if (field.kind == Kind::rows && style.form == Form::terminal)
        return rows_of(value).empty() ? "" : "\n" + show_rows(field.inner, value, style);
    if (field.kind == Kind::rows) {
        std::string text;
        for (const auto& row : rows_of(value))
            text += fmt::format("{}\t{}", field.name, tab_separated(field.inner, row));
        return text;
    }
    const auto front = padded(heading(field.name, style.language) + ":", width + 1) + " ";
    if (field.kind == Kind::steps) return show_sentences(field, value, style, front);
    if (field.kind == Kind::block) return show_block(value);
    const auto shown =
        field.kind == Kind::record ? show_record(field, value, style) : show(field, value, style);
    if (style.form == Form::piped) return fmt::format("{}\t{}\n", field.name, shown);
    return fmt::format("{}{}\n", front, shown);
}

std::string show_object(std::span<const Field> fields, const Json& answer, Style style)
{
    std::size_t width = 0;
    for (const auto& field : fields)
        width = std::max(width, displayed_columns(heading(field.name, style.language)));
    std::string text;
    for (const auto& field : fields)
        text += show_line(field, member(answer, field.name), style, width);
    return text;
}

} // namespace

std::string show(const Field& field, const Json& value, Style style)
{
    const bool is_word = field.kind == Kind::word || field.kind == Kind::mailbox_word;
    const bool is_translated = is_word && style.form == Form::terminal && value.text() != nullptr;
    return is_translated ? said_word(field.kind, *value.text(), style.language)
                         : show(field.kind, value, style.form);
}

std::string show(Kind kind, const Json& value, Form form)
{
    return showers[static_cast<std::size_t>(kind)](value, form);
}

std::string show(const Verb& verb, const Json& answer, Style style)
{
    if (style.form == Form::json) return to_text(answer) + "\n";
    if (verb.shape == control::Shape::rows) return show_rows(verb.fields, answer, style);
    if (verb.effect == control::Effect::sweeps) return show_sweep(verb.fields, answer);
    if (verb.effect == control::Effect::compares) return show_comparison(answer);
    if (!control::only_reads(verb.effect)) return show_steps(answer, style) + show_made(verb, answer, style);
    return show_object(verb.fields, answer, style);
}

} // namespace metka::metkactl
