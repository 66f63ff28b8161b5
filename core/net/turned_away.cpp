#include "core/net/turned_away.h"

namespace metka::net {

TurnedAway::Noted TurnedAway::note(const std::string& network, Why why)
{
    auto found = networks_.find({network, why});
    const bool fits = found != networks_.end() || networks_.size() < most_kept;
    if (!fits) found = networks_.find({std::string(elsewhere), why});
    const bool is_first = found == networks_.end();
    if (is_first)
        found = networks_.try_emplace({fits ? network : std::string(elsewhere), why}).first;
    else
        ++found->second.more;
    return {.network = found->second, .is_first = is_first};
}

std::vector<TurnedAway::Line> TurnedAway::take()
{
    std::vector<Line> lines;
    lines.reserve(networks_.size());
    for (auto& [key, network] : networks_)
        if (network.more > 0) lines.push_back({key.first, key.second, network.more, network.receipt});
    std::erase_if(networks_, [](auto& each) { return each.second.more == 0 && each.second.is_told_of; });
    for (auto& [key, network] : networks_) {
        network.more = 0;
        network.is_told_of = true;
    }
    return lines;
}

} // namespace metka::net
