#pragma once
// The child's side of household.h, the same dozen steps for every program: read the configuration, forget
// what it must not know, confine itself, take what metkad hands over, serve, adopt new generations, drain,
// end.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>

#include "core/base/result.h"
#include "core/household/household.h"
#include "core/net/server.h"
#include "core/net/wire.h"
#include "core/settings/settings.h"
#include "core/sys/confine.h"
#include "core/sys/descriptor.h"

namespace metka::household {

// What one program does with what it is handed. All calls come in the event loop's thread.
class Resident {
  public:
    virtual ~Resident() = default;
    // A wire to a peer, also in place of an earlier one: the peer has been restarted.
    virtual void meet(Program peer, sys::Descriptor wire) = 0;
    // metkad itself, once, before anything else: for a program that has something to tell it.
    virtual void speak_to(std::shared_ptr<net::Wire> metkad);
    // conflict: there is one already at that address.
    virtual Result<void> listen(const std::string& name, const std::string& address, sys::Descriptor socket);
    // Who is connected there already is served, nobody else; sessions go on. not_found: there is none such.
    virtual Result<void> close_listener(const std::string& name, const std::string& address);
    // For connections from now on, all of them or, if one cannot be used, none. Empty: no TLS.
    virtual Result<void> use_certificates(std::span<const HostCertificate> certificates);
    // For all that begins from now on; what is under way keeps the settings it began with. What cannot change
    // while a program runs is the same as before. After a fault nothing has changed.
    virtual Result<void> adopt(const settings::Settings& settings) = 0;
    // metkad asks this program for something of its own trade.
    virtual asio::awaitable<Result<net::Frame>> answer_metkad(net::Frame request);
    // Nothing new from now on; `done` when what is under way has ended.
    virtual void drain(std::function<void()> done, net::Pace pace) = 0;
};

struct Trade {
    Program program = Program::store;
    settings::Reader reader = settings::Reader::store;
    std::string_view sentence; // for --help
    std::function<sys::Posture(const settings::Settings&)> posture;
    // What a library might load late and then miss (files, tables): done once before and once after
    // confinement. The two reports must be the same, or the program does not start.
    std::function<std::string()> rehearse;
    // After confinement, before anything is handed over. Faults: what the operator must mend.
    std::function<Result<std::unique_ptr<Resident>>(asio::io_context&, const settings::Settings&)> open;
};

constexpr auto drain_patience = std::chrono::seconds(30);

// Returns the exit status: 0; 64 usage; 78 configuration or confinement; 70 a bug.
int run(const Trade& trade, int count, char** words);

} // namespace metka::household
