#include "daemon/auth/hash_pool.h"

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
    : hasher_(std::move(hasher)), limits_(limits), threads_(limits.at_once)
{
}

HashPool::~HashPool()
{
    threads_.join();
}

template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> HashPool::when_there_is_room(Work work)
{
    if (under_way_ >= limits_.at_once + limits_.waiting)
        co_return fail(Fault::unavailable, "{} log-ins are being checked already", under_way_);
    const Place place(under_way_);
    auto done = co_await net::run_aside(threads_, std::move(work));
    co_return done;
}

asio::awaitable<Result<std::string>> HashPool::hash(const Secret& password)
{
    return when_there_is_room([&hasher = *hasher_, &password] { return hasher.hash(password); });
}

asio::awaitable<Result<bool>> HashPool::verify(const Secret& password, const std::string& stored)
{
    return when_there_is_room(
        [&hasher = *hasher_, &password, &stored] { return hasher.verify(password, stored); });
}

} // namespace metka::auth
