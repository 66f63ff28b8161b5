#include "daemon/auth/sending_book.h"

#include <algorithm>

namespace metka::auth {

namespace {

using namespace std::chrono_literals;

struct WindowRow {
    Window window;
    std::chrono::seconds slot;
    std::int64_t slots; // whole ones
};
constexpr std::array<WindowRow, 2> windows{{{Window::hour, 5min, 12}, {Window::day, 1h, 24}}};

const WindowRow& row_of(Window window)
{
    return windows.at(static_cast<std::size_t>(window));
}

bool is_beyond(std::uint64_t sent, std::uint64_t messages, std::uint64_t most)
{
    return most != 0 && (messages > most || sent > most - messages);
}

} // namespace

template <std::size_t Slots>
std::uint64_t SendingBook::Ring<Slots>::since(std::int64_t slot) const
{
    const auto size = static_cast<std::int64_t>(Slots);
    std::int64_t sum = 0;
    for (auto each = std::max(slot, newest - size + 1); each <= newest; ++each)
        sum += counts.at(static_cast<std::size_t>(each % size));
    return static_cast<std::uint64_t>(std::max<std::int64_t>(sum, 0));
}

template <std::size_t Slots>
std::int64_t SendingBook::Ring<Slots>::at(std::int64_t slot) const
{
    return holds(slot) ? counts.at(static_cast<std::size_t>(slot) % Slots) : 0;
}

template <std::size_t Slots>
bool SendingBook::Ring<Slots>::holds(std::int64_t slot) const
{
    return slot >= 0 && slot > newest - static_cast<std::int64_t>(Slots) && slot <= newest;
}

template <std::size_t Slots>
void SendingBook::Ring<Slots>::add(std::int64_t slot, std::int64_t count)
{
    const auto size = static_cast<std::int64_t>(Slots);
    if (slot <= newest - size) return; // older than what counts
    if (slot - newest >= size) counts.fill(0);
    for (auto each = std::max(newest + 1, slot - size + 1); each <= slot; ++each)
        counts.at(static_cast<std::size_t>(each % size)) = 0;
    newest = std::max(newest, slot);
    counts.at(static_cast<std::size_t>(slot % size)) += count;
}

std::int64_t SendingBook::slot_at(Window window, Instant now)
{
    return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() / row_of(window).slot;
}

std::int64_t SendingBook::oldest_slot(Window window, Instant now)
{
    return slot_at(window, now) - row_of(window).slots;
}

std::uint64_t SendingBook::sent(const InboxId& account, Window window, Instant now) const
{
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) return 0;
    const auto oldest = oldest_slot(window, now);
    return window == Window::hour ? found->second.hour.since(oldest) : found->second.day.since(oldest);
}

std::optional<Window> SendingBook::never_fits(std::uint64_t messages, const SendingLimits& limits)
{
    const bool is_beyond_day = is_beyond(0, messages, limits.per_day);
    if (is_beyond(0, messages, limits.per_hour)) {
        const bool day_is_less = is_beyond_day && limits.per_day < limits.per_hour;
        return day_is_less ? Window::day : Window::hour;
    }
    return is_beyond_day ? std::optional(Window::day) : std::nullopt;
}

std::optional<Window> SendingBook::count(const InboxId& account, std::uint64_t messages,
                                         const SendingLimits& limits, Instant now)
{
    if (is_beyond(sent(account, Window::hour, now), messages, limits.per_hour)) return Window::hour;
    if (is_beyond(sent(account, Window::day, now), messages, limits.per_day)) return Window::day;
    for (const auto& each : windows) {
        const SlotCount counted{.account = account,
                                .window = each.window,
                                .slot = slot_at(each.window, now),
                                .count = static_cast<std::int64_t>(messages)};
        add(counted);
        note(counted);
    }
    return std::nullopt;
}

void SendingBook::uncount(const InboxId& account, std::uint64_t messages, Instant at)
{
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) return;
    const auto& [hour, day] = found->second;
    const auto hour_slot = slot_at(Window::hour, at), day_slot = slot_at(Window::day, at);
    if (hour_slot > hour.newest) return; // nothing was counted so late
    auto taken = std::min(static_cast<std::int64_t>(std::min(messages, most_at_once)), day.at(day_slot));
    if (hour.holds(hour_slot)) taken = std::min(taken, hour.at(hour_slot));
    if (taken <= 0) return;
    for (const auto& each : windows) {
        const SlotCount back{
            .account = account, .window = each.window, .slot = slot_at(each.window, at), .count = -taken};
        add(back);
        note(back);
    }
}

void SendingBook::add(const SlotCount& count)
{
    auto& sent = accounts_[count.account];
    if (count.window == Window::hour)
        sent.hour.add(count.slot, count.count);
    else
        sent.day.add(count.slot, count.count);
}

void SendingBook::note(const SlotCount& count)
{
    auto& noted = uncounted_[count.account];
    const auto same = std::ranges::find_if(
        noted, [&](const SlotCount& each) { return each.window == count.window && each.slot == count.slot; });
    if (same == noted.end())
        noted.push_back(count);
    else
        same->count += count.count;
}

std::vector<SlotCount> SendingBook::take_uncounted()
{
    std::vector<SlotCount> all;
    for (const auto& [account, noted] : std::exchange(uncounted_, {}))
        all.insert(all.end(), noted.begin(), noted.end());
    return all;
}

void SendingBook::give_back(const std::vector<SlotCount>& uncounted)
{
    for (const auto& each : uncounted)
        note(each);
}

void SendingBook::replace(const std::vector<SlotCount>& kept)
{
    accounts_.clear();
    for (const auto& each : kept)
        add(each);
    for (const auto& [account, noted] : uncounted_)
        for (const auto& each : noted)
            add(each);
}

void SendingBook::replace(const InboxId& account, const std::vector<SlotCount>& kept)
{
    accounts_.erase(account);
    for (const auto& each : kept)
        add(each);
    const auto noted = uncounted_.find(account);
    if (noted == uncounted_.end()) return;
    for (const auto& each : noted->second)
        add(each);
}

void SendingBook::forget_old(Instant now)
{
    const auto oldest = oldest_slot(Window::day, now);
    std::erase_if(accounts_, [oldest](const auto& each) { return each.second.day.newest < oldest; });
}

} // namespace metka::auth
