#pragma once
// The messages of a session as they were when it logged in, numbered from 1 (RFC 1939 §4), and which of them
// it has marked as deleted. Numbers stay as they are; what is marked is counted and shown no more until
// reset().

#include <cstdint>
#include <string>
#include <vector>

#include "core/maildir/mail_store.h"

namespace metka::access {

class Maildrop {
  public:
    // Keeps the first `most` of them.
    Maildrop(std::vector<maildir::Listed> messages, std::size_t most);

    std::uint64_t size() const { return messages_.size(); }  // the last number
    const maildir::Listed* find(std::uint64_t number) const; // none: no such number, or marked

    void mark(std::uint64_t number); // one that find() finds
    void reset();

    std::uint64_t count() const { return count_; }   // of those not marked
    std::uint64_t octets() const { return octets_; } // of those not marked
    std::vector<std::string> marked_names() const;

  private:
    std::vector<maildir::Listed> messages_;
    std::vector<bool> marked_;
    std::uint64_t count_ = 0;
    std::uint64_t octets_ = 0;
};

} // namespace metka::access
