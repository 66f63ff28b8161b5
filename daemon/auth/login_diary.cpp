#include "daemon/auth/login_diary.h"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "core/net/aside.h"
#include "core/sys/log.h"

namespace metka::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto save_every = 60s;
constexpr auto longest_overlap = 40s; // of the one before, which drains for 30 s at most

void log_unsaved(const Error& error)
{
    sys::log(sys::Level::warning, "logins.unsaved", {{"why", error.text}});
}

} // namespace

LoginDiary::LoginDiary(asio::any_io_executor loop, LoginBook& book, std::unique_ptr<LoginMemory> memory)
    : book_(book), memory_(std::move(memory)), pause_(loop), end_of_catching_up_(loop)
{
    read();
}

void LoginDiary::read()
{
    if (!memory_) return;
    const auto kept = memory_->newest(LoginBook::most_logins);
    if (kept)
        book_.add(*kept);
    else
        sys::log(sys::Level::error, "logins.forgotten", {{"why", kept.error().text}});
}

asio::awaitable<void> LoginDiary::run()
{
    while (!stopping_) {
        pause_.expires_after(save_every);
        asio::error_code ignored;
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (stopping_) co_return; // and stop() has saved
        co_await save();
    }
}

asio::awaitable<void> LoginDiary::catch_up()
{
    end_of_catching_up_.expires_after(longest_overlap);
    asio::error_code ignored;
    co_await end_of_catching_up_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (stopping_ || !memory_) co_return;
    co_await save();
    auto work = [memory = memory_.get()] { return memory->newest(LoginBook::most_logins); };
    const auto kept = co_await net::run_aside(writer_, std::move(work));
    if (kept) book_.add(*kept);
    is_catching_up_ = false;
}

void LoginDiary::reread(const InboxId& account)
{
    if (!is_catching_up_ || !memory_) return;
    const auto kept = memory_->of(account);
    if (kept) book_.add(*kept);
}

void LoginDiary::stop()
{
    stopping_ = true;
    pause_.cancel();
    end_of_catching_up_.cancel();
    save_now();
}

void LoginDiary::noted()
{
    if (stopping_) save_now();
}

asio::awaitable<void> LoginDiary::save()
{
    if (!book_.has_unsaved()) co_return;
    auto unsaved = book_.take_unsaved();
    if (!memory_) co_return;
    auto work = [memory = memory_.get(), &unsaved] { return memory->write(unsaved); };
    const auto saved = co_await net::run_aside(writer_, std::move(work));
    if (saved) co_return;
    book_.give_back(std::move(unsaved));
    log_unsaved(saved.error());
}

void LoginDiary::save_now()
{
    if (!memory_ || !book_.has_unsaved()) return;
    const auto saved = memory_->write(book_.take_unsaved());
    if (!saved) log_unsaved(saved.error());
}

} // namespace metka::auth
