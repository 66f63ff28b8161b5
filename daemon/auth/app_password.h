#pragma once
// How app passwords are made, read as people type them, and known again.
//
// 20 letters of 23, 90 bits by chance alone: nobody tries them all, however cheap one try is. So what is kept
// is SHA-256 of account and password, and not yescrypt, whose cost is there for passwords that people think
// up. To look among an account's app passwords is then one look-up by that digest, the same for one, for
// twenty, for none, and for names that nobody has: it tells nothing, and a wrong password costs the one hash
// of the main password as ever.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/secret.h"
#include "core/domain/objects.h"

namespace metka::auth {

// "kfhw mbza qtne vrcd xgup": small letters alone, none that look alike, in fours: a telephone needs no other
// keyboard for them.
Secret make_app_password();

// The letters of what was typed, if it can be an app password at all. Blanks and hyphens do not count, nor
// does case: telephones begin with a capital.
std::optional<Secret> read_app_password(std::string_view typed);

// 64 hex digits, of what read_app_password() gave. The account is part of it: the same digest elsewhere is
// another password.
std::string digest_of(const InboxId& account, const Secret& letters);

} // namespace metka::auth
