#pragma once
// What adding a shell account and changing one have in common.

#include "daemon/metkad/provisioning/change.h"

namespace metka::metkad {

// A domain of that customer, for its free mailboxes. conflict: it is another's.
Result<Domain> free_domain_named(const Order& order, const DomainName& wanted, const CustomerId& customer);

// conflict: there is an account of that login, or of that user.
Result<void> refuse_known(Office& office, const std::string& login, const std::optional<UnixUser>& user);

// conflict: the Unix user of that name is somebody else by now ("When states meet"), or nobody.
Result<UnixUser> unix_user_of(Office& office, const ShellAccount& shell);

// A Unix password where the machine's users are people's, else one of Metka's. An empty one changes nothing.
asio::awaitable<Result<void>> set_shell_password(Office& office, const ShellAccount& shell, Secret password);

} // namespace metka::metkad
