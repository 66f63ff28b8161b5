#include "daemon/metkad/engine/bell.h"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace metka::metkad {

void Bell::ring()
{
    for (auto* const each : *waiting_)
        each->cancel();
}

asio::awaitable<void> Bell::wait(Steady::time_point until)
{
    struct Place {
        std::shared_ptr<std::list<asio::steady_timer*>> waiting;
        std::list<asio::steady_timer*>::iterator at;
        ~Place() { waiting->erase(at); }
    };
    asio::steady_timer timer(executor_, until);
    const Place place{.waiting = waiting_, .at = waiting_->insert(waiting_->end(), &timer)};
    asio::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Turn::Held::~Held()
{
    if (!queue_) return;
    ++queue_->served;
    queue_->bell.ring();
}

asio::awaitable<Turn::Held> Turn::take()
{
    const auto queue = queue_;
    const auto number = queue->next++;
    while (queue->served != number)
        co_await queue->bell.wait();
    co_return Held(queue);
}

} // namespace metka::metkad
