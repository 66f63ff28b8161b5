#include "daemon/metkad/provisioning/sending_notices.h"

#include "tests/unit/login/awaited.h"
#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;
using maildir::Notice;

namespace {

struct Desk {
    Desk()
    {
        office.settle();
        office.settings.operator_inbox = address("poczta@moja-firma.lublin.pl");
        office.done("mailbox.add",
                    R"({"address":"sklep@moja-firma.lublin.pl","customer":"firma","password":"x"})");
    }
    void add_operator()
    {
        office.done("mailbox.add",
                    R"({"address":"poczta@moja-firma.lublin.pl","customer":"firma","password":"x"})");
    }
    Result<void> send()
    {
        const auto account = office.registry.login("sklep@moja-firma.lublin.pl").value().value().id;
        return awaited(office.loop, notices.send({.account = account, .most = 250, .is_of_a_day = false}));
    }
    std::vector<Notice> told() const
    {
        std::vector<Notice> kinds;
        kinds.reserve(office.trees.told.size());
        for (const auto& row : office.trees.told)
            kinds.push_back(row.notice);
        return kinds;
    }

    TestOffice office;
    SendingNotices notices{{.registry = office.registry,
                            .settings = office.settings,
                            .trees = office.trees,
                            .clock = office.clock}};
};

} // namespace

TEST_CASE(
    "an account that reached its limit gets a letter, and so does the operator, who is told whose it was")
{
    Desk desk;
    desk.add_operator();
    REQUIRE(desk.send());
    CHECK(desk.told() == std::vector{Notice::sending_limit, Notice::sender_limited});
}

TEST_CASE("an owner is told where there is no operator to tell, and whoever asked hears of that")
{
    Desk desk;
    const auto sent = desk.send();
    REQUIRE_FALSE(sent);
    CHECK(sent.error().text.find("poczta@moja-firma.lublin.pl") != std::string::npos);
    CHECK(desk.told() == std::vector{Notice::sending_limit});
}
