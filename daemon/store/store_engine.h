#pragma once
// metka-store behind its wires: who may ask what, and the workers that wait for the disk. Runs in one event
// loop; only the work on files leaves it.

#include <functional>
#include <memory>

#include <asio/any_io_executor.hpp>
#include <asio/thread_pool.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/maildir/maildir_store.h"
#include "core/net/wire.h"
#include "daemon/store/delivery_wire.h"
#include "daemon/store/fullness_watch.h"

namespace metka::store {

struct Grants; // the inbox wires that are being served

class StoreEngine {
  public:
    static constexpr std::size_t most_workers = 16; // their fsyncs merge in the journal

    struct Kept { // all of it lives longer, and the directory is asked in the loop's thread alone
        maildir::MaildirStore& store;
        directory::Directory& directory;
        Notices& notices;
        const Clock& clock;
    };
    StoreEngine(asio::any_io_executor loop, const Kept& kept, std::size_t workers = most_workers);
    ~StoreEngine(); // waits for the work under way
    StoreEngine(const StoreEngine&) = delete;
    StoreEngine& operator=(const StoreEngine&) = delete;

    void serve_smtp(const std::shared_ptr<net::Wire>& wire); // 0x02xx
    void serve_auth(
        const std::shared_ptr<net::Wire>& wire); // 0x05xx; each grant begins to serve one inbox (0x03xx)
    net::Wire::Handler metkad_handler();         // 0x04xx, on a wire that also carries other requests
    void empty_trash();                          // in the background: what an earlier run left
    void drain(std::function<void()> done);      // `done` when every inbox that was granted has been let go

  private:
    maildir::MaildirStore& store_;
    directory::Directory& directory_;
    Notices& notices_;
    const Clock& clock_;
    asio::any_io_executor loop_;
    Transactions transactions_;
    std::shared_ptr<Grants> grants_;
    Landings landings_;
    asio::thread_pool workers_;
    asio::thread_pool large_ones_; // so that no small message waits for a worker that writes a large one out
    Batches batches_;
    FullnessWatch watch_;
};

} // namespace metka::store
