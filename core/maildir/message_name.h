#pragma once
// The name of a message in new/ or cur/: `<unix seconds>.<32 hex of its id>,S=<bytes>,W=<bytes with CRLF>`,
// and after that, once a program has looked at it, `:2,<flags>` (https://cr.yp.to/proto/maildir.html; S and W
// as in Maildir++).
//
// Other programs make names of other forms in a shell inbox, and its user may rename at will: every field is
// a claim.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/maildir/mail_store.h"

namespace metka::maildir {

// Points into the file name it was parsed from.
struct MessageName {
    std::string_view key;      // up to the flags: the same while programs set flags and move new → cur
    std::string_view base;     // up to the first ',' of the key
    std::uint64_t seconds = 0; // when it arrived, by its name; 0: the name does not say
    std::optional<std::uint64_t> size;   // S=
    std::optional<std::uint64_t> octets; // W=
};

MessageName parse_message_name(std::string_view file); // any bytes; below 2^63 or not there at all
std::string make_message_name(Instant arrived, const MessageId& id, const Written& written);
// Of the form of make_message_name(), to the byte.
bool has_our_form(const MessageName& name);

// What UIDL shows for it: the base where that is fit (1–70 of 0x21–0x7E) and no other message's, otherwise
// hashed_uid of the key. No fit base has the form of a hashed one, so that nobody can make a file that claims
// another's.
bool has_fit_base(const MessageName& name);
std::string hashed_uid(std::string_view key); // 40 hex digits of SHA-256

} // namespace metka::maildir
