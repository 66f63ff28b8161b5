#include <algorithm>

#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

using asio::awaitable;
using net::Heard;
using wire::BdatCommand;

// BDAT (RFC 3030 §2). Whatever becomes of a chunk, its octets are read: they must never be taken for
// commands. A chunk that is refused, for whatever reason, ends the transaction: what follows of the message
// finds none and is refused, too, so that no message is ever delivered with a hole in it.
Session::Step Session::bdat(Arguments arguments)
{
    const auto command = wire::parse_bdat(arguments);
    if (!command) co_return stop(replies::bad_chunk); // nobody knows how much follows
    const auto* const refusal = chunk_out_of_place();
    if (refusal) {
        reset_transaction();
        const auto heard = co_await receive_chunk(command->size);
        if (heard != Heard::line) co_return farewell(heard);
        say(*refusal);
        co_return Flow::goes_on;
    }
    const auto limited = co_await begin_chunks();
    const auto heard = co_await receive_chunk(command->size);
    if (heard != Heard::line) co_return farewell(heard);
    if (limited) {
        say(limited->reply, limited->detail);
        reset_transaction();
        co_return Flow::goes_on;
    }
    if (command->chunk == BdatCommand::Chunk::last) {
        auto& message = chunks_->message;
        message.end_chunks();
        if (message.wants_file()) co_await open_file_for(message);
        co_await deliver(message);
        reset_transaction();
        co_return Flow::goes_on;
    }
    const auto fault = chunks_->message.fault();
    say(fault.value_or(replies::chunk_taken));
    if (fault) reset_transaction();
    co_return Flow::goes_on;
}

// Before the first chunk of a message; the reply, where no more may be sent.
awaitable<std::optional<Session::SendingRefused>> Session::begin_chunks()
{
    if (chunks_) co_return std::nullopt;
    auto limited = co_await sending_refused();
    if (!limited)
        chunks_.emplace(begin_message(Intake::Form::chunks),
                        Arrival(house_.limits, std::chrono::steady_clock::now()));
    co_return limited;
}

const wire::Reply* Session::chunk_out_of_place() const
{
    if (greeting_.form != Greeting::Form::ehlo) return &replies::greet_first;
    if (!transaction_) return &replies::mail_first;
    if (transaction_->recipients() == 0) return &replies::rcpt_first;
    return nullptr;
}

// Into chunks_, if there are any. All chunks of a message have the time of one message.
awaitable<Heard> Session::receive_chunk(std::uint64_t size)
{
    channel_.stand(net::Standing::stays);
    Arrival of_refused(house_.limits, std::chrono::steady_clock::now());
    auto& arrival = chunks_ ? chunks_->arrival : of_refused;
    for (;;) {
        const auto bytes = channel_.buffered();
        const auto taken = bytes.substr(0, std::min<std::uint64_t>(size, bytes.size()));
        if (chunks_) chunks_->message.feed(taken);
        channel_.consume(taken.size());
        size -= taken.size();
        arrival.note(taken.size());
        if (chunks_ && chunks_->message.wants_file()) co_await open_file_for(chunks_->message);
        if (size == 0) co_return Heard::line;
        const auto patience = within_session(arrival.patience(std::chrono::steady_clock::now()));
        const auto heard = co_await channel_.fill(patience);
        if (heard != Heard::line) co_return heard;
    }
}

} // namespace metka::smtp
