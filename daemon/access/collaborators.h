#pragma once
// Whom every session asks.

#include <functional>
#include <memory>

#include "core/base/clock.h"
#include "core/base/stopwatch.h"
#include "core/login/authenticator.h"
#include "core/maildir/mail_store.h"

namespace metka::access {

struct Collaborators { // they outlive the sessions
    using OpenInbox = std::function<std::unique_ptr<maildir::MailInbox>(sys::Descriptor)>;

    login::Authenticator& authenticator;
    OpenInbox open_inbox; // from the wire that a log-in brought
    const Clock& clock;
    Stopwatch stopwatch = &std::chrono::steady_clock::now;
};

} // namespace metka::access
