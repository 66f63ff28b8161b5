#pragma once
// Looks after what changed in an inbox, once whoever changed it has their answer: whether its user must be
// told that it is nearly full. Asked in the event loop.

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/thread_pool.hpp>

#include "daemon/store/landings.h"
#include "daemon/store/notices.h"

namespace metka::store {

class FullnessWatch {
  public:
    struct House { // all of it lives longer
        asio::any_io_executor loop;
        asio::thread_pool& workers;
        directory::Directory& directory;
        maildir::MaildirStore& store;
        Notices& notices;
        Landings& landings;
    };
    explicit FullnessWatch(House house) : house_(std::move(house)) {}

    void look_after(const std::vector<maildir::InboxFacts>& filled); // something was put in
    void look_after(const InboxId& emptied);                         // something was removed

  private:
    asio::awaitable<void> look(std::vector<maildir::InboxFacts> changed);
    asio::awaitable<void> tell(InboxId inbox);

    House house_;
};

} // namespace metka::store
