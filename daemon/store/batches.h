#pragma once
// Deliveries gathered into batches, each of which waits for the disk together: whatever becomes ready while
// one is under way goes with the next; where much becomes ready, the next does not wait for it. Lives in one
// event loop; only the work on files leaves it.

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/thread_pool.hpp>

#include "core/maildir/maildir_store.h"

namespace metka::store {

class Batches {
  public:
    static constexpr std::size_t most_at_once = 4;   // batches under way
    static constexpr std::size_t worth_a_second = 8; // parcels, while another batch is under way
    static constexpr std::size_t most_in_one = 128;
    static constexpr std::size_t most_inboxes_in_one = 1024; // each holds descriptors until the batch ends

    // All of them outlive the batches that are under way.
    Batches(asio::any_io_executor loop, asio::thread_pool& workers, maildir::MaildirStore& store);

    // As MaildirStore::deliver() answers for it; unavailable, where nobody wants it any more when its turn
    // comes.
    asio::awaitable<Result<void>> deliver(maildir::Parcel parcel, std::function<bool()> is_wanted);

  private:
    struct Waiting;
    using Batch = std::vector<std::shared_ptr<Waiting>>;

    bool may_begin() const;
    Batch take_batch();
    void begin_next();
    void finish(const Batch& batch);

    asio::any_io_executor loop_;
    asio::thread_pool& workers_;
    maildir::MaildirStore& store_;
    std::deque<std::shared_ptr<Waiting>> gathered_;
    std::size_t under_way_ = 0;
};

} // namespace metka::store
