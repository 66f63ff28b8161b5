#pragma once
// What every session of this program shares.

#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/domain/address.h"
#include "core/login/authenticator.h"
#include "core/login/sending_counter.h"
#include "core/maildir/mail_store.h"
#include "daemon/smtp/allowance.h"
#include "daemon/smtp/limits.h"
#include "daemon/smtp/receipts.h"

namespace metka::smtp {

// Whom a session asks. They outlive the event loop: a session that is destroyed with it still gives back its
// room.
struct Collaborators {
    directory::Directory& directory;
    maildir::MailSink& sink;
    login::Authenticator& authenticator;
    Receipts& receipts;
    Allowance& memory;
    const Clock& clock;
    login::SendingCounter* sending = nullptr; // null: nobody counts what accounts send
};

// Who we are.
struct House {
    std::string host;                  // our name in greetings and trace fields
    std::optional<Address> postmaster; // where a bare <postmaster> leads (RFC 5321 §4.5.1)
    SmtpLimits limits;
};

} // namespace metka::smtp
