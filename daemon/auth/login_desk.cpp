#include "daemon/auth/login_desk.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "core/sys/log.h"

namespace metka::auth {

namespace {

using login::Held;
using login::HeldRow;
using login::ListHeldBack;
using login::Wanted;
using net::Frame;

auto order_of(const HeldRow& row)
{
    return std::tie(row.held, row.from, row.account);
}

bool is_before(const HeldRow& one, const HeldRow& other)
{
    return order_of(one) < order_of(other);
}

std::uint64_t number(std::chrono::milliseconds time)
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
}

// The first rows behind a place, out of many in no order.
class Page {
  public:
    explicit Page(const ListHeldBack& wanted) : wanted_(wanted) {}

    void look_at(const Patience::Counted& counted)
    {
        if (wanted_.wanted == Wanted::held_back && !counted.is_held_back()) return;
        const auto account = InboxId::parse(counted.account);
        const bool is_nobody = counted.held == Held::account && !account;
        if (is_nobody) return add_nobody(counted);
        auto row = row_of(counted);
        if (account) row.account = InboxId(*account);
        if (is_wanted(row)) take(std::move(row));
    }

    std::vector<HeldRow> rows()
    {
        if (nobody_.names > 0 && wanted_.account.empty() && is_behind(nobody_)) take(nobody_);
        nobody_ = {};
        shorten();
        return std::move(rows_);
    }

  private:
    static HeldRow row_of(const Patience::Counted& counted)
    {
        return {.held = counted.held,
                .from = std::string(counted.from),
                .account = {},
                .names = 0,
                .wrong = counted.wrong,
                .left = counted.left,
                .since = number(counted.since),
                .free_in = number(counted.free_in),
                .delay = number(counted.delay)};
    }
    void add_nobody(const Patience::Counted& counted)
    {
        const auto row = row_of(counted);
        nobody_.left = nobody_.names == 0 ? row.left : std::min(nobody_.left, row.left);
        nobody_.held = Held::nobody;
        ++nobody_.names;
        nobody_.wrong += row.wrong;
        nobody_.since = std::max(nobody_.since, row.since);
        nobody_.free_in = std::max(nobody_.free_in, row.free_in);
    }
    bool is_wanted(const HeldRow& row) const
    {
        const bool is_its = wanted_.account.empty() || row.account == wanted_.account ||
                            row.from == login::shell_of_account(wanted_.account.hex());
        return is_its && is_behind(row);
    }
    bool is_behind(const HeldRow& row) const
    {
        return wanted_.after.empty() || is_before(wanted_.after.front(), row);
    }
    void take(HeldRow row)
    {
        rows_.push_back(std::move(row));
        if (rows_.size() >= 4 * LoginDesk::rows_in_page) shorten();
    }
    void shorten()
    {
        std::ranges::sort(rows_, is_before);
        if (rows_.size() > LoginDesk::rows_in_page) rows_.resize(LoginDesk::rows_in_page);
    }

    const ListHeldBack& wanted_;
    std::vector<HeldRow> rows_;
    HeldRow nobody_;
};

} // namespace

std::optional<Result<Frame>> LoginDesk::answer(const Frame& request)
{
    struct Row {
        std::uint16_t kind;
        Result<Frame> (LoginDesk::*answer)(const Frame&);
    };
    static constexpr std::array<Row, 4> rows{{
        {login::AskLastLogin::kind, &LoginDesk::last_login},
        {login::ListHeldBack::kind, &LoginDesk::held_back},
        {login::Unblock::kind, &LoginDesk::unblock},
        {login::AskSent::kind, &LoginDesk::sent},
    }};
    for (const auto& each : rows)
        if (each.kind == request.kind) return (this->*each.answer)(request);
    return std::nullopt;
}

Result<Frame> LoginDesk::last_login(const Frame& request)
{
    const auto question = sys::decode<login::AskLastLogin>(request);
    if (!question) return pass(question);
    books_.diary.reread(question->account);
    login::LastLogin answer;
    if (const auto last = books_.book.last(question->account))
        answer.logins.push_back(
            {.service = last->service, .at = last->at, .peer = last->peer, .key = last->key});
    return sys::encode(answer);
}

Result<Frame> LoginDesk::held_back(const Frame& request)
{
    const auto question = sys::decode<ListHeldBack>(request);
    if (!question) return pass(question);
    Page page(*question);
    trials_.patience().each_counted([&](const Patience::Counted& each) { page.look_at(each); },
                                    trials_.now());
    return sys::encode(login::HeldBack{.rows = page.rows()});
}

Result<Frame> LoginDesk::unblock(const Frame& request)
{
    auto wanted = sys::decode<login::Unblock>(request);
    if (!wanted) return pass(wanted);
    const Patience::Pardon pardon{.whose = wanted->whose,
                                  .source = std::move(wanted->source),
                                  .network = std::move(wanted->network),
                                  .account = wanted->account.hex()};
    const bool is_rehearsal = wanted->carrying == login::Carrying::rehearsal;
    const auto counters =
        is_rehearsal ? trials_.patience().count_pardons(pardon, trials_.now()) : trials_.pardon(pardon);
    if (!is_rehearsal)
        sys::log(sys::Level::info, "login.unblocked",
                 {{"source", pardon.source},
                  {"network", pardon.network},
                  {"account", wanted->account.empty() ? "" : pardon.account}});
    return sys::encode(login::Unblocked{.counters = {counters.begin(), counters.end()}});
}

Result<Frame> LoginDesk::sent(const Frame& request)
{
    const auto question = sys::decode<login::AskSent>(request);
    if (!question) return pass(question);
    return sys::encode(login::Sent{.in_hour = books_.postage.sent(question->account, Window::hour),
                                   .in_day = books_.postage.sent(question->account, Window::day)});
}

} // namespace metka::auth
