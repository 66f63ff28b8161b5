#pragma once
// What every change of the directory must keep true, asked of the rows that are there before anything is
// written. Both directories ask here, so that both refuse alike and in the same words; the database's own
// constraints are the second net. Faults: conflict (a key is taken, something still belongs to it),
// not_found, invalid (text that is no UTF-8 or holds a NUL).

#include <optional>
#include <string>
#include <string_view>

#include "core/directory/directory.h"

namespace metka::directory {

Result<void> may_add(Registry&, const Customer&);
Result<void> may_add(Registry&, const Domain&);
Result<void> may_add(Registry&, const ShellAccount&);
Result<void> may_add(Registry&, const Mailbox&);
Result<void> may_add(Registry&, const Alias&);
Result<void> may_add(Registry&, const Removed&);

Result<void> may_set(Registry&, const Customer&);
Result<void> may_set(Registry&, const Domain&);
Result<void> may_set(Registry&, const ShellAccount&);
Result<void> may_set(Registry&, const Mailbox&);
Result<void> may_set(Registry&, const Alias&);

Result<void> may_note(Registry&, const Move&);

// An id whose mail waits for its purge is not given out again. `removed`: of that id, if it waits.
Result<void> must_not_wait(const std::optional<Removed>& removed);

// What still names a row.
struct Belongings {
    std::size_t domains = 0;
    std::size_t shell_accounts = 0;
    std::size_t mailboxes = 0;
    std::size_t aliases = 0;
};
Result<void> may_remove(Registry&, const CustomerId&, const Belongings&);
Result<void> may_remove(Registry&, const DomainId&, const Belongings&);
Result<void> may_remove_inbox(Registry&, const InboxId&, const Belongings&);
Result<void> may_remove_alias(Registry&, const Address&);

Result<void> shell_is_there(Registry&, const std::optional<InboxId>& shell); // none: nothing to look for

Result<void> check_text(std::string_view what, std::string_view text);
Result<void> check(const AuditEntry&);
Result<void> check(const SwitchEntry&);

// What a log-in name can stand for; neither: no account has such a name, so none need be looked for. A `+tag`
// is for senders and is refused here.
struct LoginName {
    std::optional<Address> address;
    std::optional<std::string> shell_login;
    static LoginName of(std::string_view name);
};

} // namespace metka::directory
