#include "core/net/channel.h"

#include <thread>

#include <doctest/doctest.h>

#include "core/net/spawn.h"
#include "tests/unit/net/heap.h"
#include "tests/unit/net/loop.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;
using wire::LineFault;

namespace {

// A Reading that outlives the channel's next call.
struct Said {
    Heard heard = Heard::closed;
    std::string text;
    LineFault fault = LineFault::none;
    bool operator==(const Said&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Said& said)
{
    return out << "heard " << static_cast<int>(said.heard) << " fault " << static_cast<int>(said.fault)
               << " “" << said.text << "”";
}

Said line(std::string text, LineFault fault = LineFault::none)
{
    return {.heard = Heard::line, .text = std::move(text), .fault = fault};
}

struct Talk {
    explicit Talk(Sockets sockets = unix_sockets())
        : channel(loop.executor(), std::move(sockets.ours), "192.0.2.1"), peer(std::move(sockets.peer))
    {
    }

    Said read_line(std::chrono::milliseconds patience = 20s, Wait wait = Wait::gives_way)
    {
        return loop.run(next(channel, patience, wait));
    }

    static asio::awaitable<Said> next(Channel& channel, std::chrono::milliseconds patience, Wait wait)
    {
        const auto reading = co_await channel.read_line(20, patience, wait);
        co_return Said{
            .heard = reading.heard, .text = std::string(reading.line.text), .fault = reading.line.fault};
    }

    static asio::awaitable<void> note(Channel& channel, std::size_t many, std::vector<Said>& heard)
    {
        while (heard.size() < many) {
            const auto said = co_await next(channel, 20s, Wait::gives_way);
            heard.push_back(said);
        }
    }

    void hears(const std::vector<Said>& expected, const std::vector<std::string>& pieces)
    {
        std::vector<Said> heard;
        spawn(loop.executor(), note(channel, expected.size(), heard), "reader");
        for (const auto& piece : pieces) {
            send_all(peer.get(), piece);
            loop.settle();
        }
        loop.until([&] { return heard.size() == expected.size(); });
        CHECK(heard == expected);
    }

    Loop loop;
    Channel channel;
    sys::Descriptor peer;
};

struct Row {
    std::string bytes;
    std::vector<Said> lines;
};

const std::vector<Row>& rows()
{
    static const std::vector<Row> table{
        {"NOOP\r\n", {line("NOOP")}},
        {"\r\n\r\n", {line(""), line("")}},
        {"RSET\r\nMAIL\r\nQUIT\r\n", {line("RSET"), line("MAIL"), line("QUIT")}},
        {"12345678901234567890\r\nX\r\n", {line("12345678901234567890"), line("X")}},
        {"123456789012345678901\r\nX\r\n", {line("", LineFault::too_long), line("X")}},
        {std::string(100, 'a') + "\r\nX\r\n", {line("", LineFault::too_long), line("X")}},
        {"A\nB\r\n", {line("A", LineFault::bare_lf), line("B")}},
        {"A\rB\r\nC\r\n", {line("A\rB", LineFault::bare_cr), line("C")}},
        {"A\r\r\nC\r\n", {line("A\r", LineFault::bare_cr), line("C")}},
        {std::string("A\0B\r\nC\r\n", 8), {line(std::string("A\0B", 3), LineFault::nul), line("C")}},
    };
    return table;
}

} // namespace

TEST_CASE("lines are heard the same whole, byte by byte, and cut at every point")
{
    for (const auto& row : rows()) {
        CAPTURE(row.bytes);
        Talk whole;
        whole.hears(row.lines, {row.bytes});
        Talk bytes;
        std::vector<std::string> single;
        for (const char c : row.bytes)
            single.emplace_back(1, c);
        bytes.hears(row.lines, single);
        for (std::size_t cut = 1; cut < row.bytes.size(); ++cut) {
            CAPTURE(cut);
            Talk halves;
            halves.hears(row.lines, {row.bytes.substr(0, cut), row.bytes.substr(cut)});
        }
    }
}

TEST_CASE("a peer that closes is heard after its last whole line, and half a line is nobody's")
{
    Talk talk;
    send_all(talk.peer.get(), "NOOP\r\nQUI");
    talk.peer.reset();
    CHECK(talk.read_line() == line("NOOP"));
    CHECK(talk.read_line().heard == Heard::closed);
    CHECK(talk.read_line().heard == Heard::closed);
}

namespace {

// A byte every two milliseconds, for as long as the test lasts.
asio::awaitable<void> drip(int socket, asio::steady_timer& pause)
{
    asio::error_code error;
    while (!error) {
        send_all(socket, "x");
        pause.expires_after(2ms);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
}

} // namespace

TEST_CASE("the limit is for the whole line: who drips bytes gains no time")
{
    Talk talk;
    asio::steady_timer pause(talk.loop.executor());
    spawn(talk.loop.executor(), drip(talk.peer.get(), pause), "drip");
    CHECK(talk.read_line(40ms).heard == Heard::timed_out);
    pause.cancel();
    talk.loop.settle();
}

TEST_CASE("a later limit, a shorter one, and a longer one are each kept")
{
    Talk talk;
    CHECK(talk.read_line(5ms).heard == Heard::timed_out);
    send_all(talk.peer.get(), "NOOP\r\n");
    CHECK(talk.read_line(20s) == line("NOOP"));
    const auto began = std::chrono::steady_clock::now();
    CHECK(talk.read_line(15ms).heard == Heard::timed_out);
    CHECK(talk.read_line(30ms).heard == Heard::timed_out);
    CHECK(std::chrono::steady_clock::now() - began >= 45ms);
}

TEST_CASE("an interruption wakes a wait that gives way, now or when the next begins")
{
    Talk talk;
    std::vector<Said> heard;
    spawn(talk.loop.executor(), Talk::note(talk.channel, 1, heard), "reader");
    talk.loop.settle();
    CHECK(heard.empty());
    talk.channel.interrupt();
    talk.loop.until([&] { return heard.size() == 1; });
    CHECK(heard.front().heard == Heard::interrupted);
    CHECK(talk.read_line().heard == Heard::interrupted);
}

namespace {

asio::awaitable<void> read_standing(Channel& channel, std::vector<Said>& heard)
{
    const auto said = co_await Talk::next(channel, 20s, Wait::stands);
    heard.push_back(said);
}

} // namespace

TEST_CASE("an interruption leaves a wait that stands alone")
{
    Talk talk;
    std::vector<Said> heard;
    spawn(talk.loop.executor(), read_standing(talk.channel, heard), "reader");
    talk.loop.settle();
    talk.channel.interrupt();
    talk.loop.settle();
    CHECK(heard.empty());
    send_all(talk.peer.get(), "DATA\r\n");
    talk.loop.until([&] { return heard.size() == 1; });
    CHECK(heard.front() == line("DATA"));
    CHECK(talk.read_line().heard == Heard::interrupted);
}

TEST_CASE("what came before an interruption is still heard, and what was said is still sent")
{
    Talk talk;
    send_all(talk.peer.get(), "NOOP\r\nQUIT\r\n");
    talk.channel.interrupt();
    CHECK(talk.read_line() == line("NOOP"));
    CHECK(talk.read_line() == line("QUIT"));
    talk.channel.say("421 closing\r\n");
    CHECK(talk.read_line().heard == Heard::interrupted);
    CHECK(receive_some(talk.peer.get()) == "421 closing\r\n");
}

namespace {

asio::awaitable<void> answer_three(Channel& channel)
{
    for (int i = 0; i < 3; ++i) {
        const auto reading = co_await channel.read_line(20, 20s);
        channel.say("250 " + std::string(reading.line.text) + "\r\n");
    }
    co_await channel.read_line(20, 20s);
}

} // namespace

TEST_CASE("the answers to pipelined commands leave in one packet")
{
    Talk talk(unix_sockets(SOCK_SEQPACKET)); // keeps packets apart
    send_all(talk.peer.get(), "A\r\nB\r\nC\r\n");
    spawn(talk.loop.executor(), answer_three(talk.channel), "session");
    talk.loop.settle();
    CHECK(receive_some(talk.peer.get()) == "250 A\r\n250 B\r\n250 C\r\n");
}

namespace {

asio::awaitable<bool> flush(Channel& channel, std::chrono::milliseconds patience)
{
    const bool sent = co_await channel.flush(patience);
    co_return sent;
}

} // namespace

TEST_CASE(
    "a peer that reads nothing holds up a flush for as long as its limit, and loses nothing when it reads")
{
    Talk talk;
    const std::string message(1 << 20, 'm');
    talk.channel.say(message);
    CHECK_FALSE(talk.loop.run(flush(talk.channel, 10ms)));
    CHECK(talk.channel.unsent() > 0);
    CHECK(talk.channel.unsent() < message.size());

    std::string got;
    std::thread reader([&] {
        while (got.size() < message.size()) {
            const auto more = receive_some(talk.peer.get());
            if (more.empty()) return;
            got += more;
        }
    });
    CHECK(talk.loop.run(flush(talk.channel, 20s)));
    reader.join();
    CHECK(got == message);
    CHECK(talk.channel.unsent() == 0);
}

TEST_CASE("a flush to a peer that has gone fails and kills nobody")
{
    Talk talk;
    talk.peer.reset();
    talk.channel.say("250 anybody?\r\n");
    CHECK_FALSE(talk.loop.run(flush(talk.channel, 20s)));
}

namespace {

asio::awaitable<Heard> fill(Channel& channel, std::chrono::milliseconds patience)
{
    const auto heard = co_await channel.fill(patience);
    co_return heard;
}

} // namespace

TEST_CASE("message data is held to 64 KiB, and passes whole through any consumption")
{
    Talk talk;
    std::string message;
    for (int i = 0; message.size() < 300'000; ++i)
        message += std::to_string(i);
    std::thread writer([&] {
        send_all(talk.peer.get(), message);
        shutdown(talk.peer.get(), SHUT_WR);
    });
    std::string got;
    std::size_t most = 0;
    while (talk.loop.run(fill(talk.channel, 20s)) == Heard::line) {
        const auto buffered = talk.channel.buffered();
        most = std::max(most, buffered.size());
        const auto take = got.size() % 3 == 0 ? buffered.size() : (buffered.size() + 1) / 2;
        got += buffered.substr(0, take);
        talk.channel.consume(take);
    }
    got += talk.channel.buffered();
    writer.join();
    CHECK(got == message);
    CHECK(most <= 64 * 1024);
}

TEST_CASE("an overlong line of megabytes takes no more memory than a short one")
{
    Talk talk;
    std::vector<Said> heard;
    spawn(talk.loop.executor(), Talk::note(talk.channel, 2, heard), "reader");
    const std::string overlong(8 << 20, 'x');
    std::thread writer([&] {
        send_all(talk.peer.get(), overlong);
        send_all(talk.peer.get(), "\r\nNOOP\r\n");
    });
    const auto before = in_use();
    std::size_t most = before;
    talk.loop.until([&] {
        most = std::max(most, in_use());
        return heard.size() == 2;
    });
    writer.join();
    CHECK(heard == std::vector<Said>{line("", LineFault::too_long), line("NOOP")});
    if (!is_sanitized) CHECK(most - before < 64 * 1024);
}

TEST_CASE("a Unix socket tells the caller's uid, a TCP socket nobody's")
{
    Talk local;
    CHECK(local.channel.peer_uid() == std::optional<unsigned>(getuid()));
    Talk remote(tcp_sockets());
    CHECK(remote.channel.peer_uid() == std::nullopt);
    CHECK(remote.channel.peer() == "192.0.2.1");
}

namespace {

asio::awaitable<void> say_and_close(Channel& channel, std::string text)
{
    co_await channel.read_line(20, 20s);
    channel.say(text);
    co_await channel.close();
}

} // namespace

TEST_CASE("the last reply is delivered although the peer's input waits unread")
{
    for (const std::size_t waiting : {std::size_t{10}, std::size_t{200'000}}) {
        CAPTURE(waiting);
        auto sockets = tcp_sockets();
        Loop loop;
        auto channel = std::make_unique<Channel>(loop.executor(), std::move(sockets.ours), "192.0.2.1");
        send_all(sockets.peer.get(), "QUIT\r\n" + std::string(waiting, 'x'));
        std::string got;
        std::thread client([&] {
            got = receive_until_closed(sockets.peer.get());
            sockets.peer.reset();
        });
        loop.run(say_and_close(*channel, "221 goodbye\r\n"));
        channel.reset();
        client.join();
        CHECK(got == "221 goodbye\r\n");
    }
}
