#include "daemon/auth/waiting_room.h"

#include <algorithm>

namespace metka::auth {

namespace {

using Counts = std::unordered_map<std::string, std::size_t>;

std::size_t count_of(const Counts& counts, const std::string& key)
{
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

void leave(Counts& counts, const std::string& key)
{
    const auto found = counts.find(key);
    if (found != counts.end() && --found->second == 0) counts.erase(found);
}

} // namespace

WaitingRoom::Place::Place(WaitingRoom& room, const net::Origin& from, Asker asker)
    : room_(&room), source_(from.source), network_(from.network), asker_(asker)
{
    ++room.taken_;
    ++room.tally(asker).sources[source_];
    ++room.tally(asker).networks[network_];
}

WaitingRoom::Place::Place(Place&& other) noexcept
    : room_(std::exchange(other.room_, nullptr)),
      source_(std::move(other.source_)),
      network_(std::move(other.network_)),
      asker_(other.asker_)
{
}

WaitingRoom::Place& WaitingRoom::Place::operator=(Place&& other) noexcept
{
    std::swap(room_, other.room_);
    std::swap(source_, other.source_);
    std::swap(network_, other.network_);
    std::swap(asker_, other.asker_);
    return *this;
}

WaitingRoom::Place::~Place()
{
    if (room_ == nullptr) return;
    --room_->taken_;
    leave(room_->tally(asker_).sources, source_);
    leave(room_->tally(asker_).networks, network_);
}

std::optional<WaitingRoom::Place> WaitingRoom::enter(const net::Origin& from, Asker asker)
{
    const auto kept = asker == Asker::stranger ? std::min(limits_.kept_from_strangers, limits_.all) : 0;
    const auto& known = tally(asker);
    const bool has_room = taken_ < limits_.all - kept &&
                          count_of(known.sources, from.source) < limits_.of_source &&
                          count_of(known.networks, from.network) < limits_.of_network;
    if (!has_room) return std::nullopt;
    return Place(*this, from, asker);
}

std::size_t WaitingRoom::rows() const
{
    return strangers_.sources.size() + strangers_.networks.size() + acquaintances_.sources.size() +
           acquaintances_.networks.size();
}

} // namespace metka::auth
