#pragma once
// A directory full of mailboxes, written past metkad: what bench-directory and bench-seed share.

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/directory/sqlite_directory.h"

namespace metka::bench {

template <class T>
T must(Result<T> result)
{
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().text.c_str());
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// seeded_address (names.h), as an address.
Address address_of(std::size_t number);

// Adds the mailboxes one by one, numbers counted from 0, and their customer and domains with them. Makes each
// batch durable when it is full; finish() the last one.
class Mailboxes {
  public:
    Mailboxes(directory::Registry& registry, Instant now);
    void add(std::size_t number);
    void finish();

  private:
    void change(const std::function<Result<void>(directory::Changes&)>& work);
    directory::Registry& registry_;
    Instant now_;
    CustomerId customer_;
    std::unique_ptr<directory::Registry::Batch> batch_;
};

} // namespace metka::bench
