#pragma once
// The control socket: one request a line, one answer a line, whoever comes. Who is calling is what the kernel
// says (SO_PEERCRED). Bad lines get a JSON-RPC error; nothing that comes in here ends the daemon. What was
// accepted is carried out to its end, whether or not its caller still listens.

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
    // A line with its LF that goes out before the answer. Of a caller that does not read, the newest few are
    // kept, and none after the answer. May be called for as long as it is held.
    using Tell = std::function<void(std::string line)>;

    // One line without its end in, one line with its LF out.
    using Answering =
        std::function<asio::awaitable<std::string>(std::uint32_t uid, std::string line, Tell tell)>;

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
