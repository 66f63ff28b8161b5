#include "daemon/metkad/engine/overheard.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "core/net/spawn.h"

namespace metka::metkad {

Overheard::Overheard(const asio::any_io_executor& executor, sys::Descriptor ear, Passing passing)
    : ear_(executor, ear.release()), passing_(passing), bell_(executor)
{
}

Result<Overheard::Opened> Overheard::open(const asio::any_io_executor& executor, Passing passing)
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
    sys::Descriptor ear(ends[0]);
    sys::Descriptor mouth(ends[1]);
    auto overheard = std::make_shared<Overheard>(executor, std::move(ear), passing);
    net::spawn(executor, listen(overheard), "what a program says");
    return Opened{.overheard = std::move(overheard), .mouth = std::move(mouth)};
}

asio::awaitable<void> Overheard::listen(std::shared_ptr<Overheard> self)
{
    std::array<char, 4096> block{};
    for (;;) {
        asio::error_code error;
        const auto got = co_await self->ear_.async_read_some(
            asio::buffer(block), asio::redirect_error(asio::use_awaitable, error));
        if (error) break;
        if (self->passing_ == Passing::on && write(STDERR_FILENO, block.data(), got) < 0)
            self->passing_ = Passing::kept; // ours is closed: nobody is there to hear it
        self->said_.append(block.data(), std::min(got, most - self->said_.size()));
    }
    self->is_whole_ = true;
    self->bell_.ring();
}

asio::awaitable<void> Overheard::whole(Steady::time_point until)
{
    while (!is_whole_ && Steady::now() < until)
        co_await bell_.wait(until);
}

} // namespace metka::metkad
