#pragma once
// Deliveries gathered into batches, each of which waits for the disk together: whatever becomes ready while
// one is under way goes with the next; where much becomes ready, the next does not wait for it. A large
// message goes by itself, so that no other waits while it is copied. Lives in one event loop; only the work
// on files leaves it.

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
    static constexpr Bytes large = 1_MiB;                    // a message beyond that goes by itself
    static constexpr std::size_t most_large_at_once = 4;
    static constexpr Bytes most_held =
        128_MiB; // of messages in memory; beyond that the disk does not keep up

    // `large_ones` does the work on large messages, most_large_at_once at a time. All of them outlive the
    // batches that are under way.
    Batches(asio::any_io_executor loop, asio::thread_pool& workers, asio::thread_pool& large_ones,
            maildir::MaildirStore& store);

    // As MaildirStore::deliver() answers for it; unavailable, where nobody wants it any more when its turn
    // comes, or too much waits.
    asio::awaitable<Result<void>> deliver(maildir::Parcel parcel, std::function<bool()> is_wanted);

  private:
    struct Waiting;
    using WaitingPtr = std::shared_ptr<Waiting>;
    using Batch = std::vector<WaitingPtr>;
    struct Lane { // what waits for the same turn
        asio::thread_pool& workers;
        std::deque<WaitingPtr> gathered = {};
        std::size_t under_way = 0; // batches
    };

    bool may_begin_small() const;
    WaitingPtr take_wanted(Lane& lane); // null: there is none
    Batch take_batch();
    void begin_next();
    void begin(Batch batch, Lane& lane);
    void finish(const Batch& batch, Lane& lane);

    asio::any_io_executor loop_;
    maildir::MaildirStore& store_;
    Lane small_;
    Lane large_;
    std::size_t held_ = 0; // octets
};

} // namespace metka::store
