#pragma once
// The settings table (STYLE 22): one row a key. The loader, `render`, the sample metka.yaml and the key list
// of metka.yaml(5) all walk it; a key that is not here does not exist.

#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

#include "core/settings/settings.h"

namespace metka::settings {

using Member =
    std::variant<std::string Settings::*, std::uint64_t Settings::*, std::chrono::milliseconds Settings::*,
                 Bytes Settings::*, Capacity Settings::*, LogLevel Settings::*, Language Settings::*,
                 bool Settings::*, NoticeDays Settings::*, std::optional<DomainName> Settings::*,
                 std::optional<Address> Settings::*, std::vector<DomainName> Settings::*,
                 std::vector<ListenAddress> Settings::*>;

// What a value is, in the words of the manual. Kinds of text share one C++ type and differ in what they
// accept.
enum class Kind {
    path,
    socket,
    name,
    host,
    zone,
    number,
    time,
    size,
    capacity,
    level,
    language,
    truth,
    days,
    domain,
    domains,
    address,
    listen,
    count_
};

struct KindRow {
    Kind kind;
    std::string_view name;  // "size"
    std::string_view takes; // "a size like 500M or 2G": what the refusal of anything else offers instead
};
const KindRow& row_of(Kind);

enum class None { refused, allowed };         // may the value be `none`
enum class Changes { on_reload, on_restart }; // when a new value takes hold of an instance that runs

// A set of readers.
struct Readers {
    unsigned bits = 0;
    constexpr Readers(std::initializer_list<Reader> readers)
    {
        for (const auto reader : readers)
            bits |= 1U << static_cast<unsigned>(reader);
    }
    constexpr bool has(Reader reader) const { return (bits >> static_cast<unsigned>(reader) & 1U) != 0; }
};

struct Row {
    std::string_view key; // "section.word", or a word alone
    Member member;
    Kind kind;
    std::string_view unit;     // of a number: "days"
    std::string_view fallback; // the default, as it is written in the file; lists are separated by blanks
    std::string_view least;    // empty: no bound
    std::string_view most;
    None none;
    Readers knows;
    std::string_view sentence; // English, no full stop at its end; RFC numbers where they are the reason
    Changes changes = Changes::on_reload;

    std::string_view section() const { return key.substr(0, key.find('.')); }
    std::string_view word() const
    {
        return key.substr(key.find('.') + 1);
    } // the key itself if it has no section
};

std::span<const Row> rows();
std::span<const Row> rows_of(std::string_view section);
const Row* find_row(std::string_view key); // none: there is no such key

struct Section {
    std::string_view name;
    std::string_view sentence;
};
std::span<const Section> sections(); // in the order of the manual

} // namespace metka::settings
