// The rows of DOMAIN "When states meet" that provisioning decides. The others are tested where they are
// decided:
//   several states, aliases to them, suspended domains: policy/delivery.cpp, policy/login.cpp, directory/
//   right password but suspended, expired and DELE:     access/, smtp/
//   case, +tag, IDN at log-in:                          auth/, directory/
//   uid reused:                                         callers.cpp, who_may_ask.cpp, and here what status
//   says

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;
using std::chrono::days;

namespace {

std::string host_address(TestOffice& office, std::string_view mailbox)
{
    return text_of(office.done("mailbox.show", fmt::format(R"({{"address":"{}"}})", mailbox)),
                   "host_address");
}

// The host domain is everybody's, so only there can one customer want what another had.
void add_paid(TestOffice& office, std::string_view address, std::string_view customer)
{
    office.done("mailbox.add",
                fmt::format(R"({{"address":"{}","customer":"{}","password":"x"}})", address, customer));
}

} // namespace

TEST_CASE("status and the quota sweep warn when somebody else has the uid of a shell account")
{
    TestOffice office;
    office.settle();
    CHECK(texts(*office.done("status", "{}").member("problems")).empty());
    office.users.names[1001] = "obcy";
    const auto problem =
        "shell account anna has uid 1001, which is the user obcy on this machine: its user is nobody here";
    CHECK(texts(*office.done("status", "{}").member("problems")) == std::vector<std::string>{problem});
    CHECK(texts(*office.done("sweep.quota", "{}").member("problems")) == std::vector<std::string>{problem});
    office.users.names.erase(1001);
    CHECK(texts(*office.done("status", "{}").member("problems")).front().contains("which is nobody's"));
}

TEST_CASE("a freed address waits for its customer, who may take it again at once, and then is anybody's")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    add_paid(office, "biuro@platon.man.lublin.pl", "firma");
    office.done("mailbox.remove", R"({"address":"biuro@platon.man.lublin.pl"})");
    const auto taken = R"({"address":"biuro@platon.man.lublin.pl","customer":"other","password":"x"})";
    CHECK(office.refused("mailbox.add", taken).text.contains("in quarantine"));
    CHECK(office.refused("alias.add", R"({"address":"biuro@platon.man.lublin.pl","to":"ewa"})").fault ==
          Fault::conflict);
    add_paid(office, "biuro@platon.man.lublin.pl", "firma");
    office.done("mailbox.remove", R"({"address":"biuro@platon.man.lublin.pl"})");
    office.pass(days(90) - std::chrono::milliseconds(1));
    CHECK(office.refused("mailbox.add", taken).text.contains("days until it is free: 1"));
    office.pass(std::chrono::milliseconds(1));
    office.done("mailbox.add", taken);
}

TEST_CASE("a freed name in the host domain waits for its customer as any other address does")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.done(
        "mailbox.add",
        R"({"address":"a@moja-firma.lublin.pl","customer":"firma","host_name":"kontakt","password":"x"})");
    SUBCASE("by removal")
    {
        office.done("mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})");
    }
    SUBCASE("by another name")
    {
        office.done("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","host_name":"inny"})");
        office.done("mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})");
    }
    CHECK(office
              .refused("mailbox.add",
                       R"({"address":"a@other.lublin.pl","customer":"other","host_name":"kontakt",
        "password":"x"})")
              .text.contains("in quarantine"));
    office.done("mailbox.add", R"({"address":"b@other.lublin.pl","customer":"other","password":"x"})");
    CHECK(office.refused("mailbox.set", R"({"address":"b@other.lublin.pl","host_name":"kontakt"})").fault ==
          Fault::conflict);
    office.done("mailbox.add",
                R"({"address":"a@moja-firma.lublin.pl","customer":"firma","host_name":"kontakt",
        "password":"x"})");
}

TEST_CASE("the log-in of a removed shell account is kept from other customers as its host address is")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.done("shell.remove", R"({"login":"anna"})");
    const auto params = R"({"login":"anna","customer":"other","adopt":true})";
    CHECK(office.refused("shell.add", params).text.contains("in quarantine"));
    office.done("shell.add", R"({"login":"anna","customer":"firma","adopt":true})");
}

TEST_CASE("a free mailbox that its user removed no longer counts at once, but its mail takes room until it "
          "is purged")
{
    TestOffice office;
    office.settings.plan_free_mailboxes_per_shell = 1;
    office.settle();
    const auto one = R"({"address":"a@moja-firma.lublin.pl","capacity":"1M","password":"x"})";
    const auto other = R"({"address":"b@moja-firma.lublin.pl","capacity":"1M","password":"x"})";
    office.done("my.mailbox.add", one, anna);
    CHECK(office.refused("my.mailbox.add", other, anna).fault == Fault::limit);
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    office.trees.uses[id] = 3_MiB;
    office.done("my.mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})", anna);
    CHECK(number_of(office.done("my.show", "{}", anna), "mailboxes") == 0);
    CHECK(number_of(office.done("my.show", "{}", anna), "space") == 3 << 20);
    const auto usage = office.done("my.usage", "{}", anna);
    CHECK(text_of(usage.array()->back(), "what") == "trash");
    CHECK(number_of(usage.array()->back(), "usage") == 3 << 20);
    office.done("my.mailbox.add", other, anna);
    CHECK(office.has_tree(id));
}

TEST_CASE("every account has a name in the host domain, and where it is taken it gets a number")
{
    TestOffice office;
    office.settle();
    office.done("domain.add", R"({"domain":"moja-firma.com","customer":"firma","owned":true})");
    office.done("domain.add", R"({"domain":"moja-firma.net","customer":"firma","owned":true})");
    for (const std::string_view address :
         {"biuro@moja-firma.lublin.pl", "biuro@moja-firma.com", "biuro@moja-firma.net"})
        add_paid(office, address, "firma");
    CHECK(host_address(office, "biuro@moja-firma.lublin.pl") == "biuro.moja-firma@platon.man.lublin.pl");
    CHECK(host_address(office, "biuro@moja-firma.com") == "biuro.moja-firma-2@platon.man.lublin.pl");
    CHECK(host_address(office, "biuro@moja-firma.net") == "biuro.moja-firma-3@platon.man.lublin.pl");
    CHECK(text_of(office.done("shell.show", R"({"login":"anna"})"), "host_address") ==
          "anna@platon.man.lublin.pl");
    CHECK(office
              .refused("mailbox.add", R"({"address":"a@moja-firma.net","customer":"firma","host_name":"anna",
        "password":"x"})")
              .fault == Fault::conflict);
    add_paid(office, "szef@platon.man.lublin.pl", "firma");
    CHECK(host_address(office, "szef@platon.man.lublin.pl") == "szef@platon.man.lublin.pl");
    CHECK(office
              .refused("mailbox.add", R"({"address":"b@platon.man.lublin.pl","shell":"anna","capacity":"1M",
        "password":"x"})")
              .text.contains("live in moja-firma.lublin.pl"));
}

TEST_CASE("the longest local part still gets a name in the host domain")
{
    TestOffice office;
    office.settle();
    const std::string longest(64, 'a');
    for (const auto* const domain : {"moja-firma.lublin.pl", "druga-firma.lublin.pl"}) {
        if (std::string_view(domain).starts_with("druga"))
            office.done("domain.add", R"({"domain":"druga-firma.lublin.pl","customer":"firma"})");
        add_paid(office, longest + "@" + domain, "firma");
    }
    CHECK(office.registry.host_name(std::string(56, 'a')).value());
    CHECK(office.registry.host_name(std::string(56, 'a') + "-2").value());
}

TEST_CASE("who has the name of a shell account but not its uid gets neither its password nor its new name")
{
    TestOffice office;
    office.settle();
    office.unix_accounts.unix_passwords = true;
    office.unix_accounts.users["anna"] = 1007;
    CHECK(office.refused("shell.set", R"({"login":"anna","password":"x"})").fault == Fault::conflict);
    CHECK_FALSE(office.unix_accounts.passwords.contains("anna"));
    office.done("shell.add", R"({"login":"jan","customer":"firma"})");
    office.unix_accounts.users["jan"] = 1008;
    CHECK(office.refused("shell.rename", R"({"login":"jan","to":"jan2"})").fault == Fault::conflict);
    CHECK(office.unix_accounts.users.contains("jan"));
}

TEST_CASE("a rename of a shell account that was killed before its row is simply repeated")
{
    TestOffice office;
    office.settle();
    office.done("shell.add", R"({"login":"jan","customer":"firma"})");
    const auto user = office.unix_accounts.users.extract("jan");
    office.unix_accounts.users["jan2"] = user.mapped();
    office.done("shell.rename", R"({"login":"jan","to":"jan2"})");
    CHECK(office.registry.shell_account("jan2").value());
}

TEST_CASE("the operator's inbox is made with the first active domain, and stays the one there is")
{
    TestOffice office;
    office.done("customer.add", R"({"name":"firma","title":"F","contact":"a@b.pl"})");
    office.done("domain.add", R"({"domain":"example.com","customer":"firma"})"); // pending: no mail yet
    CHECK(office.registry.mailboxes()->empty());
    const auto rehearsed =
        office.done("domain.add", R"({"domain":"a.lublin.pl","customer":"firma","dry_run":true})");
    CHECK(office.registry.mailboxes()->empty());
    const auto answer = office.done("domain.add", R"({"domain":"a.lublin.pl","customer":"firma"})");
    CHECK(steps_of(answer) == steps_of(rehearsed));
    CHECK(steps_of(answer).back().contains("postmaster@platon.man.lublin.pl"));
    CHECK(text_of(office.done("mailbox.show", R"({"address":"postmaster@platon.man.lublin.pl"})"),
                  "customer") == "operator");
    CHECK(office.has_tree(office.mailbox_id("postmaster@platon.man.lublin.pl")));
    office.done("domain.add", R"({"domain":"b.lublin.pl","customer":"firma"})");
    CHECK(office.registry.mailboxes()->size() == 1);
}

TEST_CASE("no domain becomes active while nobody would read mail for postmaster")
{
    TestOffice office;
    office.done("customer.add", R"({"name":"firma","title":"F","contact":"a@b.pl"})");
    office.done("domain.add", R"({"domain":"example.com","customer":"firma"})");
    office.settings.operator_inbox = address("szef@gdzie.pl");
    const auto local = R"({"domain":"a.lublin.pl","customer":"firma"})";
    CHECK(office.refused("domain.add", local).text.contains("names szef@gdzie.pl, which is not there"));
    CHECK(office.refused("domain.set", R"({"domain":"example.com","owned":true})").fault == Fault::conflict);
    office.resolver.records.mx = {{.preference = 10, .host = "mail.man.lublin.pl"}};
    CHECK(office.refused("domain.prove", R"({"domain":"example.com"})").fault == Fault::conflict);
    office.settings.operator_inbox.reset();
    CHECK(office.refused("domain.add", local)
              .text.contains("nobody would read mail for postmaster@a.lublin.pl"));
    CHECK(office.registry.domains()->size() == 1);
    office.settings.operator_inbox = address("szef@a.lublin.pl"); // made afterwards, in that very domain
    CHECK(steps_of(office.done("domain.add", local)).back().starts_with("now add szef@a.lublin.pl"));
}

TEST_CASE("reserved names are the administrator's alone")
{
    TestOffice office;
    office.settle();
    for (const std::string_view name : {"postmaster", "abuse", "hostmaster", "webmaster", "admin",
                                        "administrator", "root", "mailer-daemon"}) {
        CAPTURE(name);
        const auto at = fmt::format(R"("address":"{}@moja-firma.lublin.pl")", name);
        CHECK(office.refused("my.alias.add", fmt::format("{{{}}}", at), anna).fault == Fault::denied);
        CHECK(
            office
                .refused("my.mailbox.add", fmt::format(R"({{{},"capacity":"1M","password":"x"}})", at), anna)
                .fault == Fault::denied);
        CHECK(
            office.refused("shell.add", fmt::format(R"({{"login":"{}","customer":"firma"}})", name)).fault ==
            Fault::invalid);
        office.done("alias.add", fmt::format(R"({{{},"to":"anna"}})", at));
    }
    office.done("my.alias.add", R"({"address":"info@moja-firma.lublin.pl"})", anna);
    CHECK(office
              .refused("my.alias.rename",
                       R"({"address":"info@moja-firma.lublin.pl","to":"abuse@moja-firma.lublin.pl"})", anna)
              .fault == Fault::denied);
}

TEST_CASE("an MX record proves a domain, but not one that was here under another customer")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    const auto example = R"({"domain":"example.com"})";
    office.done("domain.add", R"({"domain":"example.com","customer":"firma"})");
    CHECK(office.refused("domain.prove", example).text.contains("neither the TXT record"));
    office.resolver.records.mx = {{.preference = 10, .host = "mail.man.lublin.pl"}};
    CHECK(steps_of(office.done("domain.prove", example)).front().contains("by an MX record"));
    CHECK(text_of(office.done("domain.show", example), "state") == "active");
    office.done("domain.remove", example);
    office.done("domain.add", R"({"domain":"example.com","customer":"other"})");
    CHECK(office.refused("domain.prove", example).text.contains("was another customer's here before"));
    office.resolver.records.proofs = {
        office.registry.domain(DomainName::parse("example.com").value()).value()->token};
    CHECK(steps_of(office.done("domain.prove", example)).front().contains("by the TXT record"));
    office.done("domain.remove", example);
    office.resolver.records.proofs.clear();
    office.done("domain.add",
                R"({"domain":"example.com","customer":"other"})"); // its last owner, but not the only one
    CHECK(office.refused("domain.prove", example).fault == Fault::conflict);
}

TEST_CASE("a customer has as many free mailboxes as the lesser of the sums of its own numbers allows")
{
    TestOffice office;
    office.settle();
    office.done("domain.add", R"({"domain":"druga.lublin.pl","customer":"firma"})");
    office.unix_accounts.users["jan"] = 1004;
    office.done("shell.add",
                R"({"login":"jan","customer":"firma","adopt":true,"free_domain":"druga.lublin.pl",
        "free_mailboxes":1})");
    const auto most = [&] {
        return number_of(office.done("customer.show", R"({"name":"firma"})"), "most_free_mailboxes");
    };
    CHECK(most() == 6); // 5 + 1 for the shell accounts, 5 + 5 for the domains
    office.done("domain.set", R"({"domain":"druga.lublin.pl","free_mailboxes":0})");
    CHECK(most() == 5);
    office.done("domain.set", R"({"domain":"moja-firma.lublin.pl","free_mailboxes":1})");
    CHECK(most() == 1);
    CHECK(office
              .refused("mailbox.add",
                       R"({"address":"a@druga.lublin.pl","shell":"jan","capacity":"1M","password":"x"})")
              .text.contains("domain druga.lublin.pl has 0 of 0"));
    office.done("domain.set", R"({"domain":"druga.lublin.pl","free_mailboxes":7})");
    office.done("shell.set", R"({"login":"anna","free_mailboxes":0})");
    CHECK(most() == 1); // 0 + 1 for the shell accounts, 1 + 7 for the domains
    office.done("mailbox.add",
                R"({"address":"a@druga.lublin.pl","shell":"jan","capacity":"1M","password":"x"})");
    CHECK(office
              .refused("mailbox.add",
                       R"({"address":"b@druga.lublin.pl","shell":"jan","capacity":"1M","password":"x"})")
              .text.contains("jan has 1 of 1"));
    office.done("shell.set", R"({"login":"jan","free_mailboxes":"plan"})");
    CHECK(most() == 5);
}

TEST_CASE("forwarding outside is refused, and what helps instead is named")
{
    TestOffice office;
    office.settle();
    for (const std::string_view method : {"alias.add", "alias.set"}) {
        if (method == "alias.set")
            office.done("alias.add", R"({"address":"a@moja-firma.lublin.pl","to":"anna"})");
        const auto error =
            office.refused(method, R"({"address":"a@moja-firma.lublin.pl","to":"ja@gmail.com"})");
        CHECK(error.fault == Fault::invalid);
        CHECK(error.field == "to");
        for (const std::string_view word : {"forwarding outside is not offered", "same customer", "POP3"})
            CHECK_MESSAGE(error.text.contains(word), error.text);
    }
}
