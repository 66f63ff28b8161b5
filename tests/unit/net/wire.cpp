#include "core/net/wire.h"

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

#include <asio/redirect_error.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/net/spawn.h"
#include "tests/unit/net/ends.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;

TEST_CASE("a request is answered over the wire")
{
    Ends ends;
    const auto wire = ends.wire();
    const auto answer = ends.loop.run(ask(wire, "ab"));
    REQUIRE(answer);
    CHECK(answer->text == "abab");
}

namespace {

asio::awaitable<Answer> refuse_as_told(Frame request)
{
    const auto word = sys::decode<Word>(request);
    co_return fail_field("address", {.fault = *fault_named(word->text), .text = "no: " + word->text});
}

} // namespace

TEST_CASE("an error travels with its fault, its text and its field")
{
    Ends ends(refuse_as_told);
    const auto wire = ends.wire();
    for (const auto fault : {Fault::invalid, Fault::not_found, Fault::conflict, Fault::limit, Fault::denied,
                             Fault::unavailable, Fault::io, Fault::internal}) {
        const auto answer = ends.loop.run(ask(wire, std::string(name(fault))));
        REQUIRE_FALSE(answer);
        CHECK(answer.error().fault == fault);
        CHECK(answer.error().text == "no: " + std::string(name(fault)));
        CHECK(answer.error().field == "address");
    }
    CHECK(wire->is_open());
}

namespace {

// Answers "slow" only after "fast" was asked.
asio::awaitable<Answer> in_another_order(asio::steady_timer& fast_was_asked, Frame request)
{
    auto word = sys::decode<Word>(request);
    asio::error_code ignored;
    if (word->text == "fast")
        fast_was_asked.cancel();
    else
        co_await fast_was_asked.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return sys::encode(*word);
}

} // namespace

TEST_CASE("answers come in the order they are ready, each to its own request")
{
    Loop loop;
    asio::steady_timer fast_was_asked(loop.executor(), 20s);
    auto pair = sys::make_wire();
    REQUIRE(pair);
    const auto serving = Wire::open(loop.executor(), std::move(pair->one), "asker");
    serving->serve([&](Frame frame) { return in_another_order(fast_was_asked, std::move(frame)); });
    const auto wire = Wire::open(loop.executor(), std::move(pair->other), "server");
    wire->serve({});

    std::vector<std::string> order;
    spawn(loop.executor(), note(wire, "slow", order), "slow");
    spawn(loop.executor(), note(wire, "fast", order), "fast");
    loop.until([&] { return order.size() == 2; });
    CHECK(order == std::vector<std::string>{"fast", "slow"});
}

TEST_CASE("a request without an answer by its deadline is unavailable, and its late answer is dropped")
{
    Loop loop;
    auto pair = sys::make_wire();
    REQUIRE(pair);
    const auto wire = Wire::open(loop.executor(), std::move(pair->one), "server");
    wire->serve({});
    const auto answer = loop.run(ask(wire, "anybody?", 5ms));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::unavailable);
    CHECK(answer.error().text == "server did not answer in time");

    Frame late;
    REQUIRE(sys::receive_frame(pair->other.get(), late) == sys::Passed::whole);
    late.answer = true;
    REQUIRE(sys::send_frame(pair->other.get(), late) == sys::Passed::whole);
    std::vector<std::string> order;
    spawn(loop.executor(), note(wire, "again", order), "again");
    Frame second;
    loop.until([&] { return sys::receive_frame(pair->other.get(), second) == sys::Passed::whole; });
    second.answer = true;
    REQUIRE(sys::send_frame(pair->other.get(), second) == sys::Passed::whole);
    loop.until([&] { return order.size() == 1; });
    CHECK(order.front() == "again");
}

TEST_CASE("every request under way is unavailable at once when the peer goes")
{
    Loop loop;
    auto pair = sys::make_wire();
    REQUIRE(pair);
    const auto wire = Wire::open(loop.executor(), std::move(pair->one), "server");
    int closed = 0;
    wire->serve({}, [&] { ++closed; });
    std::vector<std::string> order;
    for (int i = 0; i < 3; ++i)
        spawn(loop.executor(), note(wire, "anybody?", order), "ask");
    loop.settle();
    pair->other.reset();
    loop.until([&] { return order.size() == 3; });
    CHECK(order == std::vector<std::string>(3, "server has gone"));
    CHECK_FALSE(wire->is_open());
    CHECK(closed == 1);

    const auto later = loop.run(ask(wire, "anybody?"));
    REQUIRE_FALSE(later);
    CHECK(later.error().fault == Fault::unavailable);
}

namespace {

asio::awaitable<Answer> hand_back(Frame request)
{
    Frame answer = sys::encode(Word{"both"});
    answer.descriptors[0] = std::move(request.descriptors[1]);
    answer.descriptors[1] = std::move(request.descriptors[0]);
    co_return answer;
}

asio::awaitable<Answer> ask_frame(std::shared_ptr<Wire> wire, Frame frame)
{
    auto answer = co_await wire->ask(std::move(frame));
    co_return answer;
}

} // namespace

TEST_CASE("descriptors arrive in their order, usable and close-on-exec")
{
    Ends ends(hand_back);
    const auto wire = ends.wire();
    std::array<int, 2> pipe_ends{};
    REQUIRE(pipe2(pipe_ends.data(), O_CLOEXEC) == 0);
    auto request = sys::encode(Word{"two"});
    request.descriptors[0].reset(pipe_ends[0]);
    request.descriptors[1].reset(pipe_ends[1]);
    const auto answer = ends.loop.run(ask_frame(wire, std::move(request)));
    REQUIRE(answer);
    const auto& [writing, reading] = answer->descriptors;
    REQUIRE(write(writing.get(), "x", 1) == 1);
    char byte = 0;
    REQUIRE(read(reading.get(), &byte, 1) == 1);
    CHECK(byte == 'x');
    CHECK((fcntl(reading.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a bad frame ends the wire it came over and no other")
{
    const std::string head(8, '\0');
    auto odd_answer = head;
    odd_answer[6] = 2;
    auto nothing_expected = head;
    nothing_expected[4] = 1;
    struct Row {
        const char* what;
        std::string packet;
    };
    const std::vector<Row> rows{
        {"one byte", "x"},
        {"a truncated head", head.substr(1)},
        {"an answer that is neither yes nor no", odd_answer},
        {"a kind that nobody serves here", nothing_expected},
        {"a frame too large by one byte", head + std::string(Frame::most_bytes + 1, 'x')},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        Ends bad;
        Ends good;
        REQUIRE(send(bad.peer.get(), row.packet.data(), row.packet.size(), 0) ==
                static_cast<ssize_t>(row.packet.size()));
        bad.loop.until([&] { return bad.closed == 1; });
        CHECK_FALSE(bad.serving->is_open());
        const auto answer = good.loop.run(ask(good.wire(), "ab"));
        CHECK(answer);
    }
}

TEST_CASE("fields that are not what they must be end the wire, asked or told")
{
    for (const std::uint32_t number : {0U, 7U}) {
        Ends ends;
        auto frame = numbered("garbage", number);
        frame.body.back() = '!';
        frame.body += "more";
        REQUIRE(sys::send_frame(ends.peer.get(), frame) == sys::Passed::whole);
        ends.loop.until([&] { return ends.closed == 1; });
    }
}

TEST_CASE("an answer that is not what it must be is unavailable, and ends the wire")
{
    Ends ends([](Frame) -> asio::awaitable<Answer> {
        Frame other;
        other.kind = 0x7002;
        co_return other;
    });
    const auto wire = ends.wire();
    const auto answer = ends.loop.run(ask(wire, "ab"));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::unavailable);
    CHECK_FALSE(wire->is_open());
}

TEST_CASE("an error that claims to be about a bad frame ends no wire further on")
{
    const auto error = sys::decode_error(sys::encode_error(sys::bad_frame("of somebody else").error()));
    CHECK(error.text == "bad frame: of somebody else");
    CHECK_FALSE(sys::is_bad_frame(error));
}

TEST_CASE("a slow reader gets thousands of frames, whole and in their order")
{
    Ends ends;
    constexpr std::uint32_t many = 3000;
    const std::string filler(500, '.');
    for (std::uint32_t i = 0; i < many; ++i)
        ends.serving->tell(numbered(std::to_string(i) + filler, 0));
    for (std::uint32_t i = 0; i < many; ++i) {
        const auto word = sys::decode<Word>(ends.receive());
        REQUIRE(word);
        if (word->text != std::to_string(i) + filler) FAIL("frame ", i, " is ", word->text);
    }
}

TEST_CASE("a peer that reads nothing is busy when its outbox is full, and the rest fails when it goes")
{
    Ends ends;
    constexpr std::size_t many = 12'000;
    std::vector<std::string> order;
    for (std::size_t i = 0; i < many; ++i)
        spawn(ends.loop.executor(), note(ends.serving, std::string(100, '.'), order), "ask");
    ends.loop.settle();
    CHECK(order.size() > 1000);
    CHECK(order.size() < many - 4096); // the outbox holds 4096, the socket some more
    CHECK(order.front() == "asker is busy");
    const auto refused = order.size();
    ends.peer.reset();
    ends.loop.until([&] { return order.size() == many; });
    CHECK(order[refused] == "asker has gone");
}

TEST_CASE("a frame that was told gets no answer")
{
    Ends ends;
    REQUIRE(sys::send_frame(ends.peer.get(), numbered("told", 0)) == sys::Passed::whole);
    REQUIRE(sys::send_frame(ends.peer.get(), numbered("asked", 9)) == sys::Passed::whole);
    const auto answer = ends.receive();
    CHECK(answer.number == 9);
    CHECK(answer.answer);
    ends.loop.settle();
    Frame none;
    CHECK(sys::receive_frame(ends.peer.get(), none) == sys::Passed::later);
}

TEST_CASE("a request or an answer beyond one frame is refused, and the wire stays")
{
    Ends ends;
    const auto wire = ends.wire();
    const auto request = ends.loop.run(ask(wire, std::string(Frame::most_bytes, 'x')));
    REQUIRE_FALSE(request);
    CHECK(request.error().fault == Fault::limit);
    const auto answer = ends.loop.run(ask(wire, std::string(Frame::most_bytes / 2, 'x')));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::limit);
    const auto fits = ends.loop.run(ask(wire, "x"));
    CHECK(fits);
}

TEST_CASE("a mistake in a handler is answered, counted, and ends nothing else")
{
    Ends ends([](Frame) -> asio::awaitable<Answer> { throw std::runtime_error("a bug"); });
    const auto wire = ends.wire();
    const auto before = escaped_exceptions();
    const auto answer = ends.loop.run(ask(wire, "ab"));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::internal);
    CHECK(answer.error().text.find("a bug") == std::string::npos);
    CHECK(escaped_exceptions() == before + 1);
    CHECK(wire->is_open());
}

TEST_CASE("a peer that sends without a pause holds up nobody else")
{
    Ends ends;
    std::atomic<bool> stop = false;
    std::thread flood([&] {
        const auto frame = numbered("told", 0);
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!stop && std::chrono::steady_clock::now() < end)
            sys::send_frame(ends.peer.get(), frame);
    });
    const auto began = std::chrono::steady_clock::now();
    bool rang = false;
    asio::steady_timer bell(ends.loop.executor(), 10ms);
    bell.async_wait([&](const asio::error_code&) { rang = true; });
    ends.loop.until([&] { return rang; });
    stop = true;
    flood.join();
    CHECK(std::chrono::steady_clock::now() - began < 10s); // half of what the flood would last
}
