#include "daemon/smtp/engine.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/unit/smtp/world.h"

using namespace metka;

namespace {

// A socket on a port that the kernel chose.
sys::Descriptor make_listener(sockaddr_in& address)
{
    sys::Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    address = {
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(listener.get(), any, size) == 0);
    REQUIRE(listen(listener.get(), 8) == 0);
    REQUIRE(getsockname(listener.get(), any, &size) == 0);
    return listener;
}

dialogues::Client connect_to(const sockaddr_in& address, asio::io_context& loop)
{
    sys::Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return {std::move(client), [&loop] {
                loop.restart();
                loop.run_one_for(std::chrono::seconds(2));
                loop.poll();
            }};
}

} // namespace

TEST_CASE("the engine serves the listeners it was handed, until it drains")
{
    smtp::test::World world;
    asio::io_context loop;
    smtp::SmtpEngine engine(loop.get_executor(), {}, world.collaborators, world.house);
    engine.use_certificate(world.certificate);
    sockaddr_in mail{};
    sockaddr_in secure{};
    REQUIRE(engine.listen("smtp", "127.0.0.1:25", make_listener(mail)));
    REQUIRE(engine.listen("submissions", "127.0.0.1:465", make_listener(secure)));
    sockaddr_in other{};
    CHECK(engine.listen("pop3s", "127.0.0.1:995", make_listener(other)).error().fault == Fault::not_found);

    auto client = connect_to(mail, loop);
    CHECK(client.read_line().value_or("").starts_with("220 poczta.platon.man.lublin.pl ESMTP"));
    auto secured = connect_to(secure, loop);
    REQUIRE(secured.start_tls());
    CHECK(secured.read_line().value_or("").starts_with("220 "));

    bool drained = false;
    engine.drain([&] { drained = true; });
    CHECK(client.read_line().value_or("").starts_with("421 4.3.2"));
    CHECK(secured.read_line().value_or("").starts_with("421 4.3.2"));
    CHECK(client.is_closed());
    CHECK(secured.is_closed());
    for (int i = 0; i < 10 && !drained; ++i) {
        loop.restart();
        loop.run_one_for(std::chrono::seconds(5));
    }
    CHECK(drained);
}

TEST_CASE("a connection too many is told a receipt code, and the refusal is remembered under it")
{
    smtp::test::World world;
    asio::io_context loop;
    smtp::SmtpEngine engine(loop.get_executor(), {.total = 1}, world.collaborators, world.house);
    sockaddr_in mail{};
    REQUIRE(engine.listen("smtp", "127.0.0.1:25", make_listener(mail)));
    auto inside = connect_to(mail, loop);
    CHECK(inside.read_line().value_or("").starts_with("220"));
    const auto told = connect_to(mail, loop).read_line().value_or("");
    REQUIRE(told.starts_with("421 4.7.0 too many connections, come back in a moment ["));
    const auto code = ReceiptCode::parse(told.substr(told.size() - 10, 9));
    REQUIRE(code);
    const auto* const refusal = world.receipts.find(*code);
    REQUIRE(refusal);
    CHECK(refusal->peer == "127.0.0.1");
    CHECK(refusal->listener == "smtp");
    CHECK(refusal->reply == "421 4.7.0 too many connections, come back in a moment");
    CHECK(refusal->rule.contains("smtp.connections"));
    CHECK(connect_to(mail, loop).read_line().value_or("") == told);
    engine.drain([] {});
}

TEST_CASE("a session keeps the house it began in, the next one begins in the new one")
{
    smtp::test::World world;
    asio::io_context loop;
    world.house.limits.message = 1_MiB;
    smtp::SmtpEngine engine(loop.get_executor(), {}, world.collaborators, world.house);
    sockaddr_in mail{};
    REQUIRE(engine.listen("smtp", "127.0.0.1:25", make_listener(mail)));
    auto before = connect_to(mail, loop);
    CHECK(before.read_line().value_or("").starts_with("220 poczta.platon.man.lublin.pl ESMTP"));

    auto house = world.house;
    house.host = "nowa.man.lublin.pl";
    house.limits.message = 2_MiB;
    engine.adopt(house, {});
    const auto size_told = [](dialogues::Client& client) {
        client.send("EHLO klient.test\r\n");
        for (;;) {
            auto line = client.read_line().value_or("250 nothing of SIZE");
            if (line.find("SIZE ") != std::string::npos) return line.substr(line.find("SIZE "));
            if (line.starts_with("250 ")) return line;
        }
    };
    CHECK(size_told(before) == "SIZE 1048576");
    auto after = connect_to(mail, loop);
    CHECK(after.read_line().value_or("").starts_with("220 nowa.man.lublin.pl ESMTP"));
    CHECK(size_told(after) == "SIZE 2097152");

    CHECK(engine.close_listener("smtp", "127.0.0.1:26").error().fault == Fault::not_found);
    REQUIRE(engine.close_listener("smtp", "127.0.0.1:25"));
    before.send("NOOP\r\n");
    for (std::string line; !line.starts_with("250 2.0.0");) {
        const auto heard = before.read_line();
        REQUIRE(heard);
        line = *heard;
    }
    engine.drain([] {});
}
