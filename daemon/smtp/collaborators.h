#pragma once
// What every session of this program shares.

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/domain/address.h"
#include "core/login/authenticator.h"
#include "core/maildir/mail_store.h"
#include "daemon/smtp/limits.h"

namespace metka::smtp {

// Whom a session asks. They outlive the event loop: a session that is destroyed with it still gives back its
// room.
struct Collaborators {
    directory::Directory& directory;
    maildir::MailSink& sink;
    login::Authenticator& authenticator;
    const Clock& clock;
};

// Who we are.
struct House {
    std::string host;                  // our name in greetings and trace fields
    std::optional<Address> postmaster; // where a bare <postmaster> leads (RFC 5321 §4.5.1)
    SmtpLimits limits;
};

} // namespace metka::smtp
