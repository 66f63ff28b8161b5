#pragma once
// The real metka-store as a process of its own, with metkad, metka-smtp and metka-auth played by the test
// over the real wires: a state folder, two paid mailboxes, and peers that say whatever a program taken over
// could say.

#include <memory>
#include <string>
#include <vector>

#include "core/household/household.h"
#include "core/maildir/protocol.h"
#include "core/settings/settings.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"
#include "tests/unit/household/child_process.h"

namespace metka::household {

// What a session is told that opens its inbox; the store hears of the end of the one before in its own time.
Result<sys::Frame> opened_inbox(Peer& session);

class StoreProcess {
  public:
    StoreProcess();

    Peer& metkad() { return process_->metkad(); }
    ChildProcess& process() { return *process_; }
    // The next store of the same folder, which serves besides this one.
    std::unique_ptr<ChildProcess> another() const;
    Peer smtp() { return process_->meet(Program::smtp); } // a fresh wire, as after a restart
    Peer auth() { return process_->meet(Program::auth); }
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
    void make_inbox(const InboxId& inbox);

    TestFolder folder_;
    InboxId mine_;
    InboxId other_;
    std::unique_ptr<directory::Registry> registry_;
    std::unique_ptr<ChildProcess> process_;
};

} // namespace metka::household
