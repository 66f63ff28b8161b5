#include "daemon/auth/hash_pool.h"

#include <algorithm>

#include "core/net/aside.h"

namespace metka::auth {

namespace {

struct Place {
    std::size_t& taken;
    explicit Place(std::size_t& of) : taken(of) { ++taken; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { --taken; }
};

} // namespace

HashPool::HashPool(std::unique_ptr<Hasher> hasher, HashLimits limits)
    : hasher_(std::move(hasher)),
      limits_(limits),
      threads_(std::make_shared<asio::thread_pool>(limits.at_once))
{
}

HashPool::~HashPool()
{
    threads_->join();
    for (const auto& each : former_)
        if (const auto threads = each.lock()) threads->join();
}

void HashPool::limit(std::size_t at_once)
{
    if (at_once == limits_.at_once) return;
    limits_.at_once = at_once;
    std::erase_if(former_, [](const auto& each) { return each.expired(); });
    former_.push_back(threads_);
    threads_ = std::make_shared<asio::thread_pool>(at_once);
}

template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> HashPool::when_there_is_room(Asker asker, Work work)
{
    const auto kept = asker == Asker::stranger ? std::min(limits_.kept_from_strangers, limits_.waiting) : 0;
    if (under_way_ >= limits_.at_once + limits_.waiting - kept)
        co_return fail(Fault::unavailable, "{} log-ins are being checked already", under_way_);
    const Place place(under_way_);
    const auto threads = threads_;
    auto done = co_await net::run_aside(*threads, std::move(work));
    co_return done;
}

asio::awaitable<Result<std::string>> HashPool::hash(const Secret& password)
{
    return when_there_is_room(Asker::acquainted,
                              [&hasher = *hasher_, &password] { return hasher.hash(password); });
}

asio::awaitable<Result<bool>> HashPool::verify(const Secret& password, const std::string& stored, Asker asker)
{
    return when_there_is_room(
        asker, [&hasher = *hasher_, &password, &stored] { return hasher.verify(password, stored); });
}

} // namespace metka::auth
