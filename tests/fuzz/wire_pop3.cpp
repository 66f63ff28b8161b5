// Whatever line a client sends, it is read into a command that keeps its promises, or refused.

#include <cstdint>
#include <cstdlib>
#include <string_view>

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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
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
    return 0;
}
