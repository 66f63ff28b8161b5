#pragma once
// When metka-auth says that an account has sent as much as it may: a letter to its owner and one to the
// operator, each at most once on a day of the operator's time zone.

#include <asio/awaitable.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/login/protocol.h"
#include "core/net/wire.h"
#include "core/settings/settings.h"
#include "daemon/metkad/engine/trees.h"

namespace metka::metkad {

class SendingNotices {
  public:
    struct Office { // outlives it
        directory::Registry& registry;
        const settings::Settings& settings; // those in force
        Trees& trees;
        const Clock& clock;
    };
    explicit SendingNotices(Office office) : office_(office) {}

    asio::awaitable<Result<net::Frame>> answer(net::Frame request); // login::SendingStopped
    // Both letters are tried; the first fault is told, and then both may be asked for again.
    asio::awaitable<Result<void>> send(login::SendingStopped stopped);

  private:
    Result<maildir::SendNotice> to_owner(const login::SendingStopped& stopped) const;
    Result<maildir::SendNotice> to_operator(const login::SendingStopped& stopped) const;

    Office office_;
};

} // namespace metka::metkad
