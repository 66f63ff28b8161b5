#pragma once
// The wire of one log-in: it reaches one inbox, and there is nothing in its requests that could name another.
// What a session may have and do is judged at each request.

#include <functional>
#include <memory>
#include <string>

#include <asio/thread_pool.hpp>

#include "core/maildir/maildir_inbox.h"
#include "daemon/store/answering.h"
#include "daemon/store/session_rights.h"

namespace metka::store {

class InboxWire : public std::enable_shared_from_this<InboxWire> {
  public:
    // `emptied` is called after each removal.
    InboxWire(std::shared_ptr<maildir::MaildirInbox> inbox, asio::thread_pool& workers, SessionRights rights,
              std::function<void()> emptied)
        : inbox_(std::move(inbox)),
          workers_(workers),
          rights_(rights),
          name_("inbox " + rights_.inbox().hex()),
          emptied_(std::move(emptied))
    {
    }

    Answer answer(sys::Frame request);
    const std::string& name() const { return name_; }

  private:
    Answer open(sys::Frame request);
    Answer unlock(sys::Frame request);
    Answer octets(sys::Frame request);
    Answer uids(sys::Frame request);
    Answer read(sys::Frame request);
    Answer remove(sys::Frame request);

    asio::awaitable<void> let_go();
    // At once, where no worker is busy with this inbox: the loop never waits for one.
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work&>> now_or_aside(Work work);
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work&>> aside(Work work);

    std::shared_ptr<maildir::MaildirInbox> inbox_; // work under way holds it too: the lock goes with the last
    asio::thread_pool& workers_;
    SessionRights rights_;
    std::string name_;
    std::function<void()> emptied_;
    std::size_t working_ = 0; // requests that are with a worker
};

} // namespace metka::store
