#pragma once
// From the address in RCPT to the inbox it leads to, or to the reply that refuses it.

#include <expected>
#include <optional>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/wire/smtp_command.h"
#include "core/wire/smtp_reply.h"

namespace metka::smtp {

enum class Client { stranger, logged_in };

struct RecipientQuestion {
    const wire::MailPath& path;
    Client client = Client::stranger;
    const std::optional<Address>& postmaster; // where a bare <postmaster> leads
    Instant now;
};

std::expected<directory::InboxRecord, wire::Reply> find_recipient(directory::Directory&,
                                                                  const RecipientQuestion&);

} // namespace metka::smtp
