#include "cli/connection.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <thread>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace metka::metkactl;

namespace {

// Somebody who takes one connection, reads up to an LF, says `answer` and hangs up.
class Counterpart {
  public:
    explicit Counterpart(std::string answer)
    {
        std::strcpy(folder_.data(), "/tmp/metka-ctl-XXXXXX");
        REQUIRE(mkdtemp(folder_.data()) != nullptr);
        path = std::string(folder_.data()) + "/s";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(listen(listener_, 1) == 0);
        thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
    }
    ~Counterpart()
    {
        thread_.join();
        close(listener_);
        std::filesystem::remove_all(folder_.data());
    }
    Counterpart(const Counterpart&) = delete;
    Counterpart& operator=(const Counterpart&) = delete;

    std::string path;

  private:
    void serve(const std::string& answer) const
    {
        const int connection = accept(listener_, nullptr, nullptr);
        char c = 0;
        while (recv(connection, &c, 1, 0) == 1 && c != '\n') {
        }
        send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        close(connection);
    }

    std::array<char, 64> folder_{};
    int listener_ = -1;
    std::thread thread_;
};

Outcome<std::string> ask(const std::string& path, std::string_view line, const Told& told = {})
{
    auto connection = Connection::open(path);
    if (!connection) return std::unexpected(connection.error());
    return connection->ask(line, told);
}

} // namespace

TEST_CASE("the answer is the line that comes back, however long")
{
    const std::string answer(300'000, 'x');
    const Counterpart metkad(answer + "\n");
    const auto heard = ask(metkad.path, "hello\n");
    REQUIRE(heard.has_value());
    CHECK(*heard == answer);
}

TEST_CASE("a daemon that hangs up in the middle of its answer is asked again later")
{
    const Counterpart metkad("half");
    CHECK(ask(metkad.path, "hello\n").error().status == 75);
}

TEST_CASE("where nobody listens the status is 69, and the sentence names the socket")
{
    const auto nobody = ask("/nonexistent/control.sock", "hello\n");
    REQUIRE_FALSE(nobody.has_value());
    CHECK(nobody.error().status == 69);
    CHECK(nobody.error().text.contains("/nonexistent/control.sock"));
}

TEST_CASE("a path that is too long for a socket is a wrong use")
{
    CHECK(ask(std::string(200, 'a'), "hello\n").error().status == 64);
    CHECK(ask("", "hello\n").error().status == 64);
}

TEST_CASE("progress is told as it comes, and the line after it is the answer")
{
    const std::string progress = metka::control::progress_line({.done = 1, .total = 2, .what = "mailboxes"});
    const Counterpart metkad(progress + progress + "{}\n");
    std::vector<metka::control::Progress> told;
    const auto heard = ask(metkad.path, "hello\n", [&](const auto& step) { told.push_back(step); });
    REQUIRE(heard.has_value());
    CHECK(*heard == "{}");
    REQUIRE(told.size() == 2);
    CHECK(told.front().what == "mailboxes");
    CHECK(told.front().total == 2);
}

TEST_CASE("a daemon that hangs up after some progress is asked again later")
{
    const Counterpart metkad(metka::control::progress_line({.done = 1, .total = 2, .what = "x"}));
    CHECK(ask(metkad.path, "hello\n").error().status == 75);
}

TEST_CASE("one connection carries several requests, one after the other")
{
    const Counterpart metkad("one\ntwo\n"); // says both at once: what is behind a line waits for its turn
    auto connection = Connection::open(metkad.path);
    REQUIRE(connection.has_value());
    CHECK(connection->ask("hello\n").value() == "one");
    CHECK(connection->ask("").value() == "two");
}
