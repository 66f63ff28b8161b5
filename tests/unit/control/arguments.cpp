#include "core/control/arguments.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::control;

namespace {

Result<Arguments> read(std::string_view method, std::string_view params)
{
    auto json = parse_json(params);
    REQUIRE(json.has_value());
    return Arguments::read(*verb_of(method), std::move(*json));
}

} // namespace

TEST_CASE("parameters become the types that the table names")
{
    auto mailbox = read("mailbox.add", R"({"address":"Biuro@Firma.Lublin.PL","shell":"anna","capacity":"50M",
        "valid_until":"+30d","password":"tajne"})");
    REQUIRE_MESSAGE(mailbox.has_value(), mailbox.error().text);
    CHECK(mailbox->get<Address>("address").text() == "biuro@firma.lublin.pl");
    CHECK(mailbox->get<std::string>("shell") == "anna");
    CHECK(mailbox->get<Capacity>("capacity") == Capacity(50_MiB));
    CHECK(mailbox->get<DateText>("valid_until").text == "+30d");
    CHECK(mailbox->take_secret("password").same_as("tajne"));
    CHECK_FALSE(mailbox->flag("dry_run"));
    CHECK(mailbox->find<std::string>("customer") == nullptr);

    const auto alias = read("alias.add", R"({"address":"a@b.pl","to":"anna","dry_run":true})");
    REQUIRE(alias.has_value());
    CHECK(std::get<std::string>(alias->get<InboxName>("to")) == "anna");
    CHECK(alias->flag("dry_run"));
    const auto to_mailbox = read("alias.add", R"({"address":"a@b.pl","to":"c@b.pl"})");
    REQUIRE(to_mailbox.has_value());
    CHECK(std::get<Address>(to_mailbox->get<InboxName>("to")).text() == "c@b.pl");
}

TEST_CASE("a capacity is a text, a number of bytes, or null for unlimited")
{
    const auto capacity = [](std::string_view json) {
        const auto read_back =
            read("mailbox.set", fmt::format(R"({{"address":"a@b.pl","capacity":{}}})", json));
        REQUIRE(read_back.has_value());
        return read_back->get<Capacity>("capacity");
    };
    CHECK(capacity("1048576") == Capacity(1_MiB));
    CHECK(capacity("\"unlimited\"") == Capacity());
    CHECK(capacity("null") == Capacity());
}

TEST_CASE("a bad parameter is refused as invalid, with its name as the field")
{
    struct Row {
        std::string_view method, params, field, says;
    };
    const Row rows[] = {
        {"mailbox.show", "{}", "address", "needs"},
        {"mailbox.show", "null", "address", "needs"},
        {"mailbox.show", "[]", "params", "object"},
        {"mailbox.show", R"({"address":5})", "address", "text"},
        {"mailbox.show", R"({"address":"x"})", "address", "not an address"},
        {"mailbox.show", R"({"address":"a@b.pl","adress":1})", "adress", "did you mean “address”"},
        {"mailbox.show", R"({"address":"a@b.pl","":1})", "params", "no parameter"},
        {"mailbox.set", R"({"address":"a@b.pl","capacity":"lots"})", "capacity", "lots"},
        {"mailbox.set", R"({"address":"a@b.pl","capacity":-1})", "capacity", "text"},
        {"mailbox.set", R"({"address":"a@b.pl","valid_until":"2027-02-30"})", "valid_until", "calendar"},
        {"mailbox.set", R"({"address":"a@b.pl","state":"gone"})", "state", "active, suspended"},
        {"mailbox.set", R"({"address":"a@b.pl","password":""})", "password", "505"},
        {"mailbox.set", R"({"address":"a@b.pl","password":"a\nb"})", "password", "control"},
        {"mailbox.add", R"({"address":"a@b.pl","customer":"firma"})", "password", "needs"},
        {"mailbox.add", R"({"address":"a@b.pl","customer":"Firma"})", "customer", "Firma"},
        {"customer.add", R"({"name":"x","title":"a\u0007","contact":"a@b.pl"})", "title", "one line"},
        {"customer.add", R"({"name":"x","title":"a","contact":"nobody"})", "contact", "not an address"},
        {"customer.add", R"({"name":"x","title":"a","contact":"a b@c.pl"})", "contact", "not an address"},
        {"domain.add", R"({"domain":"a.pl","customer":"x","owned":"yes"})", "owned", "true or false"},
        {"domain.add", R"({"domain":"a..pl","customer":"x"})", "domain", "a..pl"},
        {"alias.add", R"({"address":"a@b.pl","to":"-"})", "to", "shell account"},
        {"log", R"({"most":"many"})", "most", "many"},
        {"log", R"({"most":-1})", "most", "text"},
        {"mailbox.list", R"({"over":"lots%"})", "over", "90%"},
        {"mailbox.list", R"({"over":1001})", "over", "1001"},
        {"shell.set", R"({"login":"anna","aliases":"some"})", "aliases", "plan"},
        {"shell.set", R"({"login":"anna","free_domain":"a..pl"})", "free_domain", "a..pl"},
        {"mailbox.set", R"({"address":"a@b.pl","notice_days":"often"})", "notice_days", "often"},
        {"mailbox.set", R"({"address":"a@b.pl","host_name":"a@b.pl"})", "host_name", "host domain"},
        {"plan.show", R"({"name":"The Best"})", "name", "The Best"},
        {"apply", R"({"objects":"all"})", "objects", "list of objects"},
        {"complete", R"({"of":"colour","begins":""})", "of", "mailbox"},
        {"alias.add", R"({"address":"a@b.pl","to":"@"})", "to", "address"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.params);
        const auto arguments = read(row.method, row.params);
        REQUIRE_FALSE(arguments.has_value());
        CHECK(arguments.error().fault == Fault::invalid);
        CHECK(arguments.error().field == row.field);
        CHECK_MESSAGE(arguments.error().text.contains(row.says), arguments.error().text);
    }
}

TEST_CASE("a dry run needs no password")
{
    CHECK(read("mailbox.add", R"({"address":"a@b.pl","customer":"firma","dry_run":true})").has_value());
}

TEST_CASE("a contact may be an address that could not be provisioned here")
{
    CHECK(read("customer.add", R"({"name":"x","title":"X","contact":"Anna+sklep@example.org"})").has_value());
}

TEST_CASE("numbers, shares, days and domains may be the plan's own or none, where the table says so")
{
    const auto shell = read("shell.set", R"({"login":"anna","aliases":7,"free_mailboxes":"plan",
        "free_domain":"none"})");
    REQUIRE_MESSAGE(shell.has_value(), shell.error().text);
    CHECK(shell->get<NumberOverride>("aliases").own == 7);
    CHECK_FALSE(shell->get<NumberOverride>("free_mailboxes").own.has_value());
    CHECK_FALSE(shell->get<DomainOverride>("free_domain").own.has_value());
    const auto mailbox =
        read("mailbox.set", R"({"address":"a@b.pl","notice_days":"7,1","host_name":"biuro"})");
    REQUIRE_MESSAGE(mailbox.has_value(), mailbox.error().text);
    CHECK(mailbox->get<DaysOverride>("notice_days").own == NoticeDays{7, 1});
    CHECK(mailbox->get<std::string>("host_name") == "biuro");
    CHECK(read("mailbox.list", R"({"over":"90%"})")->get<std::uint64_t>("over") == 90);
    CHECK(read("mailbox.list", R"({"over":"90"})")->get<std::uint64_t>("over") == 90);
    CHECK(read("log", R"({"most":10})")->get<std::uint64_t>("most") == 10);
}

TEST_CASE("a list of objects is taken as it is, and beginning with nothing is a beginning")
{
    const auto apply = read("apply", R"({"objects":[{"kind":"customer"}]})");
    REQUIRE(apply.has_value());
    CHECK(to_text(apply->get<Json>("objects")) == R"([{"kind":"customer"}])");
    CHECK(read("complete", R"({"of":"mailbox","begins":""})").has_value());
}
