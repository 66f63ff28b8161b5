#include "cli/description.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::metkactl;

namespace {

auto read(std::string_view text)
{
    return read_description(text, "firma.yaml");
}

constexpr std::string_view whole = R"(
aliases:
  - {address: info@firma.pl, to: anna}
  - {address: sprzedaz@firma.pl, to: biuro@firma.pl}
mailboxes:
  - address: Biuro@Firma.PL
    customer: firma
    capacity: 1G
    valid-until: 2027-12-31
    name: biuro
    password_hash: $6$abc$def
shells:
  - login: anna
    customer: firma
    free_domain: firma.pl
    adopt: true
domains: [{domain: firma.pl, customer: firma, owned: true}]
customers: [{name: firma, title: Moja Firma, contact: anna@example.org}]
)";

} // namespace

TEST_CASE("objects come in an order in which nothing is before what it stands on")
{
    const auto objects = read(whole);
    REQUIRE_MESSAGE(objects.has_value(), objects.error());
    std::vector<std::string> names;
    for (const auto& object : *objects)
        names.push_back(object.name);
    CHECK(names == std::vector<std::string>{"customer firma", "domain firma.pl", "shell anna",
                                            "mailbox biuro@firma.pl", "alias info@firma.pl",
                                            "alias sprzedaz@firma.pl"});
    CHECK(objects->at(2).parents == std::vector<std::string>{"customer firma", "domain firma.pl"});
    CHECK(objects->at(3).parents == std::vector<std::string>{"domain firma.pl", "customer firma"});
    CHECK(objects->at(4).parents == std::vector<std::string>{"domain firma.pl", "shell anna"});
    CHECK(objects->at(5).parents == std::vector<std::string>{"domain firma.pl", "mailbox biuro@firma.pl"});
}

TEST_CASE("an object is its kind and the parameters of its add, under their names in a request")
{
    const auto objects = read(whole);
    REQUIRE_MESSAGE(objects.has_value(), objects.error());
    CHECK(to_text(objects->at(3).object) ==
          R"({"kind":"mailbox","address":"Biuro@Firma.PL","customer":"firma","capacity":"1G",)"
          R"("valid_until":"2027-12-31","host_name":"biuro","password_hash":"$6$abc$def"})");
    CHECK(to_text(objects->at(2).object) ==
          R"({"kind":"shell","login":"anna","customer":"firma","free_domain":"firma.pl","adopt":true})");
}

TEST_CASE("JSON is taken as the YAML that it is, and an empty file is nothing to do")
{
    const auto objects = read(R"({"customers":[{"name":"x","title":"X","contact":"a@b.pl"}]})");
    REQUIRE_MESSAGE(objects.has_value(), objects.error());
    CHECK(objects->size() == 1);
    CHECK(read("")->empty());
    CHECK(read("mailboxes:\n")->empty());
}

TEST_CASE("what is wrong is said with its place in the file, before anything is asked of metkad")
{
    struct Row {
        std::string_view text, says;
    };
    const Row rows[] = {
        {"mailboxs: []", "firma.yaml:1:1: there is no “mailboxs”; did you mean “mailboxes”?"},
        {"- a", "firma.yaml:1:1: a description is a map"},
        {"mailboxes: 5", "firma.yaml:1:12: “mailboxes” is a list"},
        {"mailboxes:\n  - a@b.pl", "firma.yaml:2:5: a mailbox is a map"},
        {"mailboxes:\n  - {adress: a@b.pl}",
         "firma.yaml:2:6: a mailbox has no “adress”; did you mean “address”?"},
        {"mailboxes:\n  - {customer: firma}", "firma.yaml:2:5: this mailbox needs “address”"},
        {"mailboxes:\n  - {address: nobody, customer: f}", "firma.yaml:2:15: “nobody” is not an address"},
        {"mailboxes:\n  - {address: a@b.pl, capacity: 5X}", "firma.yaml:2:33: “5X”"},
        {"mailboxes:\n  - {address: a@b.pl, password: tajne}",
         "firma.yaml:2:23: a password is never written"},
        {"mailboxes:\n  - {address: a@b.pl, password_hash: tajne}", "firma.yaml:2:38: a password hash is"},
        {"mailboxes:\n  - {address: a@b.pl, password-hash: $6$a:b}", "firma.yaml:2:38: a password hash is"},
        {"customers:\n  - {name: x, title: X, contact: a@b.pl, password_hash: $6$a}",
         "a customer has no “password_hash”"},
        {"mailboxes:\n  - {address: a@b.pl, dry_run: true}", "a mailbox has no “dry_run”"},
        {"mailboxes:\n  - {address: a@b.pl, capacity: }", "“capacity” has no value"},
        {"mailboxes:\n  - {address: a@b.pl, capacity: [1]}", "“capacity” is one value"},
        {"mailboxes:\n  - {address: a@b.pl, force: yes}", "“force” is true or false"},
        {"mailboxes:\n  - {address: a@b.pl, address: c@b.pl}", "“address” is given twice"},
        {"mailboxes:\n  - {address: a@b.pl}\n  - {address: A@B.pl}",
         "firma.yaml:3:5: mailbox a@b.pl is described twice"},
        {"mailboxes: []\nmailboxes: []", "firma.yaml:2:1: “mailboxes” is given twice"},
        {"mailboxes: [", "firma.yaml:"},
        {"mailboxes:\n  - {\"\": a@b.pl}", "a mailbox has no “”"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto objects = read(row.text);
        REQUIRE_FALSE(objects.has_value());
        CHECK_MESSAGE(objects.error().contains(row.says), objects.error());
    }
}

TEST_CASE("ten thousand mailboxes are one description")
{
    std::string text = "mailboxes:\n";
    for (int i = 0; i < 10'000; ++i)
        text += fmt::format("  - {{address: u{}@firma.pl, customer: firma, capacity: 1G}}\n", i);
    const auto objects = read(text);
    REQUIRE_MESSAGE(objects.has_value(), objects.error());
    CHECK(objects->size() == 10'000);
}
