#include "man/mdoc.h"

#include "core/base/text.h"

namespace metka::reference {

namespace {

std::string escaped_for_troff(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (c == '\\')
            result += "\\e";
        else if (c == '"')
            result += "\\(dq";
        else
            result += c;
    }
    return result;
}

} // namespace

std::string mdoc_text(std::string_view text)
{
    auto line = escaped_for_troff(text);
    if (line.starts_with('.') || line.starts_with('\'')) line.insert(0, "\\&");
    if (!line.empty() && !line.ends_with('.')) line += '.';
    if (!line.empty() && line.front() >= 'a' && line.front() <= 'z')
        line[0] = static_cast<char>(line[0] - 'a' + 'A');
    return line + "\n";
}

// In quotes blanks do not divide it; with the zero-width \& in front it is no macro and no punctuation.
std::string mdoc_word(std::string_view word)
{
    return "\"\\&" + escaped_for_troff(word) + "\"";
}

std::string wrapped(std::string_view text, std::string_view front, std::size_t columns)
{
    std::string result;
    std::string line(front);
    for (const auto word : split(text, ' ')) {
        if (line.size() + 1 + word.size() > columns && line.size() > front.size()) {
            result += line + "\n";
            line = front;
        }
        line += (line.size() > front.size() ? " " : "") + std::string(word);
    }
    return result + line + "\n";
}

} // namespace metka::reference
