#pragma once
// Which hashes of passwords are taken from elsewhere: those of crypt(5) that are strong, and that do not cost
// so much that a log-in by them would stop the others.

#include <string_view>

#include "core/base/result.h"

namespace metka::auth {

// Yescrypt, gost-yescrypt, bcrypt (2a, 2b, 2y; cost at most 14), sha512crypt and sha256crypt (at most 500,000
// rounds). Faults: invalid.
Result<void> check_hash(std::string_view hash);

} // namespace metka::auth
