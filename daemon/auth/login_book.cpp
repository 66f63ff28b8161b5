#include "daemon/auth/login_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace metka::auth {

LoginBook::Entry& LoginBook::entry(const InboxId& account, const Id& key, login::Service service)
{
    const auto is_same = [&](const Entry& each) {
        return each.login.key == key && each.login.service == service;
    };
    const auto known = accounts_.find(account);
    if (known != accounts_.end()) {
        const auto same = std::ranges::find_if(known->second, is_same);
        if (same != known->second.end()) return *same;
    }
    if (size_ >= most_) make_room();
    ++size_;
    auto& entries = accounts_[account];
    entries.push_back({.login = {.key = key, .service = service, .at = Instant::min(), .peer = {}}});
    return entries.back();
}

// Many at a time, so that a full book does not look for the oldest at every log-in.
void LoginBook::make_room()
{
    constexpr std::size_t part = 16;
    std::vector<Instant> times;
    times.reserve(size_);
    for (const auto& [account, entries] : accounts_)
        std::ranges::transform(entries, std::back_inserter(times),
                               [](const Entry& each) { return each.login.at; });
    if (times.empty()) return;
    const auto last = times.begin() + static_cast<std::ptrdiff_t>(times.size() / part);
    std::ranges::nth_element(times, last);
    for (auto& [account, entries] : accounts_)
        size_ -= std::erase_if(entries, [&](const Entry& each) { return each.login.at <= *last; });
    std::erase_if(accounts_, [](const auto& each) { return each.second.empty(); });
}

void LoginBook::note(const InboxId& account, const Id& key, login::Service service, std::string_view peer,
                     Instant now)
{
    auto& noted = entry(account, key, service);
    noted.login.at = now;
    noted.login.peer = peer.substr(0, most_peer_bytes);
    noted.is_saved = false;
    unsaved_.insert(account);
}

template <class Wanted>
std::optional<LastLogin> LoginBook::newest(const InboxId& account, Wanted is_wanted) const
{
    const auto known = accounts_.find(account);
    if (known == accounts_.end()) return std::nullopt;
    const LastLogin* last = nullptr;
    for (const auto& each : known->second)
        if (is_wanted(each.login) && (last == nullptr || each.login.at >= last->at)) last = &each.login;
    return last == nullptr ? std::nullopt : std::optional(*last);
}

std::optional<LastLogin> LoginBook::last(const InboxId& account) const
{
    return newest(account, [](const LastLogin&) { return true; });
}

std::optional<LastLogin> LoginBook::last(const InboxId& account, const Id& key) const
{
    return newest(account, [&](const LastLogin& each) { return each.key == key; });
}

std::optional<LastLogin> LoginBook::last(const InboxId& account, login::Service service) const
{
    return newest(account, [&](const LastLogin& each) { return each.service == service; });
}

void LoginBook::forget(const InboxId& account)
{
    const auto known = accounts_.find(account);
    if (known != accounts_.end()) {
        size_ -= known->second.size();
        accounts_.erase(known);
    }
    unsaved_.erase(account);
    forgotten_.push_back({.account = account, .key = std::nullopt});
}

void LoginBook::forget(const InboxId& account, const Id& key)
{
    const auto known = accounts_.find(account);
    if (known != accounts_.end()) {
        size_ -= std::erase_if(known->second, [&](const Entry& each) { return each.login.key == key; });
        if (known->second.empty()) accounts_.erase(known);
    }
    forgotten_.push_back({.account = account, .key = key});
}

LoginBook::Unsaved LoginBook::take_unsaved()
{
    Unsaved taken{.forgotten = std::exchange(forgotten_, {}), .noted = {}};
    taken.noted.reserve(unsaved_.size());
    for (const auto& account : std::exchange(unsaved_, {})) {
        const auto known = accounts_.find(account);
        if (known == accounts_.end()) continue;
        for (auto& each : known->second)
            if (!std::exchange(each.is_saved, true))
                taken.noted.push_back({.account = account, .login = each.login});
    }
    return taken;
}

void LoginBook::give_back(Unsaved unsaved)
{
    for (const auto& each : unsaved.noted) {
        const auto known = accounts_.find(each.account);
        if (known == accounts_.end()) continue; // forgotten meanwhile
        for (auto& entry : known->second)
            if (entry.login == each.login) {
                entry.is_saved = false;
                unsaved_.insert(each.account);
            }
    }
    forgotten_.insert(forgotten_.begin(), std::move_iterator(unsaved.forgotten.begin()),
                      std::move_iterator(unsaved.forgotten.end()));
}

bool LoginBook::is_forgotten(const AccountLogin& login) const
{
    return std::ranges::any_of(forgotten_, [&](const ForgottenLogins& each) {
        return each.account == login.account && (!each.key || *each.key == login.login.key);
    });
}

void LoginBook::add(const std::vector<AccountLogin>& kept)
{
    for (const auto& each : kept) {
        if (is_forgotten(each)) continue;
        const auto& [account, login] = each;
        auto& known = entry(account, login.key, login.service);
        if (known.login.at >= login.at) continue;
        known = {.login = login, .is_saved = true};
    }
}

} // namespace metka::auth
