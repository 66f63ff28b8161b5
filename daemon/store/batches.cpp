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

// Of the text that a parcel brings along; one that lies in a file holds none.
std::size_t octets_held(const Parcel& parcel)
{
    const auto* const whole = std::get_if<maildir::WholeMessage>(&parcel.message);
    return whole ? whole->text.size() : 0;
}

bool is_large(const Parcel& parcel)
{
    const auto* const written = std::get_if<maildir::Written>(&parcel.message);
    return written && written->size > Batches::large;
}

} // namespace

Batches::Batches(asio::any_io_executor loop, asio::thread_pool& workers, asio::thread_pool& large_ones,
                 maildir::MaildirStore& store)
    : loop_(std::move(loop)), store_(store), small_{.workers = workers}, large_{.workers = large_ones}
{
}

asio::awaitable<Result<void>> Batches::deliver(Parcel parcel, std::function<bool()> is_wanted)
{
    const auto octets = octets_held(parcel);
    if (held_ + octets > most_held.count) co_return fail(Fault::unavailable, "too much waits for the disk");
    held_ += octets;
    auto& lane = is_large(parcel) ? large_ : small_;
    const auto waiting =
        std::make_shared<Waiting>(std::move(parcel), std::move(is_wanted),
                                  asio::steady_timer(loop_, asio::steady_timer::time_point::max()));
    lane.gathered.push_back(waiting);
    begin_next();
    asio::error_code ignored;
    co_await waiting->bell.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    held_ -= octets;
    co_return std::move(waiting->parcel.outcome);
}

bool Batches::may_begin_small() const
{
    if (small_.under_way == 0) return !small_.gathered.empty();
    return small_.under_way < most_at_once && small_.gathered.size() >= worth_a_second;
}

// Whose sender has been told to try again is left out: it would lie there twice.
Batches::WaitingPtr Batches::take_wanted(Lane& lane)
{
    while (!lane.gathered.empty()) {
        auto next = std::move(lane.gathered.front());
        lane.gathered.pop_front();
        if (next->is_wanted()) return next;
        next->parcel.outcome = fail(Fault::unavailable, "it was given up before its turn came");
        asio::post(loop_, [given_up = std::move(next)] { given_up->bell.cancel(); });
    }
    return nullptr;
}

Batches::Batch Batches::take_batch()
{
    Batch batch;
    std::size_t inboxes = 0;
    while (batch.size() < most_in_one && inboxes < most_inboxes_in_one) {
        auto next = take_wanted(small_);
        if (!next) break;
        inboxes += next->parcel.inboxes.size();
        batch.push_back(std::move(next));
    }
    return batch;
}

void Batches::begin_next()
{
    if (may_begin_small()) begin(take_batch(), small_);
    while (large_.under_way < most_large_at_once && !large_.gathered.empty())
        if (auto next = take_wanted(large_)) begin({std::move(next)}, large_);
}

void Batches::begin(Batch batch, Lane& lane)
{
    if (batch.empty()) return;
    ++lane.under_way;
    asio::post(lane.workers, [this, &lane, batch = std::move(batch)]() mutable {
        std::vector<Parcel*> parcels;
        parcels.reserve(batch.size());
        for (const auto& waiting : batch)
            parcels.push_back(&waiting->parcel);
        deliver_all(store_, parcels);
        asio::post(loop_, [this, &lane, done = std::move(batch)] { finish(done, lane); });
    });
}

void Batches::finish(const Batch& batch, Lane& lane)
{
    --lane.under_way;
    for (const auto& waiting : batch)
        waiting->bell.cancel();
    begin_next();
}

} // namespace metka::store
