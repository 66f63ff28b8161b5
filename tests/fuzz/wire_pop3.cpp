// Whatever line a client sends, it is read into a command that keeps its promises and is the same when it is
// written again, or refused. What is no good line is no command.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/wire/pop3_command.h"

using namespace metka::wire;

namespace {

void require(bool holds)
{
    if (!holds) std::abort();
}

bool is_within(std::string_view part, std::string_view whole)
{
    return part.empty() ||
           (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool needs_message(Pop3Keyword keyword)
{
    return keyword == Pop3Keyword::top || keyword == Pop3Keyword::retr || keyword == Pop3Keyword::dele;
}

bool is_same(const Pop3Command& one, const Pop3Command& other)
{
    return one.keyword == other.keyword && one.message == other.message && one.lines == other.lines &&
           one.text == other.text && one.initial_response == other.initial_response;
}

std::string written(const Pop3Command& command)
{
    std::string line(name(command.keyword));
    if (!command.text.empty()) line.append(" ").append(command.text);
    if (command.initial_response)
        line.append(" ").append(command.initial_response->empty() ? "=" : *command.initial_response);
    if (command.message) line.append(" ").append(std::to_string(*command.message));
    if (command.keyword == Pop3Keyword::top) line.append(" ").append(std::to_string(command.lines));
    return line;
}

void check_faults(std::string_view text)
{
    for (const auto fault : {LineFault::bare_cr, LineFault::bare_lf, LineFault::nul, LineFault::too_long}) {
        const auto command = parse_pop3(Line{.text = text, .fault = fault});
        const auto expected = fault == LineFault::too_long ? Pop3Fault::too_long : Pop3Fault::broken_line;
        require(!command && command.error() == expected);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    check_faults(text);
    const auto command = parse_pop3(Line{.text = text});
    if (!command) {
        require(command.error() < Pop3Fault::count_);
        return 0;
    }
    require(command->keyword < Pop3Keyword::count_);
    require(is_within(command->text, text));
    require(is_within(command->initial_response.value_or(""), text));
    require(!command->message || *command->message > 0);
    require(!needs_message(command->keyword) || command->message);
    require(metka::same_ignoring_case(text.substr(0, name(command->keyword).size()), name(command->keyword)));
    const auto line = written(*command);
    const auto again = parse_pop3(Line{.text = line});
    require(again && is_same(*again, *command));
    return 0;
}
