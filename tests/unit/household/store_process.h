#pragma once
// The real metka-store as a process of its own, with metkad, metka-smtp and metka-auth played by the test
// over the real wires: a state folder, two paid mailboxes, and peers that say whatever a program taken over
// could say.

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/household/household.h"
#include "core/maildir/protocol.h"
#include "core/settings/settings.h"
#include "core/sys/frame.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"

namespace metka::household {

// One end of a wire, without an event loop and without manners. Nothing in here uses doctest: it also runs in
// a process that has confined itself.
class Peer {
  public:
    explicit Peer(sys::Descriptor wire) : wire_(std::move(wire)) {}

    // An Error too if the wire was closed, or nothing came in ten seconds.
    Result<sys::Frame> ask(sys::Frame request);
    template <class Message>
    Result<sys::Frame> ask(const Message& message, sys::Descriptor descriptor = {})
    {
        auto frame = sys::encode(message);
        frame.descriptors[0] = std::move(descriptor);
        return ask(std::move(frame));
    }
    int get() const { return wire_.get(); }

  private:
    sys::Descriptor wire_;
    std::uint32_t number_ = 0;
};

class StoreProcess {
  public:
    StoreProcess();
    ~StoreProcess();
    StoreProcess(const StoreProcess&) = delete;
    StoreProcess& operator=(const StoreProcess&) = delete;

    Peer& metkad() { return *metkad_; }
    Peer smtp() { return meet(Program::smtp); } // a fresh wire, as after a restart
    Peer auth() { return meet(Program::auth); }
    Peer session(const InboxId& inbox); // an inbox wire, as after a log-in

    // One message as metka-smtp should bring it.
    void deliver(const InboxId& inbox, std::string_view text);
    std::vector<std::string> names(const InboxId& inbox); // as a new session lists them
    std::vector<std::string> texts(const InboxId& inbox);

    const InboxId& mine() const { return mine_; }
    const InboxId& other() const { return other_; } // an inbox nobody has logged in to
    settings::Settings settings() const;
    std::string path(const std::string& name) const { return folder_.file(name); }

  private:
    void make_state();
    void start();
    void make_inbox(const InboxId& inbox);
    Peer meet(Program program);

    TestFolder folder_;
    InboxId mine_;
    InboxId other_;
    std::unique_ptr<directory::Registry> registry_;
    std::optional<Peer> metkad_;
    pid_t process_ = -1;
};

} // namespace metka::household
