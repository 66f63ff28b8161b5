#pragma once
// The handler of each verb of core/control/verbs.h. What they answer is what the table says they answer with.

#include <array>
#include <string_view>
#include <variant>

#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

using control::Json;

Result<Json> customer_add(Order&);
Result<Json> customer_list(Order&);
Result<Json> customer_show(Order&);
Result<Json> customer_set(Order&);
Result<Json> customer_remove(Order&);

Result<Json> domain_add(Order&);
Result<Json> domain_list(Order&);
Result<Json> domain_show(Order&);
Result<Json> domain_set(Order&);
Result<Json> domain_remove(Order&);

asio::awaitable<Result<Json>> shell_add(Order&);
Result<Json> shell_list(Order&);
asio::awaitable<Result<Json>> shell_show(Order&);
asio::awaitable<Result<Json>> shell_set(Order&);
asio::awaitable<Result<Json>> shell_remove(Order&);

asio::awaitable<Result<Json>> mailbox_add(Order&);
Result<Json> mailbox_list(Order&);
asio::awaitable<Result<Json>> mailbox_show(Order&);
asio::awaitable<Result<Json>> mailbox_set(Order&);
asio::awaitable<Result<Json>> mailbox_remove(Order&);

Result<Json> alias_add(Order&);
Result<Json> alias_list(Order&);
Result<Json> alias_show(Order&);
Result<Json> alias_set(Order&);
Result<Json> alias_remove(Order&);

Result<Json> status_show(Order&);
Result<Json> version_show(Order&);

using AtOnce = Result<Json> (*)(Order&);
using Awaiting = asio::awaitable<Result<Json>> (*)(Order&);
using Handler = std::variant<AtOnce, Awaiting>;

// None: the table has a verb that nobody carries out; a test sees to it that there is none.
const Handler* handler_of(std::string_view method);

} // namespace metka::metkad
