// How SQLite finds the rows: every statement that the engine or a rule runs is caught as it runs, and its
// plan asked for.

#include <set>

#include <doctest/doctest.h>

#include <sqlite3.h>

#include "tests/unit/directory/kinds.h"

using namespace metka;
using namespace metka::directory;

namespace {

std::set<std::string> met; // sqlite3_auto_extension() has no place for an argument

int note(unsigned, void*, void* statement, void*)
{
    met.insert(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
    return 0;
}

int watch(sqlite3* database, const char**, const sqlite3_api_routines*)
{
    return sqlite3_trace_v2(database, SQLITE_TRACE_STMT, &note, nullptr);
}

// Every database that is opened while this lives is watched.
class Watching {
  public:
    Watching() { sqlite3_auto_extension(as_entry_point(&watch)); }
    ~Watching() { sqlite3_cancel_auto_extension(as_entry_point(&watch)); }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

  private:
    using EntryPoint = void (*)();
    static EntryPoint as_entry_point(int (*function)(sqlite3*, const char**, const sqlite3_api_routines*))
    {
        return reinterpret_cast<EntryPoint>(function); // SQLite's own interface asks for it
    }
};

std::vector<std::string> plan_of(sqlite3* database, const std::string& sql)
{
    sqlite3_stmt* statement = nullptr;
    const auto text = "EXPLAIN QUERY PLAN " + sql;
    REQUIRE(sqlite3_prepare_v2(database, text.c_str(), -1, &statement, nullptr) == SQLITE_OK);
    std::vector<std::string> plan;
    while (sqlite3_step(statement) == SQLITE_ROW)
        plan.emplace_back(static_cast<const char*>(sqlite3_column_blob(statement, 3)),
                          static_cast<std::size_t>(sqlite3_column_bytes(statement, 3)));
    sqlite3_finalize(statement);
    return plan;
}

// "SCAN mailbox" walks a table; "SCAN (subquery-1)" walks what has been found.
bool walks(std::string_view step)
{
    return step.starts_with("SCAN ") && !step.starts_with("SCAN (") && !step.starts_with("SCAN CONSTANT");
}

std::set<std::string> met_while(Registry& registry, const std::function<void(Registry&)>& asking)
{
    met.clear();
    asking(registry);
    auto statements = met;
    CHECK_FALSE(statements.empty());
    return statements;
}

template <class Is>
void check_plans(const std::string& path, const std::set<std::string>& statements, const Is& is_wrong)
{
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
    for (const auto& sql : statements) {
        if (sql.starts_with("INSERT") || sql.starts_with("PRAGMA")) continue;
        for (const auto& step : plan_of(database, sql)) {
            CAPTURE(sql);
            CAPTURE(step);
            CHECK_FALSE(is_wrong(step));
        }
    }
    sqlite3_close_v2(database);
}

void ask_as_the_engine(Registry& registry)
{
    const People people;
    (void)registry.recipient(people.biuro.address);
    (void)registry.inbox(people.biuro.id);
    (void)registry.login("anna");
    (void)registry.login("anna@moja-firma.lublin.pl");
    (void)registry.may_send_as(people.biuro.id, people.biuro.address);
    (void)registry.space(people.anna.id);
}

void ask_as_the_rules(Registry& registry)
{
    const People people;
    const auto& [firma, domain, anna] = std::tie(people.firma.id, people.domain.id, people.anna.id);
    (void)registry.host_domain();
    (void)registry.host_name("anna");
    (void)registry.domains_of(firma);
    (void)registry.shell_accounts_of(firma);
    (void)registry.mailboxes_of(firma);
    (void)registry.mailboxes_in(anna);
    (void)registry.mailboxes_at(domain);
    (void)registry.aliases_of(anna);
    (void)registry.aliases_at(domain);
    (void)registry.aliases_by(anna, MadeBy::self_service);
    (void)registry.mailboxes_ending(noon, {}, 10);
    (void)registry.inboxes({}, 10);
    (void)registry.free_counts(anna, domain, firma);
    (void)registry.quarantine(people.biuro.address);
    (void)registry.was_anothers(people.domain.name, firma);
    (void)registry.last_sweep(Sweep::quota);
    (void)registry.end_quarantines(noon);
    (void)registry.audit({.subject = "a"});
    (void)registry.audit({.acting_as = "a"});
    (void)registry.audit({.subject = "a", .acting_as = "a"});
}

} // namespace

TEST_CASE("no question of the engine or of a rule walks a table, nor does any change")
{
    const Watching watching;
    InSqlite kind;
    const auto path = kind.folder.file("metka.db");
    const People people;
    auto changes = met_while(kind.registry(), [&](Registry& registry) {
        REQUIRE(people.move_in(registry));
        REQUIRE(change(registry,
                       [&](Changes& c) -> Result<void> {
                           for (const auto& done :
                                {c.set(people.firma), c.set(people.domain), c.set(people.anna),
                                 c.set(people.biuro), c.set(people.info), c.remove_alias(people.info.address),
                                 c.remove_inbox(people.sklep.id), c.forget_removed(people.sklep.id)})
                               if (!done) return done;
                           (void)c.remove(people.domain.id);
                           (void)c.remove(people.firma.id);
                           return {};
                       })
                    .error()
                    .fault == Fault::conflict);
    });
    std::erase_if(changes, [](const std::string& sql) {
        return sql == "COMMIT" || sql == "ROLLBACK" || sql.starts_with("BEGIN") || sql.starts_with("--");
    });
    check_plans(path, changes, &walks);
    check_plans(path, met_while(kind.registry(), &ask_as_the_engine), &walks);
    check_plans(path, met_while(kind.registry(), &ask_as_the_rules), &walks);
}

TEST_CASE("the answer to a known recipient or log-in is one statement")
{
    const Watching watching;
    InSqlite kind;
    const People people;
    REQUIRE(people.move_in(kind.registry()));
    for (const auto& ask : std::vector<std::function<void(Registry&)>>{
             [&](Registry& registry) { CHECK(registry.recipient(people.info.address).value()); },
             [&](Registry& registry) { CHECK(registry.login("biuro@moja-firma.lublin.pl").value()); },
             [&](Registry& registry) { CHECK(registry.login("anna").value()); },
             [&](Registry& registry) {
                 CHECK(registry.may_send_as(people.biuro.id, people.biuro.address).value());
             }})
        CHECK(met_while(kind.registry(), ask).size() == 1);
}

TEST_CASE("whole tables are counted by an index that covers them")
{
    const Watching watching;
    InSqlite kind;
    const auto counts = met_while(kind.registry(), [](Registry& registry) { (void)registry.totals(); });
    check_plans(kind.folder.file("metka.db"), counts,
                [](std::string_view step) { return walks(step) && !step.contains("USING COVERING INDEX"); });
}
