#include "core/login/wire_authenticator.h"

#include <doctest/doctest.h>

#include "core/login/protocol.h"
#include "tests/unit/login/awaited.h"

using namespace metka;
using namespace metka::login;

namespace {

struct OtherEnd {
    asio::io_context loop;
    net::Link link;
    WireAuthenticator authenticator{link};
    std::shared_ptr<net::Wire> ours, theirs;
    CheckLogin asked;

    explicit OtherEnd(std::function<Result<net::Frame>()> answer)
    {
        auto pair = sys::make_wire().value();
        ours = net::Wire::open(loop.get_executor(), std::move(pair.one), "auth");
        theirs = net::Wire::open(loop.get_executor(), std::move(pair.other), "smtp");
        ours->serve({});
        theirs->serve([this, answer](net::Frame request) -> asio::awaitable<Result<net::Frame>> {
            asked = sys::decode<CheckLogin>(request).value();
            co_return answer();
        });
        link.replace(ours);
    }
    ~OtherEnd()
    {
        ours->close();
        theirs->close();
        loop.restart();
        loop.poll();
    }
    Result<Answer> ask(Service service)
    {
        return awaited(loop, authenticator.check({.service = service,
                                                  .name = "anna",
                                                  .password = Secret("correct horse"),
                                                  .peer = "192.0.2.1"}));
    }
};

net::Frame answer_with_inbox(Verdict verdict)
{
    auto frame = sys::encode(
        LoginChecked{.verdict = verdict, .account = InboxId::make(from_unix_ms(1)), .login = "anna"});
    frame.descriptors[0] = std::move(sys::make_wire().value().one);
    return frame;
}

} // namespace

TEST_CASE("a question arrives whole, and a right answer brings account, log-in and inbox")
{
    OtherEnd auth([] { return answer_with_inbox(Verdict::right); });
    const auto answer = auth.ask(Service::pop3);
    REQUIRE(answer);
    CHECK(answer->verdict == Verdict::right);
    CHECK_FALSE(answer->account.empty());
    CHECK(answer->login == "anna");
    CHECK(answer->inbox);
    CHECK(auth.asked.service == Service::pop3);
    CHECK(auth.asked.name == "anna");
    CHECK(auth.asked.password.same_as("correct horse"));
    CHECK(auth.asked.peer == "192.0.2.1");
}

TEST_CASE("a wrong password is an answer, not a fault")
{
    OtherEnd auth([] { return sys::encode(LoginChecked{.verdict = Verdict::wrong}); });
    const auto answer = auth.ask(Service::submission);
    REQUIRE(answer);
    CHECK(answer->verdict == Verdict::wrong);
    CHECK(answer->account.empty());
    CHECK_FALSE(answer->inbox);
}

TEST_CASE("whatever goes wrong on the way, the client is told to try again")
{
    struct Row {
        std::string_view what;
        std::function<Result<net::Frame>()> answer;
    };
    const std::vector<Row> rows{
        {"a fault", []() -> Result<net::Frame> { return fail(Fault::io, "the disk is broken"); }},
        {"another message", [] { return sys::encode(Stored{}); }},
        {"let in without an inbox", [] { return sys::encode(LoginChecked{.verdict = Verdict::right}); }},
        {"expired without an inbox", [] { return sys::encode(LoginChecked{.verdict = Verdict::expired}); }},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        OtherEnd auth(row.answer);
        const auto answer = auth.ask(Service::pop3);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().fault == Fault::unavailable);
    }
}

TEST_CASE("without metka-auth nobody can say")
{
    asio::io_context loop;
    net::Link link;
    WireAuthenticator authenticator(link);
    const auto answer = awaited(loop, authenticator.check({.name = "anna", .password = Secret("x")}));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::unavailable);
}
