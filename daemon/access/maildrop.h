#pragma once
// The messages of a session as they were when it logged in, numbered from 1 (RFC 1939 §4), and which of them
// it has marked as deleted. Numbers stay as they are; what is marked is counted and shown no more until
// reset().
//
// How large each message is, is learnt when a command wants to know; a client that only asks whether there is
// mail costs a few bytes.

#include <cstdint>
#include <optional>
#include <vector>

#include "core/maildir/mail_store.h"

namespace metka::access {

class Maildrop {
  public:
    explicit Maildrop(const maildir::Opened& opened) : opened_(opened) {}

    std::uint64_t size() const { return opened_.messages; } // the last number
    bool has(std::uint64_t number) const;                   // and it is not marked
    static maildir::MessageIndex index(std::uint64_t number)
    {
        return static_cast<maildir::MessageIndex>(number - 1);
    }

    bool knows_octets() const { return octets_.has_value(); }
    void learn(std::vector<std::uint64_t> octets) { octets_ = std::move(octets); }      // of each message
    std::uint64_t octets(std::uint64_t number) const { return (*octets_)[number - 1]; } // when they are known

    void mark(std::uint64_t number); // one that it has, when octets are known
    void reset();

    std::uint64_t count() const { return opened_.messages - marked_count_; }
    std::uint64_t octets() const { return opened_.octets - marked_octets_; }
    std::vector<maildir::MessageIndex> marked() const;

  private:
    maildir::Opened opened_;
    std::optional<std::vector<std::uint64_t>> octets_;
    std::vector<bool> marks_; // empty: none
    std::uint64_t marked_count_ = 0;
    std::uint64_t marked_octets_ = 0;
};

} // namespace metka::access
