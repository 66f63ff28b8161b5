#include "core/household/peers.h"

namespace metka::household {

std::shared_ptr<net::Wire> Peers::meet(Program peer, sys::Descriptor descriptor)
{
    auto wire = net::Wire::open(executor_, std::move(descriptor), executable(peer));
    wire->when_closed([this, key = wire.get()] { forget(key); });
    wires_.insert(wire);
    return wire;
}

void Peers::drain(std::function<void()> done)
{
    if (wires_.empty()) return done();
    drained_ = std::move(done);
}

void Peers::forget(const net::Wire* wire)
{
    std::erase_if(wires_, [wire](const auto& each) { return each.get() == wire; });
    if (!wires_.empty()) return;
    if (const auto done = std::exchange(drained_, nullptr)) done();
}

} // namespace metka::household
