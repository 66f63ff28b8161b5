#pragma once
// The wires of a program that others ask: one a peer, a new one whenever that peer has been restarted.

#include <functional>
#include <memory>
#include <set>

#include <asio/any_io_executor.hpp>

#include "core/household/household.h"
#include "core/net/wire.h"

namespace metka::household {

class Peers {
  public:
    explicit Peers(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    std::shared_ptr<net::Wire> meet(Program peer, sys::Descriptor wire); // for the program to serve
    // Serves on until every peer has closed its wire: they end their sessions first, and need us for that.
    void drain(std::function<void()> done);

  private:
    void forget(const net::Wire* wire);

    asio::any_io_executor executor_;
    std::set<std::shared_ptr<net::Wire>> wires_;
    std::function<void()> drained_;
};

} // namespace metka::household
