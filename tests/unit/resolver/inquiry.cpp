#include "daemon/resolver/inquiry.h"

#include <array>
#include <csignal>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/resolver/posture.h"
#include "daemon/resolver/servers.h"
#include "tests/unit/resolver/name_server.h"

using namespace metka;
using namespace metka::resolver;
using namespace metka::resolver::test;

namespace {

constexpr int type_mx = 15, type_txt = 16;
using Answers = std::map<NameServer::Question, Said>;

const Answers all_there{
    {{"example.com", type_mx}, {.data = {mx(20, "b.example.net"), mx(10, "Mail.Example.NET")}}},
    {{"example.com", type_txt}, {.data = {txt({"other"}), txt({"v=spf1 ", "mx -all"})}}},
    {{"_metka.example.com", type_txt}, {.data = {txt({"metka-token"})}}},
};

Result<policy::DomainRecords> ask(const std::vector<std::string>& servers,
                                  std::chrono::milliseconds deadline = patience)
{
    auto inquiry = Inquiry::prepare(servers);
    REQUIRE(inquiry);
    return inquiry->ask("example.com", deadline);
}

} // namespace

TEST_CASE("what DNS says of a domain comes in one answer")
{
    const NameServer server(all_there);
    const auto records = ask({server.address()});
    REQUIRE_MESSAGE(records, records.error().text);
    REQUIRE(records->mx.size() == 2);
    CHECK(records->mx[0].host == "mail.example.net");
    CHECK(records->mx[1].host == "b.example.net");
    CHECK(records->texts == std::vector<std::string>{"v=spf1 mx -all", "other"});
    CHECK(records->proofs == std::vector<std::string>{"metka-token"});
}

TEST_CASE("a server is never told to leave out its validation")
{
    const NameServer server(all_there);
    REQUIRE(ask({server.address()}));
    CHECK_FALSE(server.was_told_not_to_check());
}

TEST_CASE("a name that does not exist and one without such records are empty, and no fault")
{
    const NameServer nowhere({});
    const auto none = ask({nowhere.address()});
    REQUIRE_MESSAGE(none, none.error().text);
    CHECK((none->mx.empty() && none->texts.empty() && none->proofs.empty()));
    const NameServer bare({{{"example.com", type_mx}, {}}, {{"example.com", type_txt}, {}}});
    const auto nothing = ask({bare.address()});
    REQUIRE_MESSAGE(nothing, nothing.error().text);
    CHECK(nothing->mx.empty());
}

TEST_CASE("a server that cannot say makes the answer unavailable, even if the rest is there")
{
    auto answers = all_there;
    answers[{"_metka.example.com", type_txt}] = {.code = 2};
    const NameServer server(answers);
    const auto records = ask({server.address()});
    REQUIRE_FALSE(records);
    CHECK(records.error().fault == Fault::unavailable);
    CHECK_MESSAGE(records.error().text.contains("TXT of _metka.example.com (SERVFAIL)"),
                  records.error().text);
}

TEST_CASE("a server that is silent is given up in time, with a sentence")
{
    const sys::Descriptor silent(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    REQUIRE(bind(silent.get(), reinterpret_cast<const sockaddr*>(&here), size) == 0);
    REQUIRE(getsockname(silent.get(), reinterpret_cast<sockaddr*>(&here), &size) == 0);
    const auto began = std::chrono::steady_clock::now();
    const auto records =
        ask({fmt::format("127.0.0.1@{}", ntohs(here.sin_port))}, std::chrono::milliseconds(200));
    REQUIRE_FALSE(records);
    CHECK(records.error().fault == Fault::unavailable);
    CHECK_MESSAGE(records.error().text.contains("no name server answered for example.com"),
                  records.error().text);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("a server that is no address is refused before anything is asked")
{
    for (const auto* const server : {"nonsense", "192.0.2.1@port", ""}) {
        CAPTURE(server);
        const auto inquiry = Inquiry::prepare({server});
        REQUIRE_FALSE(inquiry);
        CHECK(inquiry.error().fault == Fault::invalid);
    }
}

namespace {

// In a process of its own: what it says on the pipe.
std::string confined(const std::vector<std::string>& servers, const auto& work)
{
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        alarm(30);
        auto inquiry = Inquiry::prepare(servers);
        auto mine = posture(ports_of(servers));
        mine.user = "nobody"; // who there is on every system
        const auto done = sys::confine(mine);
        const std::string said = !inquiry ? inquiry.error().text : !done ? done.error().text : work(*inquiry);
        const auto written = write(ends[1], said.data(), said.size());
        _exit(written < 0 ? 1 : 0);
    }
    close(ends[1]);
    std::string said;
    std::array<char, 4096> room{};
    for (ssize_t got = 1; got > 0;) {
        got = read(ends[0], room.data(), room.size());
        if (got > 0) said.append(room.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    return said;
}

} // namespace

TEST_CASE("confined, it asks as before")
{
    const NameServer server(all_there);
    const auto said = confined({server.address()}, [](Inquiry& inquiry) {
        const auto records = inquiry.ask("example.com");
        return records ? records->proofs.at(0) : records.error().text;
    });
    CHECK(said == "metka-token");
}

#ifndef METKA_SANITIZED
TEST_CASE("confined, it opens no file, starts nothing, and listens nowhere")
{
    const NameServer server(all_there);
    const auto said = confined({server.address()}, [](Inquiry&) {
        std::string could;
        if (open("/etc/passwd", O_RDONLY) >= 0) could += "open ";
        if (fork() >= 0) could += "fork ";
        execl("/bin/true", "true", nullptr);
        const int stream = socket(AF_INET, SOCK_STREAM, 0);
        if (listen(stream, 1) == 0) could += "listen ";
        if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0) could += "unix ";
        if (socket(AF_INET, SOCK_RAW, 0) >= 0) could += "raw ";
        if (kill(getppid(), 0) == 0) could += "kill ";
        return could.empty() ? std::string("nothing") : could;
    });
    CHECK(said == "nothing");
}
#endif
