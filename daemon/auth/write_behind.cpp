#include "daemon/auth/write_behind.h"

#include <memory>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "core/net/aside.h"

namespace metka::auth {

namespace {

using namespace std::chrono_literals;
using Steady = asio::steady_timer::clock_type;

constexpr auto save_after = 1s; // the first note
constexpr auto save_every = 60s;
constexpr auto longest_overlap = 40s; // of the one before, which drains for 30 s at most

} // namespace

WriteBehind::WriteBehind(const asio::any_io_executor& loop, WrittenBook& book) : book_(book), pause_(loop) {}

asio::awaitable<void> WriteBehind::run()
{
    constexpr auto never = Steady::time_point::max();
    const auto end_of_overlap = Steady::now() + longest_overlap;
    auto saved = Steady::now() - save_every;
    auto due = never; // to save what is unsaved
    while (!stopping_) {
        const auto now = Steady::now();
        is_idle_ = !book_.has_unsaved();
        if (is_idle_)
            due = never;
        else if (due == never)
            due = std::max(now + save_after, saved + save_every);
        if (is_catching_up_ && now >= end_of_overlap) {
            co_await catch_up();
        } else if (now >= due) {
            saved = now;
            due = never;
            co_await save();
        } else {
            const auto look_again = std::min(due, now + save_every); // what was forgotten rings no bell
            pause_.expires_at(is_catching_up_ ? std::min(look_again, end_of_overlap) : look_again);
            asio::error_code ignored;
            co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
    }
}

asio::awaitable<void> WriteBehind::catch_up()
{
    co_await save();
    auto work = [this] { return book_.read_again(); };
    const auto take_over = co_await net::run_aside(writer_, std::move(work));
    if (stopping_) co_return; // what was written since is not in it
    take_over();
    is_catching_up_ = false;
}

void WriteBehind::noted()
{
    if (stopping_)
        save_now();
    else if (is_idle_)
        pause_.cancel();
}

asio::awaitable<void> WriteBehind::save()
{
    if (!book_.has_unsaved()) co_return;
    auto page = book_.take_unsaved();
    const auto writing = std::make_shared<std::packaged_task<Result<void>()>>(std::move(page.write));
    under_way_ = Writing{.give_back = std::move(page.give_back), .outcome = writing->get_future()};
    auto work = [writing] {
        (*writing)();
        return true;
    };
    co_await net::run_aside(writer_, std::move(work));
    finish_writing();
}

void WriteBehind::finish_writing()
{
    if (!under_way_) return;
    auto writing = std::move(*under_way_);
    under_way_.reset();
    const auto written = writing.outcome.get();
    if (!written) writing.give_back(written.error());
}

void WriteBehind::stop()
{
    stopping_ = true;
    pause_.cancel();
    save_now();
}

void WriteBehind::save_now()
{
    finish_writing(); // else the program would end before it
    if (!book_.has_unsaved()) return;
    const auto page = book_.take_unsaved();
    const auto written = page.write();
    if (!written) page.give_back(written.error());
}

} // namespace metka::auth
