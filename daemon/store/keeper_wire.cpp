#include "daemon/store/keeper_wire.h"

#include <limits>

#include "core/maildir/protocol.h"
#include "core/net/aside.h"

namespace metka::store {

using namespace maildir;

namespace {

constexpr std::chrono::milliseconds between_looks{5};
constexpr int most_looks = 2'000;
constexpr Bytes uncounted{std::numeric_limits<std::uint64_t>::max()};

Result<Done> done(const Result<void>& result)
{
    if (!result) return pass(result);
    return Done{};
}

Result<Carried> carried(const Result<bool>& all)
{
    if (!all) return pass(all);
    Carried answer;
    answer.all = *all;
    return answer;
}

} // namespace

Answer KeeperWire::answer(sys::Frame request)
{
    static constexpr std::array<Request<KeeperWire>, 10> table{{
        {MakeInbox::kind, &KeeperWire::make},
        {MakeInboxes::kind, &KeeperWire::make_all},
        {RemoveInbox::kind, &KeeperWire::remove},
        {CarryMessages::kind, &KeeperWire::carry},
        {AskUsage::kind, &KeeperWire::usage},
        {AskUsages::kind, &KeeperWire::usages},
        {CheckInbox::kind, &KeeperWire::check},
        {SendNotice::kind, &KeeperWire::send_notice},
        {AskNotice::kind, &KeeperWire::ask_notice},
        {ListNotices::kind, &KeeperWire::list_notices},
    }};
    return answer_from(table, shared_from_this(), std::move(request));
}

template <class Work>
Answer KeeperWire::answered_aside(Work work)
{
    const auto result = co_await net::run_aside(house_.workers, std::move(work));
    if (!result) co_return pass(result);
    co_return sys::encode(*result);
}

InboxFacts KeeperWire::facts_at(const InboxPlace& place)
{
    InboxFacts facts;
    facts.place = place;
    const auto known = facts_in(house_.directory, place.inbox);
    const bool is_shell = place.inbox_kind == directory::InboxKind::shell;
    if (known && is_shell) facts.shell_uid = known->shell_uid;
    return facts;
}

Answer KeeperWire::make(sys::Frame request)
{
    const auto asked = sys::decode<MakeInbox>(request);
    if (!asked) co_return pass(asked);
    auto work = [&store = house_.store, place = InboxPlace(*asked)] { return store.make(place); };
    auto maildir = co_await net::run_aside(house_.workers, std::move(work));
    if (!maildir) co_return pass(maildir);
    auto answer = sys::encode(Done{});
    const bool is_shell = asked->inbox_kind == directory::InboxKind::shell;
    if (is_shell) answer.descriptors[0] = std::move(*maildir);
    co_return answer;
}

Answer KeeperWire::make_all(sys::Frame request)
{
    auto asked = sys::decode<MakeInboxes>(request);
    if (!asked) co_return pass(asked);
    auto work = [&store = house_.store, places = std::move(asked->places)] {
        return done(store.make_all(places));
    };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

Answer KeeperWire::remove(sys::Frame request)
{
    const auto asked = sys::decode<RemoveInbox>(request);
    if (!asked) co_return pass(asked);
    auto work = [&store = house_.store, place = InboxPlace(*asked)] { return store.remove(place); };
    auto removed = co_await net::run_aside(house_.workers, std::move(work));
    if (!removed) co_return pass(removed);
    auto answer = sys::encode(Done{});
    if (*removed) answer.descriptors[0] = std::move(**removed);
    co_return answer;
}

asio::awaitable<Result<void>> KeeperWire::wait_for_landings(InboxId inbox)
{
    const auto now = facts_in(house_.directory, inbox);
    if (!now) co_return pass(now);
    if (!now->closed) co_return fail(Fault::invalid, "the last pass of a move wants a closed mailbox");
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (int left = most_looks; house_.landings.has(inbox); --left) {
        if (left == 0)
            co_return fail(Fault::unavailable, "messages are still being put into it; try again later");
        timer.expires_after(between_looks);
        asio::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return Result<void>();
}

Answer KeeperWire::carry(sys::Frame request)
{
    const auto asked = sys::decode<CarryMessages>(request);
    if (!asked) co_return pass(asked);
    if (asked->pass == Pass::last) {
        const auto alone = co_await wait_for_landings(asked->from.inbox);
        if (!alone) co_return pass(alone);
    }
    auto work = [&store = house_.store, from = facts_at(asked->from), to = facts_at(asked->to),
                 pass_now = asked->pass] { return carried(store.carry(from, to, pass_now)); };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

Answer KeeperWire::usage(sys::Frame request)
{
    const auto asked = sys::decode<AskUsage>(request);
    if (!asked) co_return pass(asked);
    auto work = [&store = house_.store, facts = facts_at(*asked)] { return store.usage(facts); };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

Answer KeeperWire::usages(sys::Frame request)
{
    const auto asked = sys::decode<AskUsages>(request);
    if (!asked) co_return pass(asked);
    std::vector<std::optional<InboxFacts>> inboxes;
    for (const auto& inbox : asked->inboxes) {
        auto facts = facts_in(house_.directory, inbox);
        inboxes.push_back(facts ? std::optional(std::move(*facts)) : std::nullopt);
    }
    auto work = [&store = house_.store, all = std::move(inboxes)]() -> Result<Usages> {
        Usages usages;
        for (const auto& facts : all) {
            const auto usage = facts ? store.usage(*facts) : fail(Fault::not_found, "unknown");
            usages.used.push_back(usage ? usage->used : uncounted);
        }
        return usages;
    };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

Answer KeeperWire::check(sys::Frame request)
{
    const auto asked = sys::decode<CheckInbox>(request);
    if (!asked) co_return pass(asked);
    auto landing = house_.landings.enter({asked->inbox}); // it may write a notice
    auto to = open_addressee_in(house_.directory, asked->inbox);
    if (!to) co_return pass(to);
    auto work = [&notices = house_.notices, addressee = std::move(*to), held = std::move(landing)] {
        return notices.check(addressee);
    };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

Answer KeeperWire::send_notice(sys::Frame request)
{
    auto asked = sys::decode<SendNotice>(request);
    if (!asked) co_return pass(asked);
    auto landing = house_.landings.enter({asked->inbox});
    auto to = open_addressee_in(house_.directory, asked->inbox);
    if (!to) co_return pass(to);
    auto work = [&notices = house_.notices, addressee = std::move(*to), notice = std::move(*asked),
                 held = std::move(landing)] { return notices.send(addressee, notice); };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

Answer KeeperWire::ask_notice(sys::Frame request)
{
    auto asked = sys::decode<AskNotice>(request);
    if (!asked) co_return pass(asked);
    auto work = [&notices = house_.notices, notice = std::move(*asked)] { return notices.sent(notice); };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

Answer KeeperWire::list_notices(sys::Frame request)
{
    const auto asked = sys::decode<ListNotices>(request);
    if (!asked) co_return pass(asked);
    auto work = [&notices = house_.notices, wanted = *asked]() -> Result<maildir::Notices> {
        auto rows = notices.list(wanted);
        if (!rows) return pass(rows);
        return maildir::Notices{.rows = std::move(*rows)};
    };
    auto answer = co_await answered_aside(std::move(work));
    co_return answer;
}

} // namespace metka::store
