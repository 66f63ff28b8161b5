// What metkad asks about app passwords.

#include "daemon/auth/app_password.h"
#include "daemon/auth/gatekeeper.h"

namespace metka::auth {

using net::Frame;

namespace {

login::AppPasswordRow row_of(const AppPassword& password, const std::optional<LastLogin>& last)
{
    login::AppPasswordRow row{
        .id = password.id, .name = password.name, .until = {}, .ends = 0, .made = password.made};
    if (password.validity) {
        row.until = password.validity->until.text();
        row.ends = static_cast<std::uint64_t>(to_unix_ms(password.validity->ends));
    }
    if (last) {
        row.used = last->at;
        row.service = last->service;
        row.peer = last->peer;
    }
    return row;
}

} // namespace

Gatekeeper::Answer Gatekeeper::add_app_password(Frame request)
{
    const auto wanted = sys::decode<login::AddAppPassword>(request);
    if (!wanted) co_return pass(wanted);
    const auto name = parse_app_password_name(wanted->name);
    if (!name) co_return fail_field("name", name.error());
    const auto now = clock_.now();
    AppPassword made{.id = AppPasswordId::make(now), .name = *name, .validity = {}, .made = now};
    if (!wanted->until.empty()) {
        const auto until = Date::parse(wanted->until);
        if (!until) co_return fail_field("valid_until", until.error());
        made.validity =
            Validity{.until = *until, .ends = from_unix_ms(static_cast<std::int64_t>(wanted->ends))};
    }
    auto password = make_app_password();
    const auto letters = read_app_password(password.reveal());
    const auto kept = secrets_.add(wanted->account, made, digest_of(wanted->account, *letters));
    if (!kept) co_return pass(kept);
    co_return sys::encode(login::AppPasswordMade{.password = std::move(password)});
}

Gatekeeper::Answer Gatekeeper::list_app_passwords(Frame request)
{
    const auto wanted = sys::decode<login::ListAppPasswords>(request);
    if (!wanted) co_return pass(wanted);
    const auto all = secrets_.app_passwords(wanted->account);
    if (!all) co_return pass(all);
    login::AppPasswords answer;
    answer.rows.reserve(all->size());
    for (const auto& each : *all)
        answer.rows.push_back(row_of(each, logins_.last(wanted->account, each.id)));
    co_return sys::encode(answer);
}

Gatekeeper::Answer Gatekeeper::remove_app_passwords(Frame request)
{
    const auto wanted = sys::decode<login::RemoveAppPasswords>(request);
    if (!wanted) co_return pass(wanted);
    const auto removed = secrets_.remove_app_passwords(wanted->account);
    if (!removed) co_return pass(removed);
    for (const auto& each : *removed)
        logins_.forget(wanted->account, each.id);
    co_return sys::encode(login::Stored{});
}

Gatekeeper::Answer Gatekeeper::remove_app_password(Frame request)
{
    const auto wanted = sys::decode<login::RemoveAppPassword>(request);
    if (!wanted) co_return pass(wanted);
    const auto removed = secrets_.remove_app_password(wanted->account, wanted->name);
    if (!removed) co_return pass(removed);
    logins_.forget(wanted->account, *removed);
    co_return sys::encode(login::Stored{});
}

} // namespace metka::auth
