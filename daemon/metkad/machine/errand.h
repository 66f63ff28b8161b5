#pragma once
// Sending somebody on an errand into a user's files, where metkad itself never goes (metka-errand(8)).

#include <asio/awaitable.hpp>
#include <chrono>

#include "core/household/errand.h"
#include "core/net/wire.h"
#include "daemon/metkad/engine/launch.h"

namespace metka::metkad {

// What metka-errand answered before `patience` was over; then, or when the awaiting coroutine goes, it is
// killed. The wire in `launch` is made here. Faults: unavailable, and those of the errand.
asio::awaitable<Result<net::Frame>> send_on_errand(Launch launch, std::chrono::seconds patience);

template <class Reply>
asio::awaitable<Result<Reply>> errand_for(Launch launch, std::chrono::seconds patience)
{
    const auto answer = co_await send_on_errand(std::move(launch), patience);
    if (!answer) co_return pass(answer);
    const auto reply = sys::decode<Reply>(*answer);
    if (!reply) co_return fail(Fault::internal, "metka-errand answered what nobody had asked");
    co_return *reply;
}

} // namespace metka::metkad
