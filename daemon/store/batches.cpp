#include "daemon/store/batches.h"

#include <algorithm>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "core/sys/log.h"

namespace metka::store {

using maildir::Parcel;

struct Batches::Waiting {
    Parcel parcel;
    std::function<bool()> is_wanted;
    asio::steady_timer bell; // cancelled when the parcel has its outcome
};

namespace {

// An exception out of it would end the program, and every message on its way with it.
void deliver_all(maildir::MaildirStore& store, const std::vector<Parcel*>& parcels)
{
    try {
        store.deliver(parcels);
    } catch (const std::exception& error) {
        sys::log(sys::Level::error, "store.batch_failed", {{"why", error.what()}});
        for (auto* const parcel : parcels) {
            parcel->outcome = fail(Fault::internal, "a mistake in the mail store");
            store.abandon(parcel->transaction);
        }
    }
}

} // namespace

Batches::Batches(asio::any_io_executor loop, asio::thread_pool& workers, maildir::MaildirStore& store)
    : loop_(std::move(loop)), workers_(workers), store_(store)
{
}

asio::awaitable<Result<void>> Batches::deliver(Parcel parcel, std::function<bool()> is_wanted)
{
    const auto waiting =
        std::make_shared<Waiting>(std::move(parcel), std::move(is_wanted),
                                  asio::steady_timer(loop_, asio::steady_timer::time_point::max()));
    gathered_.push_back(waiting);
    begin_next();
    asio::error_code ignored;
    co_await waiting->bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return std::move(waiting->parcel.outcome);
}

bool Batches::may_begin() const
{
    if (under_way_ == 0) return !gathered_.empty();
    return under_way_ < most_at_once && gathered_.size() >= worth_a_second;
}

// Whose sender has been told to try again is left out: it would lie there twice.
Batches::Batch Batches::take_batch()
{
    Batch batch;
    std::size_t inboxes = 0;
    while (!gathered_.empty() && batch.size() < most_in_one && inboxes < most_inboxes_in_one) {
        auto next = std::move(gathered_.front());
        gathered_.pop_front();
        if (next->is_wanted()) {
            inboxes += next->parcel.inboxes.size();
            batch.push_back(std::move(next));
            continue;
        }
        next->parcel.outcome = fail(Fault::unavailable, "it was given up before its turn came");
        asio::post(loop_, [given_up = std::move(next)] { given_up->bell.cancel(); });
    }
    return batch;
}

void Batches::begin_next()
{
    if (!may_begin()) return;
    auto batch = take_batch();
    if (batch.empty()) return;
    ++under_way_;
    asio::post(workers_, [this, batch = std::move(batch)]() mutable {
        std::vector<Parcel*> parcels;
        parcels.reserve(batch.size());
        for (const auto& waiting : batch)
            parcels.push_back(&waiting->parcel);
        deliver_all(store_, parcels);
        asio::post(loop_, [this, done = std::move(batch)] { finish(done); });
    });
}

void Batches::finish(const Batch& batch)
{
    --under_way_;
    for (const auto& waiting : batch)
        waiting->bell.cancel();
    begin_next();
}

} // namespace metka::store
