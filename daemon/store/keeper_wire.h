#pragma once
// The wire of metkad: makes inboxes, takes them away, moves them, counts them, and sends notices.

#include <memory>
#include <string_view>

#include <asio/thread_pool.hpp>

#include "core/directory/directory.h"
#include "core/maildir/maildir_store.h"
#include "daemon/store/answering.h"
#include "daemon/store/landings.h"
#include "daemon/store/notices.h"

namespace metka::store {

class KeeperWire : public std::enable_shared_from_this<KeeperWire> {
  public:
    struct House { // all of it lives longer
        maildir::MaildirStore& store;
        directory::Directory& directory;
        asio::thread_pool& workers;
        Notices& notices;
        Landings& landings;
    };

    explicit KeeperWire(House house) : house_(house) {}

    Answer answer(sys::Frame request);
    static std::string_view name() { return "metkad"; }

  private:
    Answer make(sys::Frame request);
    Answer make_all(sys::Frame request);
    Answer remove(sys::Frame request);
    Answer carry(sys::Frame request);
    Answer usage(sys::Frame request);
    Answer usages(sys::Frame request);
    Answer check(sys::Frame request);
    Answer send_notice(sys::Frame request);
    Answer ask_notice(sys::Frame request);
    Answer list_notices(sys::Frame request);

    // By place, since its row may be on its way still, or gone.
    maildir::InboxFacts facts_at(const maildir::InboxPlace& place);
    // Until nobody puts anything into a closed mailbox any more.
    asio::awaitable<Result<void>> wait_for_landings(InboxId inbox);
    template <class Work>
    Answer answered_aside(Work work); // with what the work returns, a message

    House house_;
};

} // namespace metka::store
