#include "daemon/store/session_rights.h"

#include "core/maildir/places.h"
#include "core/policy/login.h"

namespace metka::store {

namespace {

Result<policy::LoginVerdict> verdict_on(const InboxId& inbox, directory::Directory& directory, Instant now)
{
    const auto record = directory.inbox(inbox);
    if (!record) return pass(record);
    if (!*record) return fail(Fault::denied, "the account has been removed");
    const auto verdict = policy::judge_login(
        {.suspended = (*record)->suspended, .valid_ends = (*record)->valid_ends, .now = now});
    if (policy::lets_in(verdict, policy::LoginPurpose::reading)) return verdict;
    return fail(Fault::denied, "the account is suspended");
}

} // namespace

Result<void> SessionRights::may_read() const
{
    const auto verdict = verdict_on(place_.inbox, directory_, clock_.now());
    if (!verdict) return pass(verdict);
    return {};
}

Result<void> SessionRights::may_open() const
{
    const auto readable = may_read();
    if (!readable) return readable;
    return maildir::must_lie_open_at(directory_, place_);
}

Result<void> SessionRights::may_remove() const
{
    const auto verdict = verdict_on(place_.inbox, directory_, clock_.now());
    if (!verdict) return pass(verdict);
    if (*verdict == policy::LoginVerdict::right) return {};
    return fail(Fault::limit, "the mailbox has expired, and can only be read until it is renewed");
}

} // namespace metka::store
