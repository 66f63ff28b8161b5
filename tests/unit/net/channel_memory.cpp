// What a connection keeps while it waits: thousands of idle or slow ones must not cost much.

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "core/net/channel.h"
#include "core/net/spawn.h"
#include "tests/unit/net/heap.h"
#include "tests/unit/net/loop.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;

namespace {

// A dialogue and some message data, and then silence.
asio::awaitable<void> talk_and_fall_silent(Channel& channel, std::size_t& silent)
{
    co_await channel.read_line(4096, 20s);
    co_await channel.fill(20s);
    channel.consume(channel.buffered().size());
    channel.say(std::string(40'000, '.'));
    ++silent;
    co_await channel.read_line(4096, 20s);
}

} // namespace

TEST_CASE("an idle connection keeps little memory, whatever has passed through it")
{
    constexpr std::size_t many = 500;
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
    setrlimit(RLIMIT_NOFILE, &files);

    Loop loop;
    std::vector<sys::Descriptor> peers;
    std::vector<sys::Descriptor> ours;
    for (std::size_t i = 0; i < many; ++i) {
        auto sockets = unix_sockets();
        peers.push_back(std::move(sockets.peer));
        ours.push_back(std::move(sockets.ours));
    }
    std::vector<std::unique_ptr<Channel>> channels;
    channels.reserve(many);
    const auto before = in_use();
    std::size_t silent = 0;
    const std::string data(30'000, 'd');
    for (std::size_t i = 0; i < many; ++i) {
        channels.push_back(std::make_unique<Channel>(loop.executor(), std::move(ours[i]), "192.0.2.1"));
        spawn(loop.executor(), talk_and_fall_silent(*channels.back(), silent), "session");
        send_all(peers[i].get(), "DATA\r\n" + data);
        loop.until([&] { return silent == i + 1; });
        loop.settle();
        for (std::size_t got = 0; got < 40'000;)
            got += receive_some(peers[i].get()).size();
    }
    loop.settle();
    const auto each = (in_use() - before) / many;
    MESSAGE("bytes kept by an idle connection: ", each);
    if (!is_sanitized) CHECK(each < 8 * 1024);
}

namespace {

asio::awaitable<void> take_all(Channel& channel, std::size_t& taken)
{
    for (;;) {
        const auto heard = co_await channel.fill(20s);
        if (heard != Heard::line) co_return;
        taken += channel.buffered().size();
        channel.consume(channel.buffered().size());
    }
}

} // namespace

TEST_CASE("who drips a message keeps a small buffer for it, also after a burst")
{
    constexpr std::size_t many = 200;
    Loop loop;
    std::vector<sys::Descriptor> peers;
    std::vector<std::unique_ptr<Channel>> channels;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < many; ++i) {
        auto sockets = unix_sockets();
        peers.push_back(std::move(sockets.peer));
        channels.push_back(std::make_unique<Channel>(loop.executor(), std::move(sockets.ours), "192.0.2.1"));
        spawn(loop.executor(), take_all(*channels.back(), taken), "session");
    }
    loop.settle();
    const auto before = in_use();
    std::size_t sent = 0;
    const auto each_sends = [&](std::size_t size) {
        for (const auto& peer : peers) {
            send_all(peer.get(), std::string(size, 'd'));
            sent += size;
            loop.until([&] { return taken == sent; });
        }
    };
    each_sends(100'000);
    for (int drop = 0; drop < 8; ++drop)
        each_sends(1);
    const auto each = (in_use() - before) / many;
    MESSAGE("bytes kept by a connection that drips: ", each);
    if (!is_sanitized) CHECK(each < 20 * 1024);
    for (auto& peer : peers)
        peer.reset();
    loop.settle();
}
