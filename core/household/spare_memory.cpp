#include "core/household/spare_memory.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/net/pause.h"

namespace metka::household {

namespace {

constexpr auto look_every = std::chrono::seconds(15);

} // namespace

bool SpareMemory::is_worth_it(std::size_t free, std::size_t touched)
{
    const auto since = touched - std::exchange(touched_, touched);
    given_back_ -= std::min(given_back_, since); // a crowd may have come and gone between two looks
    given_back_ = std::min(given_back_, free);   // the rest is in use again
    if (free - given_back_ < worth_it) return false;
    given_back_ = free;
    return true;
}

namespace {

// Each page that is touched for the first time, or after it was given back, is one fault.
std::size_t touched_by_now()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<std::size_t>(used.ru_minflt) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

asio::awaitable<void> give_back_spare_memory()
{
    SpareMemory spare;
    for (;;) {
        co_await net::pause(look_every);
        if (spare.is_worth_it(mallinfo2().fordblks, touched_by_now())) malloc_trim(0);
    }
}

} // namespace metka::household
