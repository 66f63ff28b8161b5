#pragma once
// App passwords: further passwords of an account, one for each program or device, that open POP3 and
// submission and nothing else: neither the web's account settings nor `my password`. Each has a name, and an
// end if its user wants one; Metka makes the password itself and shows it once.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/id.h"
#include "core/base/result.h"
#include "core/domain/objects.h"

namespace metka {

struct AppPassword {
    IdOf<AppPassword> id;
    std::string name; // the key, within its account
    std::optional<Validity> validity;
    Instant made;
};
using AppPasswordId = IdOf<AppPassword>;

constexpr std::size_t most_app_passwords = 20; // of one account

// 1 to 40 letters of any script, in UTF-8; no control or invisible characters, no blank first or last.
Result<std::string> parse_app_password_name(std::string_view text);

// Beside those that the account has, by their names. Faults: conflict, one has that name; limit, they are as
// many as may be.
Result<void> may_add_app_password(const std::vector<std::string>& present, std::string_view name);

} // namespace metka
