#pragma once
// The ports, bound here and handed to the programs that serve them.

#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/settings/settings.h"
#include "daemon/metkad/engine/household.h"

namespace metka::metkad {

// What is to be given, and what is to be dropped afterwards, for the programs to have just those that the
// settings want. Those that stay are in neither.
struct ListenerChange {
    struct Gone {
        std::string name;
        settings::ListenAddress address;
    };
    std::vector<Listener> added;
    std::vector<Gone> dropped;
};

// Binds what is wanted and not held, all or nothing; those held are not touched. An address that goes from
// one service to another keeps its socket. One that overlaps another that is held (*:25 and 127.0.0.1:25) is
// bound beside it, and its clients still reach the one held until begin_listening(). Faults name the address
// and the key: conflict (taken), denied (needs root), invalid (no such address here).
Result<ListenerChange> bind_listeners(const settings::Settings& wanted, std::span<const Listener> held);
// Clients reach it from now on; does nothing to one that listens already.
Result<void> begin_listening(const Listener& listener, std::span<const Listener> held);

Result<sys::Descriptor> bind_control_socket(const std::string& path);

} // namespace metka::metkad
