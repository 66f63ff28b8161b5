#include "tests/dialogues/player.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/wire/base64.h"

namespace metka::dialogues {

namespace {

struct Place {
    std::string file;
    unsigned line = 0;
};

[[noreturn]] void refuse(const Place& place, std::string_view why)
{
    throw std::runtime_error(fmt::format("{}:{}: {}", place.file, place.line, why));
}

char escaped_byte(std::string_view& rest, const Place& place)
{
    const char kind = rest.empty() ? ' ' : rest.front();
    if (!rest.empty()) rest.remove_prefix(1);
    switch (kind) {
    case 'r':
        return '\r';
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '0':
        return '\0';
    case '\\':
        return '\\';
    case 'x':
        if (rest.size() >= 2) {
            const auto byte = static_cast<char>(std::stoi(std::string(rest.substr(0, 2)), nullptr, 16));
            rest.remove_prefix(2);
            return byte;
        }
        [[fallthrough]];
    default:
        refuse(place, "an unknown escape");
    }
}

std::string unescape(std::string_view text, const Place& place)
{
    std::string bytes;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        bytes += c == '\\' ? escaped_byte(text, place) : c;
    }
    return bytes;
}

std::string fill_in(std::string_view text, const Place& place)
{
    constexpr std::string_view opening = "{base64:";
    std::string filled;
    for (auto at = text.find(opening); at != std::string_view::npos; at = text.find(opening)) {
        const auto end = text.find('}', at);
        if (end == std::string_view::npos) refuse(place, "{base64: without its }");
        filled += text.substr(0, at);
        filled +=
            wire::encode_base64(unescape(text.substr(at + opening.size(), end - at - opening.size()), place));
        text.remove_prefix(end + 1);
    }
    return filled += text;
}

// "C*21: x" is played 21 times; `text` keeps one character in front of its sign.
unsigned take_times(std::string_view& text)
{
    if (text.size() < 3 || text[1] != '*') return 1;
    const auto end = text.find_first_of(":>~", 2);
    const auto times = parse_number(text.substr(2, end - 2));
    if (end == std::string_view::npos || !times) return 1;
    text.remove_prefix(end - 1);
    return static_cast<unsigned>(*times);
}

Step step_of(std::string_view text, const Place& place)
{
    using Kind = Step::Kind;
    if (text == "TLS") return {.kind = Kind::start_tls, .line = place.line};
    if (text == "CLOSED") return {.kind = Kind::closed, .line = place.line};
    if (text == "S...") return {.kind = Kind::skip_to_dot, .line = place.line};

    const char who = text.front();
    const auto times = take_times(text);
    const auto sign = text.size() > 1 ? text[1] : ' ';
    auto rest = text.substr(std::min<std::size_t>(2, text.size()));
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    if (who == 'C' && sign == '>')
        return {.kind = Kind::send, .text = unescape(rest, place), .line = place.line, .times = times};
    if (who == 'C' && text.starts_with("C*")) refuse(place, "C*n: wants a number");
    if (text.substr(1).starts_with(':')) {
        if (who == 'C')
            return {.kind = Kind::send,
                    .text = fill_in(rest, place) + "\r\n",
                    .line = place.line,
                    .times = times};
        if (who == 'S' && rest.ends_with("-*")) {
            rest.remove_suffix(1);
            return {.kind = Kind::skip_continued, .text = std::string(rest), .line = place.line};
        }
        if (who == 'S')
            return {.kind = Kind::expect, .text = std::string(rest), .line = place.line, .times = times};
    }
    if (who == 'S' && sign == '~')
        return {.kind = Kind::expect_match, .text = std::string(rest), .line = place.line, .times = times};
    refuse(place, "neither a line of the client, nor of the server, nor a word that README.md knows");
}

void take_header(std::string_view text, std::vector<Dialogue>& dialogues, const Place& place)
{
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) refuse(place, "a header is “=== key: value”");
    const std::string key(trim(text.substr(3, colon - 3)));
    const std::string value(trim(text.substr(colon + 1)));
    if (key == "case") {
        dialogues.push_back({.name = fmt::format("{}: {}", place.file, value)});
        return;
    }
    if (dialogues.empty()) refuse(place, "a file begins with “=== case: …”");
    dialogues.back().headers[key] = value;
}

} // namespace

std::string Dialogue::header(const std::string& key, const std::string& otherwise) const
{
    const auto found = headers.find(key);
    return found == headers.end() ? otherwise : found->second;
}

std::vector<Dialogue> read_dialogues(const std::filesystem::path& file)
{
    Place place{.file = file.filename().string()};
    std::ifstream in(file, std::ios::binary);
    if (!in) refuse(place, "cannot be read");
    std::vector<Dialogue> dialogues;
    for (std::string line; std::getline(in, line);) {
        ++place.line;
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with("===")) {
            take_header(line, dialogues, place);
            continue;
        }
        if (dialogues.empty()) refuse(place, "a file begins with “=== case: …”");
        dialogues.back().steps.push_back(step_of(line, place));
    }
    return dialogues;
}

std::vector<Dialogue> read_all_dialogues(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<Dialogue> all;
    for (const auto& file : files)
        for (auto& dialogue : read_dialogues(file))
            all.push_back(std::move(dialogue));
    return all;
}

} // namespace metka::dialogues
