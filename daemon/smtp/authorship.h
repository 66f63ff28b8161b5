#pragma once
// Who a message says it is from, against who may say so (RFC 6409 §6.1). Who has logged in writes as
// themselves: every address of From, and Sender, is one of their own. A message that somebody else wrote may
// be passed on as it is, under a Resent-From of their own (RFC 5322 §3.6.6). A stranger may say what they
// like, except that they are of a domain that protects its senders (claims.h).
//
// A field that cannot be read with certainty is refused to whoever logged in.

#include <optional>
#include <span>
#include <vector>

#include "core/directory/directory.h"
#include "core/wire/header_pass.h"
#include "core/wire/smtp_command.h"
#include "core/wire/smtp_reply.h"

namespace metka::smtp {

using AccountId = std::optional<InboxId>; // who has logged in; none: a stranger

// Who sends it, and under which envelope.
struct Authorship {
    directory::Directory& directory;
    AccountId account;
    const wire::MailPath& sender;
    std::span<const wire::RcptCommand> recipients = {}; // at MAIL there are none yet
};

// The reply that refuses it, if any: at MAIL, then at the end of the message. What the first has let pass is
// not looked up by the second again.
std::optional<wire::Reply> refuse_sender(const Authorship& by);
std::optional<wire::Reply> refuse_authors(const Authorship& by,
                                          const std::vector<wire::CapturedField>& fields);

// Has the message been delivered to this recipient before (Delivered-To)?
bool was_delivered_to(const wire::MailPath& recipient, const std::vector<wire::CapturedField>& fields);

} // namespace metka::smtp
