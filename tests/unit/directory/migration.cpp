// A directory database of version 1, 2 or 3, as its steps made it then, under the program of today.

#include <doctest/doctest.h>

#include "core/directory/schema.h"
#include "core/directory/sqlite_directory.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"

using namespace metka;
using namespace metka::directory;

namespace {

// One of everything, and mailboxes whose host names meet: biuro.moja-firma three times, once as a whole
// address, and a local part that fills its 64 bytes.
constexpr sqlite::Sql rows_of_version_1 = R"sql(
INSERT INTO customer VALUES (x'01000000000000000000000000000001', 'firma', 'Moja Firma', 'a@example.org',
    'suspended', 5);
INSERT INTO domain VALUES (x'02000000000000000000000000000001', 'moja-firma.lublin.pl',
    x'01000000000000000000000000000001', 'local', 'suspended', 't0k3n', 6);
INSERT INTO domain VALUES (x'02000000000000000000000000000002', 'moja-firma.example.org',
    x'01000000000000000000000000000001', 'foreign', 'pending', 't', 6);
INSERT INTO domain VALUES (x'02000000000000000000000000000003', 'moja-firma-2.example.org',
    x'01000000000000000000000000000001', 'foreign', 'active', 't', 6);
INSERT INTO inbox VALUES (x'03000000000000000000000000000001', 'shell'),
    (x'03000000000000000000000000000002', 'mailbox'), (x'03000000000000000000000000000003', 'mailbox'),
    (x'03000000000000000000000000000004', 'mailbox'), (x'03000000000000000000000000000005', 'mailbox');
INSERT INTO address VALUES
    ('biuro@moja-firma.lublin.pl', x'02000000000000000000000000000001', x'03000000000000000000000000000002',
     'primary', 'administrator', 7),
    ('biuro@moja-firma.example.org', x'02000000000000000000000000000002', x'03000000000000000000000000000003',
     'primary', 'administrator', 7),
    ('biuro@moja-firma-2.example.org', x'02000000000000000000000000000003',
     x'03000000000000000000000000000004', 'primary', 'administrator', 7),
    ('abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012.56789abc@moja-firma.lublin.pl',
     x'02000000000000000000000000000001', x'03000000000000000000000000000005', 'primary', 'administrator', 7),
    ('info@moja-firma.lublin.pl', x'02000000000000000000000000000001', x'03000000000000000000000000000001',
     'alias', 'self_service', 8);
INSERT INTO shell_account VALUES (x'03000000000000000000000000000001', 'anna',
    x'01000000000000000000000000000001', 1001, 1, 500, x'02000000000000000000000000000001', 'active', 9);
INSERT INTO mailbox VALUES
    (x'03000000000000000000000000000002', 'biuro@moja-firma.lublin.pl', x'01000000000000000000000000000001',
     x'03000000000000000000000000000001', 50, '2027-12-31', 1000, 'active', 10),
    (x'03000000000000000000000000000003', 'biuro@moja-firma.example.org',
     x'01000000000000000000000000000001', NULL, NULL, NULL, NULL, 'suspended', 10),
    (x'03000000000000000000000000000004', 'biuro@moja-firma-2.example.org',
     x'01000000000000000000000000000001', NULL, NULL, NULL, NULL, 'active', 10),
    (x'03000000000000000000000000000005',
     'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012.56789abc@moja-firma.lublin.pl',
     x'01000000000000000000000000000001', NULL, NULL, NULL, NULL, 'active', 10);
INSERT INTO audit VALUES (1, x'04000000000000000000000000000001', 11, 0, 'root', '', 'verb', 'firma', '', '');
)sql";

struct Version1 {
    TestFolder folder;
    std::string path = folder.file("metka.db");

    Version1()
    {
        migrate(1);
        REQUIRE(open().execute(rows_of_version_1));
    }
    void migrate(std::size_t version) const
    {
        auto database = open();
        const sqlite::Migrations until{.what = "directory",
                                       .steps = directory_migrations().steps.first(version)};
        REQUIRE(sqlite::migrate(database, until));
    }
    sqlite::Database open() const
    {
        REQUIRE(sqlite::make_file(path, {.mode = 0640}));
        return sqlite::Database::open(path, {.access = sqlite::Access::read_write}).value();
    }
    bool is_sound() const
    {
        auto database = open();
        auto checked = database
                           .ask("SELECT (SELECT count(*) FROM pragma_foreign_key_check),"
                                " (SELECT integrity_check FROM pragma_integrity_check)")
                           .value();
        REQUIRE(checked.next().value());
        return checked.number(0) == 0 && checked.text(1) == "ok";
    }
};

} // namespace

TEST_CASE("a database of version 1 is migrated with every row kept")
{
    const Version1 old;
    const auto registry = open_registry(old.path).value();
    const auto firma = registry->customer("firma").value().value();
    CHECK(firma.title == "Moja Firma");
    CHECK(firma.contact == "a@example.org");
    CHECK(firma.standing == Standing::suspended);
    CHECK(firma.created == from_unix_ms(5));
    CHECK(firma.plan == "standard");
    CHECK(firma.language == Language::polish);

    const auto domains = registry->domains().value();
    REQUIRE(domains.size() == 3);
    CHECK(domains[2].name.text() == "moja-firma.lublin.pl");
    CHECK(domains[2].customer == firma.id);
    CHECK(domains[2].kind == DomainKind::local);
    CHECK(domains[2].state == DomainState::suspended);
    CHECK(domains[2].token == "t0k3n");
    CHECK(domains[2].created == from_unix_ms(6));
    CHECK(domains[0].state == DomainState::active);
    CHECK(domains[1].state == DomainState::pending);
    CHECK_FALSE(registry->host_domain().value());

    const auto anna = registry->shell_account("anna").value().value();
    CHECK(anna.uid == 1001);
    CHECK(anna.adopted);
    CHECK(anna.disk_limit == Capacity(Bytes{500}));
    CHECK(anna.free_domain == domains[2].id);
    CHECK(anna.created == from_unix_ms(9));
    CHECK(registry->recipient(address("info@moja-firma.lublin.pl")).value().value().inbox.value().id ==
          anna.id);
    CHECK(registry->aliases().value().at(0).made_by == MadeBy::self_service);
    CHECK(registry->audit({}).value().at(0).at == from_unix_ms(11));

    const auto biuro = registry->mailbox(address("biuro@moja-firma.lublin.pl")).value().value();
    CHECK(biuro.shell == anna.id);
    CHECK(biuro.capacity == Capacity(Bytes{50}));
    CHECK(biuro.validity.value().until.text() == "2027-12-31");
    CHECK(biuro.validity->ends == from_unix_ms(1000));
    CHECK(biuro.created == from_unix_ms(10));
    CHECK(registry->mailboxes_at(domains[2].id).value().size() == 2);
    CHECK(registry->free_counts(anna.id, domains[2].id, firma.id).value().in_domain == 1);
    CHECK(old.is_sound());
}

TEST_CASE("accounts from version 1 get host names, each its own")
{
    const Version1 old;
    const auto registry = open_registry(old.path).value();
    const auto named = [&](std::string_view at) {
        return registry->mailbox(address(at)).value().value().host_name;
    };
    CHECK(registry->host_name("anna").value() == registry->shell_account("anna").value().value().id);
    CHECK(named("biuro@moja-firma.lublin.pl") == "biuro.moja-firma");
    CHECK(named("biuro@moja-firma-2.example.org") == "biuro.moja-firma-2");
    // The second of biuro.moja-firma would be -2, which is a third one's by birth.
    CHECK(named("biuro@moja-firma.example.org") == "m03000000000000000000000000000003");
    CHECK(named("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012.56789abc@moja-firma.lublin.pl") ==
          "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012");
    auto mailboxes = registry->mailboxes().value();
    for (auto& mailbox : mailboxes) { // every one passes for a name of today
        AuditEntry entry = by_root("test");
        CHECK(registry->change(entry, [&](Changes& changes) { return changes.set(mailbox); }));
    }
}

TEST_CASE("after the migration the keys between the tables hold as before")
{
    const Version1 old;
    REQUIRE(open_registry(old.path));
    auto database = old.open();
    CHECK(database.execute("DELETE FROM domain").error().fault == Fault::conflict);
    CHECK(database.execute("DELETE FROM customer").error().fault == Fault::conflict);
    CHECK(database
              .execute("INSERT INTO domain (id, name, kind, state, token, created)"
                       " VALUES (x'09000000000000000000000000000009', 'x.pl', 'local', 'active', '', 1)")
              .error()
              .fault == Fault::conflict);
}

TEST_CASE("a database of version 2 keeps its rows, and can note moves and switches")
{
    const Version1 old;
    old.migrate(2);
    const auto registry = open_registry(old.path).value();
    const auto biuro = registry->mailbox(address("biuro@moja-firma.lublin.pl")).value().value();
    CHECK(registry->mailboxes().value().size() == 4);
    CHECK(registry->audit({}).value().size() == 1);
    CHECK(registry->moves().value().empty());
    CHECK(registry->switches(10).value().empty());
    CHECK(registry->note_move({.mailbox = biuro.id, .from = biuro.shell, .to = {}, .since = noon}));
    CHECK(registry->note_switch({.id = SwitchId::make(noon), .at = noon, .to = 1, .cause = "start"}));
    CHECK(registry->moves().value().at(0).from == biuro.shell);
    CHECK(registry->switches(10).value().at(0).to == 1);
    auto database = old.open();
    CHECK(database.execute("DELETE FROM mailbox").error().fault == Fault::conflict);
    CHECK(old.is_sound());
}

TEST_CASE(
    "a database of version 3 goes on sending: no domain protects its senders, no account has its own numbers")
{
    const Version1 old;
    old.migrate(3);
    const auto registry = open_registry(old.path).value();
    const auto biuro = registry->mailbox(address("biuro@moja-firma.lublin.pl")).value().value();
    CHECK(registry->sending(biuro.id).value() == SendingRecord{.plan = "standard"});
    for (const auto& domain : registry->domains().value())
        CHECK_FALSE(domain.protects_sender);
    CHECK(old.is_sound());
}
