#include "daemon/metkad/door.h"

#include <array>
#include <cstring>
#include <filesystem>

#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
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

    // Lets `wait` requests go on.
    void open_gate()
    {
        is_open_ = true;
        gate_.cancel();
    }
    template <class Condition>
    void run_until(Condition condition)
    {
        while (!condition())
            loop_.run_one();
    }
    std::size_t begun() const { return begun_; }
    std::size_t carried_out() const { return carried_out_; }

  private:
    Door::Answering answering()
    {
        return [this](std::uint32_t uid, std::string line, Door::Tell tell) {
            return line.starts_with("wait") ? wait(std::move(line), std::move(tell))
                                            : echo(uid, std::move(line), std::move(tell));
        };
    }
    // Tells as many lines as it is asked for, waits for the gate, tells one more, and answers.
    asio::awaitable<std::string> wait(std::string line, Door::Tell tell)
    {
        ++begun_;
        const auto lines = std::stoul(line.substr(5));
        for (std::size_t i = 1; i <= lines; ++i)
            tell(fmt::format("{}{}\n", i, std::string(1000, '.')));
        asio::error_code woken;
        while (!is_open_)
            co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        tell("nearly\n");
        ++carried_out_;
        co_return "done\n";
    }
    static asio::awaitable<std::string> echo(std::uint32_t uid, std::string line, Door::Tell tell)
    {
        if (line == "bug") throw std::logic_error("a bug");
        if (line == "steps") {
            tell("one\n");
            tell("two\n");
        }
        co_return fmt::format("{}:{}\n", uid, line.size() > 100 ? fmt::to_string(line.size()) : line);
    }

    std::array<char, 64> folder_{};
    sockaddr_un address_{};
    asio::io_context loop_;
    asio::steady_timer gate_{loop_, asio::steady_timer::time_point::max()};
    bool is_open_ = false;
    std::size_t begun_ = 0;
    std::size_t carried_out_ = 0;
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

TEST_CASE("what a request tells on its way comes before its answer, in the order in which it was told")
{
    Porch porch;
    const auto visitor = porch.visitor();
    porch.say(visitor, "steps\nnext\n");
    CHECK(porch.hear(visitor, 4) == fmt::format("one\ntwo\n{0}:steps\n{0}:next\n", getuid()));
}

TEST_CASE("what is told is heard while the request still runs")
{
    Porch porch;
    const auto visitor = porch.visitor();
    porch.say(visitor, "wait 1\n");
    CHECK(porch.hear(visitor, 1).starts_with("1..."));
    CHECK(porch.carried_out() == 0);
    porch.open_gate();
    CHECK(porch.hear(visitor, 2) == "nearly\ndone\n");
}

TEST_CASE("of more than a caller takes the newest lines are kept, and the answer comes all the same")
{
    Porch porch;
    const auto visitor = porch.visitor();
    porch.say(visitor, "wait 200\n");
    porch.run_until([&] { return porch.begun() == 1; });
    porch.open_gate();
    const auto heard = porch.hear(visitor, 66);
    CHECK(std::count(heard.begin(), heard.end(), '\n') == 66);
    CHECK(heard.starts_with("137..."));
    CHECK(heard.ends_with("\nnearly\ndone\n"));
}

TEST_CASE("a caller who hangs up does not stop what was accepted")
{
    Porch porch;
    {
        const auto visitor = porch.visitor();
        porch.say(visitor, "wait 3\n");
        porch.run_until([&] { return porch.begun() == 1; });
    }
    porch.open_gate();
    porch.run_until([&] { return porch.carried_out() == 1; });
    const auto visitor = porch.visitor();
    porch.say(visitor, "hello\n");
    CHECK(porch.hear(visitor, 1) == fmt::format("{}:hello\n", getuid()));
}

TEST_CASE("a bug in what answers is answered as one, and the next request is served")
{
    Porch porch;
    const auto visitor = porch.visitor();
    porch.say(visitor, "bug\nhello\n");
    const auto heard = porch.hear(visitor, 2);
    CHECK(heard.contains("internal"));
    CHECK(heard.ends_with(fmt::format("{}:hello\n", getuid())));
}
