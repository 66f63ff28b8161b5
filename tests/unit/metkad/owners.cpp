#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

TEST_CASE("customers are added, listed, shown, changed and removed")
{
    TestOffice office;
    office.done("customer.add", R"({"name":"firma","title":"Moja Firma","contact":"anna@example.org"})");
    CHECK(
        to_text(office.done("customer.list", "{}")) ==
        R"([{"name":"firma","title":"Moja Firma","contact":"anna@example.org","plan":"standard","language":"pl",)"
        R"("state":"active"}])");
    office.done("customer.set", R"({"name":"firma","title":"Inna"})");
    const auto card = office.done("customer.show", R"({"name":"firma"})");
    CHECK(*card.member("title") == Json("Inna"));
    CHECK(*card.member("domains") == Json(std::int64_t{0}));
    CHECK(office.refused("customer.add", R"({"name":"firma","title":"x","contact":"a@b.pl"})").fault ==
          Fault::conflict);
    office.done("customer.remove", R"({"name":"firma"})");
    CHECK(office.refused("customer.show", R"({"name":"firma"})").fault == Fault::not_found);
}

TEST_CASE("a customer that owns something is not removed, and the refusal lists what it owns")
{
    TestOffice office;
    office.settle();
    const auto error = office.refused("customer.remove", R"({"name":"firma"})");
    CHECK(error.fault == Fault::conflict);
    CHECK(error.text.contains("shell account anna, domain moja-firma.lublin.pl"));
}

TEST_CASE("a local domain is active at once, a foreign one waits for its proof unless it is said to be owned")
{
    TestOffice office;
    office.done("customer.add", R"({"name":"firma","title":"F","contact":"a@b.pl"})");
    const auto state = [&](std::string_view domain) {
        return *office.done("domain.show", fmt::format(R"({{"domain":"{}"}})", domain))
                    .member("state")
                    ->text();
    };
    office.done("domain.add", R"({"domain":"a.lublin.pl","customer":"firma"})");
    CHECK(state("a.lublin.pl") == "active");
    office.done("domain.add", R"({"domain":"owned.com","customer":"firma","owned":true})");
    CHECK(state("owned.com") == "active");
    const auto answer = office.done("domain.add", R"({"domain":"example.com","customer":"firma"})");
    CHECK(state("example.com") == "pending");
    const auto proof = *office.done("domain.show", R"({"domain":"example.com"})").member("proof")->text();
    CHECK(proof.starts_with("_metka.example.com TXT metka-"));
    CHECK(steps_of(answer).back().contains(proof));
    CHECK(office.refused("domain.set", R"({"domain":"example.com","state":"active"})").text.contains(proof));
    office.done("domain.set", R"({"domain":"example.com","owned":true})");
    CHECK(state("example.com") == "active");
}

TEST_CASE("the host domain and the local zones are no customer's, a domain is added once")
{
    TestOffice office;
    office.settle();
    for (const std::string_view domain : {"lublin.pl", "platon.man.lublin.pl"}) {
        const auto error =
            office.refused("domain.add", fmt::format(R"({{"domain":"{}","customer":"firma"}})", domain));
        CHECK(error.fault == Fault::invalid);
        CHECK(error.field == "domain");
    }
    CHECK(office.refused("domain.add", R"({"domain":"MOJA-FIRMA.lublin.pl","customer":"firma"})").fault ==
          Fault::conflict);
}

TEST_CASE("a name with letters beyond ASCII completes as people read it, and as it is stored")
{
    TestOffice office;
    office.settle();
    office.done("domain.add", R"({"domain":"kraśnik.lublin.pl","customer":"firma"})");
    const auto completed = [&](std::string_view begins) {
        return column(office.done("complete", fmt::format(R"({{"of":"domain","begins":"{}"}})", begins)),
                      "name");
    };
    using Names = std::vector<std::string>;
    CHECK(completed("k") == Names{"kraśnik.lublin.pl"});
    CHECK(completed("xn--k") == Names{"xn--kranik-5ib.lublin.pl"});
    CHECK(completed("moja") == Names{"moja-firma.lublin.pl"});
}

TEST_CASE("a domain is removed only when no address and no free mailboxes depend on it")
{
    TestOffice office;
    office.settle();
    office.done("alias.add", R"({"address":"info@moja-firma.lublin.pl","to":"anna"})");
    const auto error = office.refused("domain.remove", R"({"domain":"moja-firma.lublin.pl"})");
    CHECK(error.text.contains("alias info@moja-firma.lublin.pl"));
    CHECK(error.text.contains("shell account anna"));
    office.done("alias.remove", R"({"address":"info@moja-firma.lublin.pl"})");
    office.done("shell.remove", R"({"login":"anna"})");
    office.done("domain.remove", R"({"domain":"moja-firma.lublin.pl"})");
}

TEST_CASE("lists can be narrowed to a customer and to a domain")
{
    TestOffice office;
    office.settle();
    office.done("customer.add", R"({"name":"other","title":"O","contact":"a@b.pl"})");
    office.done("domain.add", R"({"domain":"other.lublin.pl","customer":"other"})");
    office.done("mailbox.add", R"({"address":"a@other.lublin.pl","customer":"other","password":"x"})");
    office.done("alias.add", R"({"address":"b@other.lublin.pl","to":"a@other.lublin.pl"})");
    const auto count = [&](std::string_view method, std::string_view params) {
        return office.done(method, params).array()->size();
    };
    CHECK(count("domain.list", "{}") == 2);
    CHECK(count("domain.list", R"({"customer":"other"})") == 1);
    CHECK(count("shell.list", R"({"customer":"other"})") == 0);
    CHECK(count("mailbox.list", R"({"domain":"moja-firma.lublin.pl"})") == 0);
    CHECK(count("mailbox.list", R"({"customer":"other"})") == 1);
    CHECK(count("alias.list", R"({"customer":"firma"})") == 0);
    CHECK(count("alias.list", R"({"domain":"other.lublin.pl"})") == 1);
}

TEST_CASE("an alias leads to an inbox of the same customer, never to another alias and never outside")
{
    TestOffice office;
    office.settle();
    office.done("alias.add", R"({"address":"info@moja-firma.lublin.pl","to":"anna"})");
    office.done("customer.add", R"({"name":"other","title":"O","contact":"a@b.pl"})");
    office.done("domain.add", R"({"domain":"other.lublin.pl","customer":"other"})");
    struct Row {
        std::string_view address, to;
        Fault fault;
        std::string_view says;
    };
    const Row rows[] = {
        {"a@moja-firma.lublin.pl", "info@moja-firma.lublin.pl", Fault::conflict, "lead it to anna"},
        {"a@moja-firma.lublin.pl", "someone@gmail.com", Fault::invalid, "not on this host"},
        {"a@moja-firma.lublin.pl", "nobody@moja-firma.lublin.pl", Fault::not_found, "no mailbox"},
        {"a@moja-firma.lublin.pl", "nobody", Fault::not_found, "no shell account nobody"},
        {"a@other.lublin.pl", "anna", Fault::conflict, "customer other"},
        {"a@nowhere.pl", "anna", Fault::not_found, "no domain"},
        {"info@moja-firma.lublin.pl", "anna", Fault::conflict, "an alias already"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.to);
        const auto error =
            office.refused("alias.add", fmt::format(R"({{"address":"{}","to":"{}"}})", row.address, row.to));
        CHECK(error.fault == row.fault);
        CHECK_MESSAGE(error.text.contains(row.says), error.text);
    }
}

TEST_CASE("an alias is led elsewhere by set")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add",
                R"({"address":"biuro@moja-firma.lublin.pl","customer":"firma","password":"x"})");
    office.done("alias.add", R"({"address":"info@moja-firma.lublin.pl","to":"anna"})");
    const auto answer = office.done(
        "alias.set", R"({"address":"info@moja-firma.lublin.pl","to":"biuro@moja-firma.lublin.pl"})");
    CHECK(steps_of(answer).front() == "to: “anna” becomes “biuro@moja-firma.lublin.pl”");
    const auto card = office.done("alias.show", R"({"address":"info@moja-firma.lublin.pl"})");
    CHECK(*card.member("to") == Json("biuro@moja-firma.lublin.pl"));
    CHECK(*card.member("made_by") == Json("administrator"));
    CHECK(*card.member("customer") == Json("firma"));
}
