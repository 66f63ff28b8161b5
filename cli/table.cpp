#include "cli/table.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include <libsmartcols.h>

#include "cli/user_language.h"
#include "core/base/text.h"

namespace metka::metkactl {

namespace {

using control::Kind;

struct Released {
    void operator()(libscols_table* table) const { scols_unref_table(table); }
    void operator()(char* text) const { std::free(text); }
};
using Table = std::unique_ptr<libscols_table, Released>;

constexpr std::array<std::string_view, 11> worth_a_look{"pending",  "delayed",  "suspended", "expired",
                                                        "starting", "draining", "waiting",   "stopped",
                                                        "missing",  "differs",  "refused"};

bool is_number(Kind kind)
{
    return kind == Kind::number || kind == Kind::limit || kind == Kind::size || kind == Kind::capacity;
}

bool says_nothing(const control::Field& field, const control::Json* value)
{
    if (field.kind == Kind::capacity) return false; // none is “unlimited”
    return value == nullptr || value->is_null() || (value->text() != nullptr && value->text()->empty());
}

// Those that say something in some row; the first names the row. A pipe gets all of them always.
std::vector<control::Field> worth_showing(std::span<const control::Field> fields,
                                          const control::JsonArray& rows)
{
    std::vector<control::Field> shown;
    for (const auto& field : fields) {
        const auto says_something = [&](const control::Json& row) {
            return !says_nothing(field, row.member(field.name));
        };
        if (shown.empty() || std::ranges::any_of(rows, says_something)) shown.push_back(field);
    }
    return shown;
}

void add_row(libscols_table* table, std::span<const control::Field> fields, const control::Json& row,
             Style style)
{
    auto* const line = scols_table_new_line(table, nullptr);
    if (line == nullptr) throw std::bad_alloc();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto* const value = row.member(fields[i].name);
        const auto text = show(fields[i], value != nullptr ? *value : control::Json(), style);
        scols_line_set_data(line, i, text.c_str());
        const auto* const word = value != nullptr ? value->text() : nullptr;
        if (word != nullptr && std::ranges::find(worth_a_look, *word) != worth_a_look.end())
            scols_cell_set_color(scols_line_get_cell(line, i), "yellow");
    }
}

} // namespace

// Translations are found by the field's name, which is in the verb table.
std::string heading(std::string_view field, Language language)
{
    auto text = said(language, field);
    if (text == field) std::ranges::replace(text, '_', ' ');
    return text;
}

std::string table(std::span<const control::Field> fields, const control::JsonArray& rows, Style style)
{
    if (rows.empty()) return said(style.language, "none") + "\n";
    const auto shown = worth_showing(fields, rows);
    const Table made(scols_new_table());
    if (!made) throw std::bad_alloc();
    scols_table_enable_colors(made.get(), style.colour == Colour::where_it_helps ? 1 : 0);
    for (const auto& field : shown) {
        const auto title = heading(field.name, style.language);
        auto* const column =
            scols_table_new_column(made.get(), title.c_str(), 0, is_number(field.kind) ? SCOLS_FL_RIGHT : 0);
        if (column == nullptr) throw std::bad_alloc();
        scols_cell_set_color(scols_column_get_header(column), "bold");
    }
    for (const auto& row : rows)
        add_row(made.get(), shown, row, style);
    char* printed = nullptr;
    if (scols_print_table_to_string(made.get(), &printed) != 0) throw std::bad_alloc();
    const std::unique_ptr<char, Released> owned(printed);
    return std::string(printed) + "\n";
}

} // namespace metka::metkactl
