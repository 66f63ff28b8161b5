#include "daemon/auth/wrong_guesses.h"

namespace metka::auth {

std::string WrongGuesses::key_of(std::string_view name, const Secret& password,
                                 std::string_view against) const
{
    const auto digest = key_.digest({name, password.reveal(), against});
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool WrongGuesses::knows(std::string_view name, const Secret& password, std::string_view against)
{
    return guesses_.find(key_of(name, password, against)) != nullptr;
}

void WrongGuesses::note(std::string_view name, const Secret& password, std::string_view against)
{
    (void)guesses_.at(key_of(name, password, against));
}

} // namespace metka::auth
