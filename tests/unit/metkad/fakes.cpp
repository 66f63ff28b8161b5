#include "tests/unit/metkad/fakes.h"

#include <algorithm>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

namespace metka::metkad::test {

namespace {

// What every call over a wire does: others come in between, and it can go wrong.
asio::awaitable<Result<void>> over_the_wire(Troubles& troubles, std::string note)
{
    auto called = troubles.call(std::move(note));
    co_await asio::post(asio::use_awaitable);
    co_return called;
}

std::unexpected<Error> away()
{
    return fail(Fault::unavailable, "the store is away");
}

} // namespace

Result<void> Troubles::call(std::string note)
{
    const auto number = calls_++;
    if (dies_at == number) throw Killed();
    if (on_call) on_call(note);
    notes.push_back(std::move(note));
    if (fails_at == number) return fail(Fault::unavailable, "not now");
    return {};
}

asio::awaitable<Result<void>> NotingKeys::set_password(InboxId account, Secret password)
{
    const auto called = co_await over_the_wire(troubles, "key.set");
    if (called) passwords[account] = std::string(password.reveal());
    co_return called;
}

asio::awaitable<Result<void>> NotingKeys::set_hashes(std::vector<login::KeptHash> hashes)
{
    const auto called = co_await over_the_wire(troubles, "key.hashes");
    if (!called) co_return called;
    for (const auto& each : hashes)
        passwords[each.account] = std::string(each.hash.reveal());
    co_return called;
}

asio::awaitable<Result<bool>> NotingKeys::is_right(InboxId account, Secret password)
{
    const auto called = co_await over_the_wire(troubles, "key.verify");
    if (!called) co_return pass(called);
    const auto found = passwords.find(account);
    co_return found != passwords.end() && password.same_as(found->second);
}

asio::awaitable<Result<void>> NotingKeys::changed_elsewhere(InboxId)
{
    auto called = co_await over_the_wire(troubles, "key.elsewhere");
    co_return called;
}

asio::awaitable<Result<void>> NotingKeys::remove(InboxId account)
{
    const auto called = co_await over_the_wire(troubles, "key.remove");
    if (called) passwords.erase(account);
    if (called) apps.erase(account);
    co_return called;
}

asio::awaitable<Result<Secret>> NotingKeys::add_app_password(InboxId account, AppPassword wanted)
{
    const auto called = co_await over_the_wire(troubles, "key.app.add");
    if (!called) co_return pass(called);
    apps[account].push_back({.password = std::move(wanted), .last = {}});
    co_return Secret("abcd efgh jkmn pqrs tuvw");
}

asio::awaitable<Result<std::vector<KeptAppPassword>>> NotingKeys::app_passwords(InboxId account)
{
    co_return apps[account];
}

asio::awaitable<Result<void>> NotingKeys::remove_app_password(InboxId account, std::string name)
{
    const auto called = co_await over_the_wire(troubles, "key.app.remove");
    if (!called) co_return pass(called);
    if (std::erase_if(apps[account],
                      [&](const KeptAppPassword& each) { return each.password.name == name; }) == 0)
        co_return fail(Fault::not_found, "there is no app password “{}”", name);
    co_return called;
}

asio::awaitable<Result<void>> NotingKeys::remove_app_passwords(InboxId account)
{
    const auto called = co_await over_the_wire(troubles, "key.app.remove-all");
    if (called) apps.erase(account);
    co_return called;
}

asio::awaitable<Result<std::optional<sys::Descriptor>>> NotingTrees::make(maildir::InboxPlace place)
{
    const auto called = co_await over_the_wire(troubles, "tree.make");
    if (!called) co_return pass(called);
    if (out_of_order) co_return away();
    made.insert(key(place));
    co_return std::optional<sys::Descriptor>();
}

asio::awaitable<Result<std::optional<sys::Descriptor>>> NotingTrees::remove(maildir::InboxPlace place)
{
    const auto called = co_await over_the_wire(troubles, "tree.remove");
    if (!called) co_return pass(called);
    if (out_of_order) co_return away();
    std::erase_if(made, [&](const Place& each) {
        return each == key(place) ||
               (place.inbox_kind == directory::InboxKind::shell && each.second == place.inbox);
    });
    std::erase_if(mail, [&](const auto& each) { return !made.contains(each.first); });
    co_return std::optional<sys::Descriptor>();
}

asio::awaitable<Result<maildir::Usage>> NotingTrees::usage(maildir::InboxPlace place)
{
    if (out_of_order) co_return away();
    const auto found = uses.find(place.inbox);
    co_return maildir::Usage{.used = found == uses.end() ? used : found->second, .messages = 3};
}

asio::awaitable<Result<void>> NotingTrees::make_all(std::vector<maildir::InboxPlace> places)
{
    const auto called = co_await over_the_wire(troubles, "tree.make_all");
    if (!called) co_return called;
    if (out_of_order) co_return away();
    for (const auto& place : places)
        made.insert(key(place));
    co_return called;
}

asio::awaitable<Result<bool>> NotingTrees::carry(maildir::CarryMessages order)
{
    const bool is_last = order.pass == maildir::Pass::last;
    const auto called = co_await over_the_wire(troubles, is_last ? "tree.carry last" : "tree.carry");
    if (!called) co_return pass(called);
    if (in_session.contains(order.from.inbox))
        co_return fail(Fault::conflict, "somebody reads that inbox now; try again later");
    if (!made.contains(key(order.to))) co_return fail(Fault::not_found, "there is no such tree to carry to");
    const auto& from = mail[key(order.from)];
    auto& to = mail[key(order.to)];
    if (is_last) std::erase_if(to, [&](const auto& each) { return !from.contains(each); });
    std::size_t left = mail_at_once;
    for (const auto& each : from) {
        if (to.contains(each)) continue;
        if (left-- == 0) co_return false;
        to.insert(each);
    }
    co_return true;
}

asio::awaitable<Result<std::vector<Bytes>>> NotingTrees::usages(std::vector<InboxId> inboxes)
{
    std::vector<Bytes> counted;
    for (const auto& inbox : inboxes) {
        const auto found = uses.find(inbox);
        counted.push_back(found == uses.end() ? used : found->second);
    }
    co_return counted;
}

namespace {

std::string about(const maildir::SendNotice& notice)
{
    return notice.of.empty() ? notice.about : notice.about + " " + notice.of;
}

} // namespace

const maildir::NoticeRow* NotingTrees::find(const maildir::SendNotice& notice) const
{
    const auto found = std::ranges::find_if(told, [&](const maildir::NoticeRow& each) {
        return each.inbox == notice.inbox && each.notice == notice.notice && each.about == about(notice) &&
               each.days == notice.days;
    });
    return found == told.end() ? nullptr : &*found;
}

asio::awaitable<Result<maildir::NoticeSent>> NotingTrees::send(maildir::SendNotice notice)
{
    const auto called = co_await over_the_wire(troubles, "notice.send");
    if (!called) co_return pass(called);
    if (const auto* const before = find(notice))
        co_return maildir::NoticeSent{.at = before->at, .now = false};
    const auto now = static_cast<std::uint64_t>(to_unix_ms(clock.now()));
    told.push_back({.place = told.size() + 1,
                    .inbox = notice.inbox,
                    .login = {},
                    .notice = notice.notice,
                    .about = about(notice),
                    .days = notice.days,
                    .at = now});
    co_return maildir::NoticeSent{.at = now, .now = true};
}

asio::awaitable<Result<maildir::NoticeSent>> NotingTrees::sent(maildir::AskNotice notice)
{
    const auto* const before = find(notice);
    co_return maildir::NoticeSent{.at = before != nullptr ? before->at : 0, .now = false};
}

asio::awaitable<Result<std::vector<maildir::NoticeRow>>> NotingTrees::notices(InboxId inbox, std::size_t most)
{
    std::vector<maildir::NoticeRow> rows;
    for (auto each = told.rbegin(); each != told.rend() && rows.size() < most; ++each)
        if (inbox.empty() || each->inbox == inbox) rows.push_back(*each);
    co_return rows;
}

asio::awaitable<Result<maildir::Checked>> NotingTrees::check(InboxId inbox)
{
    const auto called = co_await over_the_wire(troubles, "tree.check");
    if (!called) co_return pass(called);
    if (uncountable.contains(inbox)) co_return fail(Fault::io, "a folder cannot be read");
    const auto found = checks.find(inbox);
    co_return found == checks.end() ? maildir::Checked{.used = used, .messages = 3} : found->second;
}

asio::awaitable<Result<household::Refusal>> RememberedRefusals::find(ReceiptCode code)
{
    if (out_of_order) co_return fail(Fault::unavailable, "metka-smtp is not running");
    const auto found = kept.find(code.text());
    if (found == kept.end()) co_return fail(Fault::not_found, "no refusal {} is remembered", code.text());
    co_return found->second;
}

asio::awaitable<Result<std::optional<login::KnownLogin>>> KnownLogins::last(InboxId account)
{
    if (out_of_order) co_return fail(Fault::unavailable, "metka-auth is not running");
    const auto found = logins.find(account);
    if (found == logins.end()) co_return std::optional<login::KnownLogin>();
    co_return std::optional(found->second);
}

asio::awaitable<Result<std::vector<login::HeldRow>>> KnownLogins::held_back(login::ListHeldBack question,
                                                                            std::size_t most)
{
    if (out_of_order) co_return fail(Fault::unavailable, "metka-auth is not running");
    std::vector<login::HeldRow> rows;
    for (const auto& each : held) {
        const bool is_its = question.account.empty() || each.account == question.account;
        const bool is_wanted = question.wanted == login::Wanted::counted || each.left == 0 || each.delay > 0;
        if (is_its && is_wanted && rows.size() < most) rows.push_back(each);
    }
    co_return rows;
}

asio::awaitable<Result<login::Unblocked>> KnownLogins::unblock(login::Unblock wanted)
{
    if (wanted.carrying == login::Carrying::out) {
        const auto called = troubles.call("login.unblock");
        if (!called) co_return pass(called);
    }
    unblocked.push_back(std::move(wanted));
    co_return login::Unblocked{.counters = counters};
}

asio::awaitable<Result<login::Sent>> KnownLogins::sent(InboxId)
{
    if (out_of_order) co_return fail(Fault::unavailable, "metka-auth is not running");
    co_return login::Sent{.in_hour = 7, .in_day = 40};
}

Result<void> NotingFences::prepare(const ShellAccount&)
{
    return troubles.call("fence.prepare");
}

Result<void> NotingFences::set(const ShellAccount& shell)
{
    auto called = troubles.call("fence.set");
    if (called) standing[shell.id] = shell.disk_limit;
    return called;
}

Result<void> NotingFences::remove(const ShellAccount& shell)
{
    auto called = troubles.call("fence.remove");
    if (called) standing.erase(shell.id);
    return called;
}

FenceReport NotingFences::look(const ShellAccount&) const
{
    return report;
}

asio::awaitable<Result<policy::DomainRecords>> ToldRecords::ask(DomainName)
{
    const auto called = co_await over_the_wire(troubles, "dns.ask");
    if (!called) co_return pass(called);
    co_return records;
}

Result<std::optional<UnixUser>> NotingAccounts::find(const std::string& login) const
{
    const auto found = users.find(login);
    if (found == users.end()) return std::optional<UnixUser>();
    return std::optional(
        UnixUser{.login = login, .uid = found->second, .gid = found->second, .home = "/home/" + login});
}

asio::awaitable<Result<UnixUser>> NotingAccounts::create(std::string login)
{
    const auto called = co_await over_the_wire(troubles, "user.create");
    if (!called) co_return pass(called);
    const auto uid = static_cast<std::uint32_t>(2000 + users.size());
    users[login] = uid;
    co_return UnixUser{.login = login, .uid = uid, .gid = uid, .home = "/home/" + login};
}

asio::awaitable<Result<void>> NotingAccounts::remove(std::string login)
{
    const auto called = co_await over_the_wire(troubles, "user.remove");
    if (called) users.erase(login);
    co_return called;
}

asio::awaitable<Result<void>> NotingAccounts::rename(std::string login, std::string to)
{
    const auto called = co_await over_the_wire(troubles, "user.rename");
    if (!called) co_return called;
    users[to] = users[login];
    users.erase(login);
    co_return called;
}

asio::awaitable<Result<void>> NotingAccounts::set_password(std::string login, Secret password)
{
    const auto called = co_await over_the_wire(troubles, "user.password");
    if (called) passwords[login] = std::string(password.reveal());
    co_return called;
}

asio::awaitable<Result<void>> NotingAccounts::link_maildir(UnixUser, std::string)
{
    auto called = co_await over_the_wire(troubles, "user.link");
    co_return called;
}

asio::awaitable<Result<HomeMeasure>> NotingAccounts::measure_home(UnixUser)
{
    if (measures_unseen) co_return home;
    const auto called = co_await over_the_wire(troubles, "home.measure");
    if (!called) co_return pass(called);
    co_return home;
}

asio::awaitable<Result<void>> NotingAccounts::clear_leftovers(UnixUser, sys::Descriptor)
{
    auto called = co_await over_the_wire(troubles, "user.clear");
    co_return called;
}

std::optional<std::string> NamedUsers::name_of(std::uint32_t uid) const
{
    const auto found = names.find(uid);
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

bool NamedUsers::is_member(const std::string& user, const std::string& group) const
{
    return group == "metka-admin" && members.contains(user);
}

} // namespace metka::metkad::test
