#pragma once
// Words from the tables as mdoc(7).

#include <string>
#include <string_view>

namespace metka::reference {

std::string mdoc_text(std::string_view); // a line of running text, with its full stop
std::string mdoc_word(std::string_view); // one argument of a macro
std::string wrapped(std::string_view text, std::string_view front,
                    std::size_t columns); // each line begins with front

} // namespace metka::reference
