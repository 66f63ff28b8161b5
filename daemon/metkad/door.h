#pragma once
// The control socket: one request a line, one answer a line, whoever comes. Who is calling is what the kernel
// says (SO_PEERCRED). Bad lines get a JSON-RPC error; nothing that comes in here ends the daemon.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/net/server.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

class Provisioning;

class Door {
  public:
    // One line without its end in, one line with its LF out.
    using Answering = std::function<asio::awaitable<std::string>(std::uint32_t uid, std::string line)>;

    Door(asio::any_io_executor executor, Answering answering);
    Door(asio::any_io_executor executor, Provisioning& provisioning); // which outlives it

    void open(sys::Descriptor listener);    // a listening Unix socket
    void close(std::function<void()> done); // requests under way are answered first

  private:
    struct Visitors;
    net::Server server_;
    std::shared_ptr<Visitors> visitors_;
};

} // namespace metka::metkad
