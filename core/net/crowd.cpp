#include "core/net/crowd.h"

#include <algorithm>

namespace metka::net {

namespace {

constexpr std::size_t reserve = 10; // of so many places one is for those who come when it is crowded

std::size_t count_in(const auto& counts, const std::string& key)
{
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

} // namespace

bool Crowd::is_too_fast(const Origin& origin, Time now)
{
    const Allowance allowance{.most = std::max<std::uint64_t>(limits_.per_minute, 2),
                              .within = std::chrono::minutes(1)};
    const auto found = paces_.find(origin.source);
    if (found != paces_.end() && found->second.left(allowance, now) == 0) return true;
    if (found == paces_.end() && paces_.size() >= most_sources_remembered) {
        std::erase_if(paces_, [&](const auto& each) { return each.second.is_full(allowance, now); });
        if (paces_.size() >= most_sources_remembered) paces_.clear();
    }
    paces_[origin.source].take(allowance, now);
    return false;
}

Crowd::Admission Crowd::admit(const Origin& origin, Time now)
{
    if (present_.size() >= limits_.total) return Admission::too_many;
    const auto same = sources_.find(origin.source);
    if (same != sources_.end() && same->second.size() >= limits_.per_peer)
        return Admission::too_many_from_source;
    const bool is_free = origin.is_this_machine && limits_.loopback == Loopback::is_free;
    if (is_free) return Admission::welcome;
    if (count_in(networks_, origin.network) >= std::max(limits_.per_network, limits_.per_peer))
        return Admission::too_many_from_network;
    return is_too_fast(origin, now) ? Admission::too_fast : Admission::welcome;
}

void Crowd::enter(Number session, const Origin& origin, const std::shared_ptr<Channel>& channel)
{
    auto& present = present_[session];
    present = {.channel = channel, .source = origin.source, .network = origin.network};
    sources_[origin.source].emplace(session, &present);
    ++networks_[origin.network];
}

void Crowd::leave(Number session)
{
    const auto found = present_.find(session);
    if (found == present_.end()) return;
    const auto& present = found->second;
    if (present.is_going) --going_;
    const auto source = sources_.find(present.source);
    source->second.erase(session);
    if (source->second.empty()) sources_.erase(source);
    const auto network = networks_.find(present.network);
    if (--network->second == 0) networks_.erase(network);
    present_.erase(found);
}

Crowd::Number Crowd::oldest_that_may_go(const Sessions& sessions)
{
    for (const auto& [number, present] : sessions) {
        const auto channel = present->is_going ? nullptr : present->channel.lock();
        if (channel && channel->standing() == Standing::may_go) return number;
    }
    return 0;
}

std::shared_ptr<Channel> Crowd::next_to_go()
{
    const auto staying = present_.size() - going_;
    if (staying + limits_.total / reserve <= limits_.total) return nullptr;
    Number chosen = 0;
    std::size_t most = 0;
    for (const auto& [source, sessions] : sources_) {
        const bool is_older = sessions.size() == most && sessions.begin()->first < chosen;
        if (sessions.size() < most || (sessions.size() == most && !is_older)) continue;
        const auto oldest = oldest_that_may_go(sessions);
        if (oldest == 0) continue;
        chosen = oldest;
        most = sessions.size();
    }
    if (chosen == 0) return nullptr;
    auto& leaving = present_.at(chosen);
    leaving.is_going = true;
    ++going_;
    return leaving.channel.lock();
}

} // namespace metka::net
