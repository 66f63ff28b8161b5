#pragma once
// The wire of one log-in: it reaches one inbox, and there is nothing in its requests that could name another.

#include <functional>
#include <memory>
#include <string>

#include <asio/thread_pool.hpp>

#include "core/maildir/maildir_inbox.h"
#include "daemon/store/answering.h"

namespace metka::store {

class InboxWire : public std::enable_shared_from_this<InboxWire> {
  public:
    // `emptied` is called after each removal.
    InboxWire(std::shared_ptr<maildir::MaildirInbox> inbox, asio::thread_pool& workers, std::string name,
              std::function<void()> emptied)
        : inbox_(std::move(inbox)), workers_(workers), name_(std::move(name)), emptied_(std::move(emptied))
    {
    }

    Answer answer(sys::Frame request);
    const std::string& name() const { return name_; }

  private:
    Answer lock(sys::Frame request);
    Answer unlock(sys::Frame request);
    Answer list(sys::Frame request);
    Answer read(sys::Frame request);
    Answer remove(sys::Frame request);

    std::shared_ptr<maildir::MaildirInbox> inbox_; // work under way holds it too: the lock goes with the last
    asio::thread_pool& workers_;
    std::string name_;
    std::function<void()> emptied_;
};

} // namespace metka::store
