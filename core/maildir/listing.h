#pragma once
// What lies in an inbox, as it was when somebody looked: which messages, oldest first, and how large they
// are. Never changed once it is made, so any number of sessions may share one. A message takes 24 bytes and
// its file's name, in a shell inbox 8 more.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/maildir/message_file.h"

namespace metka::maildir {

constexpr std::size_t most_listed =
    100'000; // the oldest; the rest is listed once these are gone (SECURITY 27)

class Listing {
  public:
    using Index = std::uint32_t;

    Index size() const { return static_cast<Index>(rows_.size()); }
    std::uint64_t octets() const { return octets_; }   // of all, as RETR sends them
    std::uint64_t skipped() const { return skipped_; } // files that are no messages, or cannot be read
    std::size_t bytes() const;                         // of memory

    std::uint64_t octets(Index index) const { return rows_[index].octets; }
    std::uint64_t stored(Index index) const { return rows_[index].stored; } // bytes of the file
    Subfolder folder(Index index) const { return rows_[index].folder; }
    std::string_view file(Index index) const; // its name then, flags included
    std::string_view key(Index index) const;  // the same while flags change and the file moves to cur/
    std::string uid(Index index) const;       // what UIDL shows: the same for ever (message_name.h)
    bool has_twin(Index index) const
    {
        return rows_[index].has_twin;
    } // it had two names, in new/ and in cur/
    std::optional<Index> find(std::string_view key) const;
    // Of the file (its inode) in a shell inbox, where a user may put another in its place; none: of an inbox
    // that is the store's alone.
    std::optional<std::uint64_t> number(Index index) const;

  private:
    friend class ListReader;
    struct Row {
        std::uint64_t octets = 0;
        std::uint64_t stored = 0;
        std::uint32_t at = 0;    // of its file's name in names_
        std::uint8_t length = 0; // of that: NAME_MAX is 255
        std::uint8_t key = 0;    // how much of it comes before the flags
        Subfolder folder = Subfolder::fresh;
        bool is_hashed : 1 = false; // the uid: its base is unfit, or another message's too
        bool has_twin : 1 = false;
    };
    static_assert(sizeof(Row) == 24);

    std::vector<Row> rows_; // by age, base and key
    std::string names_;
    std::vector<std::uint64_t> numbers_; // of a shell inbox; otherwise empty
    std::uint64_t octets_ = 0;
    std::uint64_t skipped_ = 0;
};

} // namespace metka::maildir
