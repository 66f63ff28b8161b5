// Two administrators, and a user, at the same time: no change is lost, no rule is passed twice.

#include <algorithm>

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

std::size_t accepted(const std::vector<std::string>& answers)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < answers.size(); ++i)
        count += control::parse_answer(answers[i], static_cast<std::int64_t>(i + 1)).has_value() ? 1 : 0;
    return count;
}

} // namespace

TEST_CASE("two administrators who change different things of one object lose neither change")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    const auto answers = office.at_once({
        request("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"20M","password":"y"})", 1),
        request("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","grace_days":3})", 2),
        request("mailbox.renew", R"({"address":"a@moja-firma.lublin.pl","until":"2027-05-01"})", 3),
        request("mailbox.suspend", R"({"address":"a@moja-firma.lublin.pl"})", 4),
        request("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","customer":"firma"})", 5),
        request("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","language":"en"})", 6),
    });
    CHECK(accepted(answers) == 6);
    const auto mailbox = office.registry.mailbox(address("a@moja-firma.lublin.pl"))->value();
    CHECK(mailbox.capacity == Capacity(20_MiB));
    CHECK(mailbox.grace_days == 3);
    CHECK(mailbox.validity->until.text() == "2027-05-01");
    CHECK(mailbox.standing == Standing::suspended);
    CHECK_FALSE(mailbox.shell.has_value());
    CHECK(mailbox.language == Language::english);
}

TEST_CASE("of two who want the same address, the same name or the last place, one gets it")
{
    TestOffice office;
    office.settings.plan_free_mailboxes_per_shell = 1;
    office.settle();
    office.settle_neighbours();
    const auto one_of = [&](std::string_view method, std::string_view first, std::string_view second) {
        return accepted(office.at_once({request(method, first, 1), request(method, second, 2)})) == 1;
    };
    CHECK(one_of("mailbox.add", R"({"address":"x@platon.man.lublin.pl","customer":"firma","password":"y"})",
                 R"({"address":"x@platon.man.lublin.pl","customer":"other","password":"y"})"));
    CHECK(one_of("customer.add", R"({"name":"n","title":"N","contact":"n@example.org"})",
                 R"({"name":"n","title":"M","contact":"m@example.org"})"));
    CHECK(one_of("mailbox.add",
                 R"({"address":"a@moja-firma.lublin.pl","shell":"anna","capacity":"1M","password":"y"})",
                 R"({"address":"b@moja-firma.lublin.pl","shell":"anna","capacity":"1M","password":"y"})"));
    CHECK(one_of("shell.add", R"({"login":"jan","customer":"firma"})",
                 R"({"login":"jan","customer":"other"})"));
}

TEST_CASE("what is removed while somebody else waits to change it is not there any more")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    const auto answers = office.at_once({
        request("mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})", 1),
        request("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"1M"})", 2),
        request("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})", 3),
    });
    CHECK(control::parse_answer(answers[0], 1).has_value());
    CHECK(control::parse_answer(answers[1], 2).error().fault == Fault::not_found);
    CHECK(control::parse_answer(answers[2], 3).error().fault == Fault::not_found);
}

TEST_CASE("an order that comes while a description is applied waits for its end and loses nothing")
{
    TestOffice office;
    office.settle();
    const auto answers = office.at_once({
        request("apply", R"({"objects":[
            {"kind":"mailbox","address":"a@moja-firma.lublin.pl","customer":"firma"},
            {"kind":"customer","name":"firma","title":"Z pliku","contact":"anna@example.org"}]})",
                1),
        request("customer.set", R"({"name":"firma","contact":"inny@example.org"})", 2),
        request("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"1M"})", 3),
    });
    CHECK(accepted(answers) == 3);
    const auto customer = office.registry.customer("firma")->value();
    CHECK(customer.title == "Z pliku");
    CHECK(customer.contact == "inny@example.org");
    CHECK(office.registry.mailbox(address("a@moja-firma.lublin.pl"))->value().capacity == Capacity(1_MiB));
}

TEST_CASE("a domain that is proven is looked at again after DNS has answered")
{
    TestOffice office;
    office.settle();
    office.done("domain.add", R"({"domain":"example.com","customer":"firma"})");
    office.resolver.records.mx = {{.preference = 10, .host = "mail.man.lublin.pl"}};
    const auto answers = office.at_once({
        request("domain.prove", R"({"domain":"example.com"})", 1),
        request("domain.remove", R"({"domain":"example.com"})", 2),
    });
    CHECK(control::parse_answer(answers[0], 1).error().fault == Fault::not_found);
    CHECK(control::parse_answer(answers[1], 2).has_value());
}
