#pragma once
// How the store answers a request: a table of kinds for each sort of wire.

#include <array>
#include <memory>
#include <utility>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/sys/frame.h"
#include "core/sys/log.h"

namespace metka::store {

using Answer = asio::awaitable<Result<sys::Frame>>;

// One kind of request that `Peer` answers.
template <class Peer>
struct Request {
    std::uint16_t kind;
    Answer (Peer::*answer)(sys::Frame request);
};

// What a request says; of its bytes nothing is left, since the answer may wait long for the disk.
template <class Message>
Result<Message> taken_from(sys::Frame& request)
{
    const auto spent = std::move(request);
    return sys::decode<Message>(spent);
}

// The table is the whole of what may be asked on a wire; everything else there is refused, whoever asks.
template <class Peer, std::size_t n>
Answer answer_from(const std::array<Request<Peer>, n>& table, std::shared_ptr<Peer> peer, sys::Frame request)
{
    for (const auto& row : table) {
        if (row.kind != request.kind) continue;
        auto answer = co_await ((*peer).*row.answer)(std::move(request));
        co_return answer;
    }
    sys::log(sys::Level::error, "store.wrong_request", {{"peer", peer->name()}, {"kind", request.kind}});
    co_return fail(Fault::denied, "{} may not ask the mail store for {:#06x}", peer->name(), request.kind);
}

} // namespace metka::store
