#pragma once
// Passwords that were found to be wrong, so that a mail program which sends the same one every few minutes
// has guessed once, and costs no more hashes. Kept as digests, by the name that was said: two names of one
// account are told apart by nobody.

#include <string_view>
#include <variant>

#include "core/base/secret.h"
#include "daemon/auth/bounded_table.h"
#include "daemon/auth/keyed_digest.h"

namespace metka::auth {

class WrongGuesses {
  public:
    static constexpr std::size_t most = 32'768;

    // `against`: all that it was wrong against: when that has changed, nothing is known.
    bool knows(std::string_view name, const Secret& password, std::string_view against);
    void note(std::string_view name, const Secret& password, std::string_view against);

  private:
    std::string key_of(std::string_view name, const Secret& password, std::string_view against) const;

    DigestKey key_;
    BoundedTable<std::monostate> guesses_{most};
};

} // namespace metka::auth
