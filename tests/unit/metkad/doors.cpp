#include "daemon/metkad/door.h"

#include <array>
#include <cstring>
#include <filesystem>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/control/request.h"

using namespace metka;
using namespace metka::metkad;

namespace {

// A door on a socket of its own, and its visitors, in one thread: nobody waits but for the other side.
class Porch {
  public:
    Porch() : door_(loop_.get_executor(), answering())
    {
        std::strcpy(folder_.data(), "/tmp/metka-door-XXXXXX");
        REQUIRE(mkdtemp(folder_.data()) != nullptr);
        address_.sun_family = AF_UNIX;
        const auto path = std::string(folder_.data()) + "/s";
        std::memcpy(address_.sun_path, path.data(), path.size());
        sys::Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_) == 0);
        REQUIRE(listen(listener.get(), 128) == 0);
        door_.open(std::move(listener));
    }
    ~Porch() { std::filesystem::remove_all(folder_.data()); }

    sys::Descriptor visitor() const
    {
        sys::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0);
        return socket;
    }

    // What the visitor gets to hear: so many lines, or what there was when the door closed.
    std::string hear(const sys::Descriptor& visitor, std::size_t lines)
    {
        std::string heard;
        std::array<char, 4096> piece{};
        while (static_cast<std::size_t>(std::count(heard.begin(), heard.end(), '\n')) < lines) {
            const auto got = recv(visitor.get(), piece.data(), piece.size(), MSG_DONTWAIT);
            if (got == 0) break;
            if (got > 0)
                heard.append(piece.data(), static_cast<std::size_t>(got));
            else
                loop_.run_one();
        }
        return heard;
    }

    void say(const sys::Descriptor& visitor, std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto sent = send(visitor.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0)
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            else
                loop_.run_one();
        }
    }

  private:
    static Door::Answering answering()
    {
        return [](std::uint32_t uid, std::string line) { return echo(uid, std::move(line)); };
    }
    static asio::awaitable<std::string> echo(std::uint32_t uid, std::string line)
    {
        co_return fmt::format("{}:{}\n", uid, line.size() > 100 ? fmt::to_string(line.size()) : line);
    }

    std::array<char, 64> folder_{};
    sockaddr_un address_{};
    asio::io_context loop_;
    Door door_;
};

} // namespace

TEST_CASE("each line is answered in turn, with the uid that the kernel names, LF and CRLF both end it")
{
    Porch porch;
    const auto visitor = porch.visitor();
    porch.say(visitor, "one\ntwo\r\nthr");
    porch.say(visitor, "ee\n");
    CHECK(porch.hear(visitor, 3) == fmt::format("{0}:one\n{0}:two\n{0}:three\n", getuid()));
}

TEST_CASE("a line of 1 MiB is taken, one byte more is refused, and the next line is served")
{
    Porch porch;
    const auto visitor = porch.visitor();
    porch.say(visitor, std::string(1 << 20, 'a') + "\n");
    CHECK(porch.hear(visitor, 1) == fmt::format("{}:1048576\n", getuid()));
    porch.say(visitor, std::string((1 << 20) + 1, 'a') + "\n");
    CHECK(porch.hear(visitor, 1).contains("1 MiB"));
    porch.say(visitor, "again\n");
    CHECK(porch.hear(visitor, 1) == fmt::format("{}:again\n", getuid()));
}

TEST_CASE("NUL and CR inside a line are refused as no request")
{
    Porch porch;
    const auto visitor = porch.visitor();
    porch.say(visitor, std::string_view("a\0b\nc\rd\n", 8));
    const auto heard = porch.hear(visitor, 2);
    CHECK(heard.find("-32700") != heard.rfind("-32700"));
}

TEST_CASE("a visitor that goes in the middle of a line disturbs nobody")
{
    Porch porch;
    {
        const auto rude = porch.visitor();
        porch.say(rude, "{\"jsonrpc\"");
    }
    const auto visitor = porch.visitor();
    porch.say(visitor, "hello\n");
    CHECK(porch.hear(visitor, 1) == fmt::format("{}:hello\n", getuid()));
}
