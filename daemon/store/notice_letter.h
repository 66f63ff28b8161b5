#pragma once
// What a notice says, as a whole mail message in the account's language (RFC 5322, LF line ends as on disk).

#include <optional>
#include <string>

#include "core/domain/address.h"
#include "core/domain/date.h"
#include "core/maildir/mail_store.h"
#include "core/maildir/protocol.h"

namespace metka::store {

// Who writes, as the settings have it.
struct Operator {
    std::string host;                 // operator.host
    std::optional<DomainName> domain; // operator.domain: where shell accounts have their address
    std::optional<Address> inbox;     // operator.inbox; none: postmaster in that domain

    std::string address() const; // where an answer reaches a person
};

struct Letter {
    maildir::MessageId id;
    Instant written;
    directory::InboxRecord account; // whom it is to
    maildir::Notice notice = maildir::Notice::near_expiry;
    std::optional<Date> about = {}; // the last day; nearly_full: none
    std::uint64_t days = 0;         // that are left; a sending limit: how many messages it is
    std::string of = {};            // to the operator: whose certificate it is, which account
    std::uint64_t hours = 0;        // of a sending limit
    bool is_over = false;           // certificate: it has ended
    Bytes used = {};                // nearly_full: of `most`
    Bytes most = {};
};

std::string write(const Letter& letter, const Operator& from);

// A header's text (RFC 2047 §5): as it is if it is ASCII, else in encoded words, folded.
std::string header_text(const std::string& text);

} // namespace metka::store
