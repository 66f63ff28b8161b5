// What is held against whom, as the operator sees it, and forgiving it.

#include <algorithm>
#include <cmath>

#include "daemon/auth/patience.h"

namespace metka::auth {

namespace {

using login::Held;
using login::Pardoned;
using std::chrono::milliseconds;

// The two halves of a key: a source or an allocation, and an account.
struct Pair {
    std::string_view source;
    std::string_view account;
};
Pair halves(std::string_view key)
{
    const auto end = key.find('\n');
    if (end == std::string_view::npos) return {.source = key, .account = {}};
    return {.source = key.substr(0, end), .account = key.substr(end + 1)};
}

// Where a source or a network is: its own text may be that of an address or of a prefix.
net::Origin place_of(std::string_view text)
{
    return net::origin_of(text.substr(0, text.find('/')));
}

// `metkactl my password` of an account is a source of its own (login::shell_of_account).
bool is_its_shell(const Patience::Pardon& pardon, std::string_view source)
{
    return pardon.whose == Pardoned::account && source == login::shell_of_account(pardon.account);
}

bool involves_source(const Patience::Pardon& pardon, std::string_view source)
{
    if (pardon.whose == Pardoned::all) return true;
    if (pardon.whose == Pardoned::address) return source == pardon.source;
    if (pardon.whose == Pardoned::network) return place_of(source).network == pardon.network;
    return is_its_shell(pardon, source);
}

bool involves_network(const Patience::Pardon& pardon, std::string_view network)
{
    const bool has_network = pardon.whose == Pardoned::address || pardon.whose == Pardoned::network;
    return pardon.whose == Pardoned::all || (has_network && network == pardon.network) ||
           is_its_shell(pardon, network);
}

bool involves_account(const Patience::Pardon& pardon, std::string_view account)
{
    return pardon.whose == Pardoned::all || (pardon.whose == Pardoned::account && account == pardon.account);
}

bool involves_pair(const Patience::Pardon& pardon, std::string_view key)
{
    const auto pair = halves(key);
    return involves_source(pardon, pair.source) || involves_account(pardon, pair.account);
}

// What an account heard of newcomers is held against the network and the account alike.
bool involves_heard(const Patience::Pardon& pardon, std::string_view key)
{
    const auto [allocation, account] = halves(key);
    const bool has_network = pardon.whose == Pardoned::address || pardon.whose == Pardoned::network;
    return involves_account(pardon, account) ||
           (has_network && allocation == net::allocation_of(place_of(pardon.network)));
}

std::size_t place(Held held)
{
    return static_cast<std::size_t>(held);
}

} // namespace

Allowance Patience::allowance_of(Held held) const
{
    switch (held) {
    case Held::address:
        return limits_.source;
    case Held::network:
        return limits_.network;
    case Held::account:
    case Held::nobody:
        return limits_.account;
    case Held::acquaintance:
    case Held::neighbours:
    case Held::count_:
        break;
    }
    return limits_.acquainted();
}

Patience::Counted Patience::counted(Held held, const GuessCounter& counter, Time now) const
{
    const auto allowance = allowance_of(held);
    const auto spent = counter.bucket.spent(allowance, now);
    const auto until = [&](double most) {
        const auto too_many = std::max(spent - most, 0.0);
        return milliseconds(static_cast<std::int64_t>(std::ceil(too_many / allowance.per_millisecond())));
    };
    Counted shown{.held = held,
                  .wrong = spent > 0 ? counter.wrong : 0,
                  .left = counter.bucket.left(allowance, now),
                  .since = std::chrono::floor<milliseconds>(now - counter.since)};
    if (shown.left == 0) shown.free_in = until(allowance.at_once() - 1);
    if (held != Held::address && held != Held::acquaintance) return shown;
    shown.delay = delay_after(spent);
    if (shown.delay.count() > 0) shown.free_in = std::max(shown.free_in, until(free_failures));
    return shown;
}

void Patience::each_counted(const std::function<void(const Counted&)>& visit, Time now) const
{
    const auto show = [&](Counted shown, std::string_view from, std::string_view account) {
        if (shown.wrong == 0) return;
        shown.from = from;
        shown.account = account;
        visit(shown);
    };
    accounts_.each([&](std::string_view key, const GuessCounter& counter) {
        show(counted(Held::account, counter, now), {}, key);
    });
    acquainted_.each([&](std::string_view key, const Acquaintance& known) {
        const auto pair = halves(key);
        show(counted(Held::acquaintance, known.counter, now), pair.source, pair.account);
    });
    houses_.each([&](std::string_view key, const GuessCounter& counter) {
        show(counted(Held::neighbours, counter, now), key, {});
    });
    networks_.each([&](std::string_view key, const GuessCounter& counter) {
        show(counted(Held::network, counter, now), key, {});
    });
    sources_.each([&](std::string_view key, const GuessCounter& counter) {
        show(counted(Held::address, counter, now), key, {});
    });
}

Patience::Pardons Patience::count_pardons(const Pardon& pardon, Time now) const
{
    Pardons pardons{};
    const auto count = [&](const Counted& shown) {
        const bool is_meant = involves_source(pardon, shown.from) && shown.held != Held::network;
        const bool is_network = shown.held == Held::network && involves_network(pardon, shown.from);
        if (is_meant || is_network || involves_account(pardon, shown.account)) ++pardons[place(shown.held)];
    };
    each_counted(count, now);
    return pardons;
}

// What is under way stays so: its outcome will be counted.
Patience::Pardons Patience::pardon(const Pardon& pardon, Time now)
{
    const auto pardons = count_pardons(pardon, now);
    const auto forgive = [](GuessCounter& counter) { counter = {.under_way = counter.under_way}; };
    const auto forgive_in = [&](GuessCounters& table, auto involves) {
        table.keep_if([&](std::string_view key, GuessCounter& counter) {
            if (!involves(pardon, key)) return true;
            forgive(counter);
            return counter.under_way > 0;
        });
    };
    forgive_in(accounts_, involves_account);
    forgive_in(newcomers_, involves_account);
    forgive_in(heard_, involves_heard);
    forgive_in(networks_, involves_network);
    forgive_in(sources_, involves_source);
    forgive_in(houses_, involves_source);
    acquainted_.keep_if([&](std::string_view key, Acquaintance& known) {
        if (involves_pair(pardon, key)) forgive(known.counter);
        return true; // they know each other as before
    });
    return pardons;
}

} // namespace metka::auth
