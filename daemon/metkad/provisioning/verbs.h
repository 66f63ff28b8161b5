#pragma once
// The handler of each verb of core/control/verbs.h. What they answer is what the table says they answer with.

#include <string_view>
#include <variant>

#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

using control::Json;
using Answer = asio::awaitable<Result<Json>>;

Result<Json> customer_add(Order&);
Result<Json> customer_list(Order&);
Result<Json> customer_show(Order&);
Result<Json> customer_set(Order&);
Result<Json> customer_rename(Order&);
Result<Json> customer_standing(Order&); // suspend, resume
Answer customer_remove(Order&);
Result<Json> plan_list(Order&);
Result<Json> plan_show(Order&);

Answer domain_add(Order&);
Result<Json> domain_list(Order&);
Result<Json> domain_show(Order&);
Answer domain_set(Order&); // suspend and resume, too
Answer domain_prove(Order&);
Answer domain_remove(Order&);
Answer domain_dns(Order&);
Answer domain_check(Order&);

Answer shell_add(Order&);
Answer shell_list(Order&);
Answer shell_show(Order&);
Answer shell_set(Order&); // suspend and resume, too
Answer shell_rename(Order&);
Answer shell_remove(Order&);

Answer mailbox_add(Order&);
Answer mailbox_list(Order&);
Answer mailbox_show(Order&);
Answer mailbox_set(Order&); // suspend and resume, too
Result<Json> mailbox_rename(Order&);
Answer mailbox_renew(Order&);
Answer mailbox_remove(Order&);

Answer mailbox_app_password_add(Order&);
Answer mailbox_app_password_list(Order&);
Answer mailbox_app_password_remove(Order&);
Answer shell_app_password_add(Order&);
Answer shell_app_password_list(Order&);
Answer shell_app_password_remove(Order&);
Answer my_app_password_add(Order&);
Answer my_app_password_list(Order&);
Answer my_app_password_remove(Order&);

Result<Json> alias_add(Order&);
Result<Json> alias_list(Order&);
Result<Json> alias_show(Order&);
Result<Json> alias_set(Order&);
Result<Json> alias_rename(Order&);
Answer alias_remove(Order&);

Answer my_show(Order&);
Answer my_usage(Order&);
Answer my_password(Order&);
Result<Json> my_log(Order&);
Result<Json> my_alias_list(Order&);
Result<Json> my_alias_add(Order&);
Result<Json> my_alias_rename(Order&);
Answer my_alias_remove(Order&);
Result<Json> my_mailbox_list(Order&);
Answer my_mailbox_show(Order&);
Answer my_mailbox_add(Order&);
Answer my_mailbox_set(Order&);
Result<Json> my_mailbox_rename(Order&);
Answer my_mailbox_remove(Order&);

Answer sweep_expiry(Order&);
Answer sweep_quota(Order&);
Answer notices_list(Order&);

Answer login_list(Order&);
Answer login_unblock(Order&);

Answer config_check(Order&);
Result<Json> config_show(Order&);
Result<Json> config_diff(Order&);
Answer config_apply(Order&);
Result<Json> config_history(Order&);
Answer config_rollback(Order&);
Answer engine_restart(Order&);
Answer daemon_reload(Order&);

Answer explain_recipient(Order&);
Result<Json> explain_sender(Order&);
Answer explain_limit(Order&);
Answer explain_login(Order&);
Answer explain_receipt(Order&);

Answer apply(Order&);
Result<Json> status_show(Order&);
Result<Json> log_show(Order&);
Result<Json> version_show(Order&);
asio::awaitable<Result<Json>> complete(Order&);

using AtOnce = Result<Json> (*)(Order&);
using Awaiting = Answer (*)(Order&);
using Handler = std::variant<AtOnce, Awaiting>;

// None: the table has a verb that nobody carries out; a test sees to it that there is none.
const Handler* handler_of(std::string_view method);

asio::awaitable<Result<Json>> handle(Order& order);

} // namespace metka::metkad
