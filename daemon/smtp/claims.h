#pragma once
// Whom a stranger may not claim to be: a sender of a domain that protects its senders (`metkactl domain set
// --protect-sender`), be it as the sender of the envelope or in what a mail program shows of From or Sender.
//  - What is shown counts, not what an exact reader finds: an address of such a domain in a display name, in
//    a comment, in the name of a group or in encoded words is claimed as one between angle brackets is. So
//    is each of several From fields, as programs differ in which they show.
//  - A From that names no address claims the domain of whoever reads it: some programs complete it with that
//    one, and all show what stands there as the author's name.
//  - A message without From claims nothing, and none of Reply-To or the Resent- fields is shown as an author.

#include <optional>
#include <vector>

#include "core/wire/header_pass.h"
#include "core/wire/smtp_reply.h"
#include "daemon/smtp/authorship.h"

namespace metka::smtp {

// The reply that refuses it, if any: at MAIL, then at the end of the message. The domain that the first has
// let pass is not looked up by the second again.
std::optional<wire::Reply> refuse_claimed_sender(const Authorship& by);
std::optional<wire::Reply> refuse_claimed_authors(const Authorship& by,
                                                  const std::vector<wire::CapturedField>& fields);

} // namespace metka::smtp
