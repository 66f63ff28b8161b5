#include "core/wire/pop3_command.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/text.h"

namespace metka::wire {

namespace {

using Parsed = std::expected<Pop3Command, Pop3Fault>;
using Words = std::vector<std::string_view>;

Words words_of(std::string_view arguments)
{
    auto words = split(arguments, ' ');
    std::erase(words, std::string_view{});
    return words;
}

Parsed read_nothing(Pop3Command command, std::string_view arguments)
{
    if (!words_of(arguments).empty()) return std::unexpected(Pop3Fault::arguments);
    return command;
}

Parsed read_text(Pop3Command command, std::string_view arguments)
{
    if (arguments.empty()) return std::unexpected(Pop3Fault::arguments);
    if (!is_utf8(arguments)) return std::unexpected(Pop3Fault::letters);
    command.text = arguments;
    return command;
}

Parsed with_message(Pop3Command command, std::string_view word)
{
    command.message = parse_number(word);
    if (!command.message || *command.message == 0) return std::unexpected(Pop3Fault::number);
    return command;
}

Parsed read_message(Pop3Command command, std::string_view arguments)
{
    const auto words = words_of(arguments);
    if (words.size() != 1) return std::unexpected(Pop3Fault::arguments);
    return with_message(command, words.front());
}

Parsed read_message_or_all(Pop3Command command, std::string_view arguments)
{
    if (words_of(arguments).empty()) return command;
    return read_message(command, arguments);
}

Parsed read_message_and_lines(Pop3Command command, std::string_view arguments)
{
    const auto words = words_of(arguments);
    if (words.size() != 2) return std::unexpected(Pop3Fault::arguments);
    const auto lines = parse_number(words.back());
    if (!lines) return std::unexpected(Pop3Fault::number);
    command.lines = *lines;
    return with_message(command, words.front());
}

Parsed read_mechanism(Pop3Command command, std::string_view arguments)
{
    const auto words = words_of(arguments);
    if (words.size() > 2) return std::unexpected(Pop3Fault::arguments);
    if (!words.empty()) command.text = words.front();
    if (words.size() == 2) command.initial_response = words.back() == "=" ? std::string_view{} : words.back();
    return command;
}

struct Row {
    std::string_view name;
    Parsed (*read)(Pop3Command, std::string_view arguments);
};

// In the order of Pop3Keyword.
constexpr std::array<Row, static_cast<std::size_t>(Pop3Keyword::count_)> rows{{
    {"CAPA", read_nothing},
    {"STLS", read_nothing},
    {"UTF8", read_nothing},
    {"USER", read_text},
    {"PASS", read_text},
    {"AUTH", read_mechanism},
    {"STAT", read_nothing},
    {"LIST", read_message_or_all},
    {"UIDL", read_message_or_all},
    {"TOP", read_message_and_lines},
    {"RETR", read_message},
    {"DELE", read_message},
    {"RSET", read_nothing},
    {"NOOP", read_nothing},
    {"QUIT", read_nothing},
}};

// What a browser says when a page makes it talk to our port, and what a mail server says that is lost.
constexpr std::array<std::string_view, 16> foreign_words{
    "GET",     "HEAD", "POST", "PUT",  "DELETE", "CONNECT", "TRACE", "PATCH",
    "OPTIONS", "HELO", "EHLO", "LHLO", "MAIL",   "RCPT",    "DATA",  "STARTTLS"};

bool is_foreign(std::string_view keyword)
{
    if (keyword.ends_with(':')) return true; // a header line: Host:, Content-Type:
    return std::ranges::any_of(foreign_words, [&](auto word) { return same_ignoring_case(word, keyword); });
}

} // namespace

std::string_view name(Pop3Keyword keyword)
{
    return rows[static_cast<std::size_t>(keyword)].name;
}

Parsed parse_pop3(const Line& line)
{
    if (line.fault == LineFault::too_long) return std::unexpected(Pop3Fault::too_long);
    if (line.fault != LineFault::none) return std::unexpected(Pop3Fault::broken_line);
    const auto keyword = line.text.substr(0, line.text.find(' '));
    auto arguments = line.text.substr(keyword.size());
    if (!arguments.empty()) arguments.remove_prefix(1);

    const auto row =
        std::ranges::find_if(rows, [&](const Row& r) { return same_ignoring_case(r.name, keyword); });
    if (row == rows.end())
        return std::unexpected(is_foreign(keyword) ? Pop3Fault::foreign : Pop3Fault::unknown);
    const auto known = static_cast<Pop3Keyword>(row - rows.begin());
    return row->read(Pop3Command{.keyword = known}, arguments);
}

} // namespace metka::wire
