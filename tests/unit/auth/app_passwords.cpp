#include "daemon/auth/app_password.h"

#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "core/base/text.h"
#include "tests/unit/auth/house.h"

using namespace metka;
using namespace metka::auth;
using namespace metka::auth::test;

namespace {

struct Desk {
    House& house;
    Result<Secret> add(const InboxId& account, std::string_view name, std::optional<Instant> ends = {})
    {
        login::AddAppPassword order{.account = account, .name = std::string(name), .until = {}};
        if (ends) {
            order.until = "2027-01-31";
            order.ends = static_cast<std::uint64_t>(to_unix_ms(*ends));
        }
        auto made = awaited(house.loop, house.metkad->ask_for<login::AppPasswordMade>(std::move(order)));
        if (!made) return pass(made);
        return std::move(made->password);
    }
    std::vector<login::AppPasswordRow> list(const InboxId& account)
    {
        const login::ListAppPasswords order{.account = account};
        auto listed = awaited(house.loop, house.metkad->ask_for<login::AppPasswords>(order));
        REQUIRE(listed);
        return std::move(listed->rows);
    }
    Result<login::Stored> remove(const InboxId& account, std::string_view name)
    {
        login::RemoveAppPassword order{.account = account, .name = std::string(name)};
        return awaited(house.loop, house.metkad->ask_for<login::Stored>(std::move(order)));
    }
    std::uint64_t hashes() const { return house.hashes.hasher().hashes(); }
};

bool verified(House& house, const InboxId& account, std::string_view password)
{
    login::VerifyPassword question{.account = account, .password = Secret(password)};
    const auto answer = awaited(house.loop, house.metkad->ask_for<login::Verified>(std::move(question)));
    REQUIRE(answer);
    return answer->right;
}

} // namespace

TEST_CASE(
    "a made app password is five groups of four small letters that no eye mistakes, never twice the same")
{
    std::set<std::string> seen;
    std::map<char, int> letters;
    for (int i = 0; i < 500; ++i) {
        const auto made = make_app_password();
        const std::string text(made.reveal());
        CHECK(seen.insert(text).second);
        const auto groups = split(text, ' ');
        REQUIRE(groups.size() == 5);
        for (const auto group : groups) {
            CHECK(group.size() == 4);
            for (const char c : group)
                ++letters[c];
        }
    }
    CHECK(letters.size() == 23);
    for (const auto& [letter, count] : letters) { // 435 of each on average, with a deviation of 20
        CAPTURE(letter);
        CHECK(count > 280);
        CHECK(count < 590);
        CHECK_FALSE(std::string_view("ilo ").contains(letter));
    }
}

TEST_CASE("an app password is read as people type it, and nothing else is taken for one")
{
    for (const auto* const typed : {"abcd efgh jkmn pqrs tuvw", "abcdefghjkmnpqrstuvw",
                                    "Abcd-efgh-jkmn-pqrs-tuvw", " abcd  EFGH jkmn pqrs tuvw "}) {
        CAPTURE(typed);
        const auto read = read_app_password(typed);
        REQUIRE(read);
        CHECK(read->reveal() == "abcdefghjkmnpqrstuvw");
    }
    for (const auto* const other :
         {"", "abcd efgh jkmn pqrs tuv", "abcd efgh jkmn pqrs tuvwx", "abcd efgh jkmn pqrs tuv1",
          "abcd efgh jkmn pqrs tuvl", "abcd_efgh_jkmn_pqrs_tuvw", "abcd efgh jkmn pqrs tuvż"})
        CHECK_FALSE(read_app_password(other));
}

TEST_CASE("an app password opens POP3 and submission by every name of its account, without a hash, and no "
          "other account")
{
    House house;
    Desk desk{house};
    const auto made = desk.add(house.people.biuro.id, "Telefon").value();
    const auto before = desk.hashes();
    for (const auto service : {Service::pop3, Service::submission})
        for (const auto name : {biuro, std::string_view("Marketing@MOJA-firma.lublin.pl")}) {
            const auto answer = house.log_in(service, name, made.reveal());
            REQUIRE(answer);
            CHECK(answer->verdict == Verdict::right);
            CHECK(answer->account == house.people.biuro.id);
        }
    CHECK(desk.hashes() == before);
    CHECK(house.verdict(Service::pop3, "anna", made.reveal()) == Verdict::wrong);
    CHECK(house.verdict(Service::pop3, "nobody", made.reveal()) == Verdict::wrong);
}

TEST_CASE("the main password and all app passwords open beside each other")
{
    House house;
    Desk desk{house};
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    const auto phone = desk.add(house.people.biuro.id, "Telefon").value();
    const auto printer = desk.add(house.people.biuro.id, "Drukarka").value();
    for (const auto password : {std::string_view("b"), phone.reveal(), printer.reveal()})
        CHECK(house.verdict(Service::pop3, biuro, password) == Verdict::right);
    REQUIRE(desk.remove(house.people.biuro.id, "Telefon"));
    CHECK(house.verdict(Service::pop3, biuro, phone.reveal()) == Verdict::wrong); // at once
    CHECK(house.verdict(Service::pop3, biuro, "b") == Verdict::right);
    CHECK(house.verdict(Service::pop3, biuro, printer.reveal()) == Verdict::right);
    REQUIRE(house.remove_secrets(house.people.biuro.id));
    CHECK(house.verdict(Service::pop3, biuro, printer.reveal()) == Verdict::wrong);
    CHECK(desk.list(house.people.biuro.id).empty());
}

TEST_CASE("a wrong password costs one hash, whether the account has none, one or twenty app passwords, or is "
          "not there")
{
    House house;
    Desk desk{house};
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    std::vector<Secret> made;
    made.reserve(most_app_passwords);
    for (std::size_t i = 0; i < most_app_passwords; ++i)
        made.push_back(desk.add(house.people.biuro.id, fmt::format("number {}", i)).value());
    for (const auto name :
         {biuro, std::string_view("sklep@moja-firma.lublin.pl"), std::string_view("nobody")})
        for (const auto password : {"x", "abcd efgh jkmn pqrs tuvw"}) {
            CAPTURE(name);
            CAPTURE(password);
            const auto before = desk.hashes();
            const auto answer = house.log_in(Service::pop3, name, password, "2001:db8::1");
            REQUIRE(answer);
            CHECK(answer->verdict == Verdict::wrong);
            CHECK(desk.hashes() == before + 1);
        }
    for (const auto& each : made)
        CHECK(house.verdict(Service::submission, biuro, each.reveal()) == Verdict::right);
}

TEST_CASE("a main password that looks like an app password is still the main password")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "Abcd efgh jkmn pqrs tuvw"));
    CHECK(house.verdict(Service::pop3, biuro, "Abcd efgh jkmn pqrs tuvw") == Verdict::right);
    CHECK(house.verdict(Service::pop3, biuro, "abcd efgh jkmn pqrs tuvw") == Verdict::wrong);
}

TEST_CASE("an app password opens until its end and not from then on")
{
    House house;
    Desk desk{house};
    const auto made =
        desk.add(house.people.biuro.id, "Telefon", house.clock.now() + std::chrono::minutes(10)).value();
    house.clock.advance(std::chrono::minutes(10) - std::chrono::milliseconds(1));
    CHECK(house.verdict(Service::pop3, biuro, made.reveal()) == Verdict::right);
    house.clock.advance(std::chrono::milliseconds(1));
    CHECK(house.verdict(Service::pop3, biuro, made.reveal()) == Verdict::wrong);
    REQUIRE(desk.list(house.people.biuro.id).size() == 1);
    CHECK(desk.list(house.people.biuro.id)[0].until == "2027-01-31");
}

TEST_CASE("after an app password the account's state decides as after the main one")
{
    House house;
    Desk desk{house};
    const auto made = desk.add(house.people.biuro.id, "Telefon").value();
    house.clock.advance(std::chrono::hours(1));
    const auto expired = house.log_in(Service::pop3, biuro, made.reveal());
    REQUIRE(expired);
    CHECK(expired->verdict == Verdict::expired);
    CHECK(expired->inbox);
    house.people.firma.standing = Standing::suspended;
    house.change([&](directory::Changes& changes) { return changes.set(house.people.firma); });
    CHECK(house.verdict(Service::pop3, biuro, made.reveal()) == Verdict::suspended);
}

TEST_CASE("an app password is not the password that `my` asks for before it sets another")
{
    House house;
    Desk desk{house};
    REQUIRE(house.set_password(house.people.anna.id, "a"));
    const auto made = desk.add(house.people.anna.id, "Telefon").value();
    CHECK(house.verdict(Service::pop3, "anna", made.reveal()) == Verdict::right);
    CHECK_FALSE(verified(house, house.people.anna.id, made.reveal()));
    CHECK(verified(house, house.people.anna.id, "a"));
}

TEST_CASE("app passwords open a shell account without a Unix password, and none that is locked or closed")
{
    House house(true);
    Desk desk{house};
    const auto made = desk.add(house.people.anna.id, "Telefon").value();
    const auto good = shadow_line(house.hashes.hasher(), "unix");
    struct Row {
        std::string line;
        Verdict verdict;
    };
    for (const auto& row : std::vector<Row>{{good, Verdict::right},
                                            {"anna:*:19000:0:99999:7:::", Verdict::right},
                                            {"anna:!:19000:0:99999:7:::", Verdict::wrong},
                                            {"anna:!*:19000:0:99999:7:::", Verdict::wrong},
                                            {"anna:!" + good.substr(5), Verdict::wrong},
                                            {"anna::19000:0:99999:7:::", Verdict::wrong},
                                            {"anna:*:19000:0:99999:7::1:", Verdict::wrong},
                                            {"", Verdict::wrong},
                                            {good, Verdict::right}}) {
        CAPTURE(row.line);
        house.unix_users.line = row.line;
        house.time += std::chrono::hours(1);
        CHECK(house.verdict(Service::pop3, "anna", made.reveal()) == row.verdict);
        if (row.line != good) CHECK(house.verdict(Service::pop3, "anna", "*") == Verdict::wrong);
    }
    house.unix_users.user.uid += 1; // the name belongs to somebody else now
    CHECK(house.verdict(Service::pop3, "anna", made.reveal()) == Verdict::wrong);
}

TEST_CASE("names are an account's own, are listed in order, and are twenty at most")
{
    House house;
    Desk desk{house};
    const auto& id = house.people.biuro.id;
    CHECK(desk.remove(id, "Telefon").error().fault == Fault::not_found);
    REQUIRE(desk.add(id, "Żółty telefon"));
    REQUIRE(desk.add(id, "Drukarka"));
    REQUIRE(desk.add(house.people.anna.id, "Drukarka"));
    CHECK(desk.add(id, "Drukarka").error().fault == Fault::conflict);
    for (const auto* const bad : {"", " x", "x ", "a\nb", "a\x1b", "\xff", "a\u202Eb"})
        CHECK(desk.add(id, bad).error().fault == Fault::invalid);
    const auto rows = desk.list(id);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].name == "Drukarka");
    CHECK(rows[1].name == "Żółty telefon");
    CHECK(rows[0].id != rows[1].id);
    for (int i = 2; i < 20; ++i)
        REQUIRE(desk.add(id, fmt::format("number {}", i)));
    CHECK(desk.add(id, "one too many").error().fault == Fault::limit);
    REQUIRE(desk.remove(id, "Drukarka"));
    CHECK(desk.add(id, "Drukarka"));
}

TEST_CASE("app passwords survive a restart, and what is kept of one is neither it nor the same elsewhere")
{
    House house;
    Desk desk{house};
    const auto made = desk.add(house.people.biuro.id, "Telefon").value();
    auto reopened = Secrets::open(house.folder.file("secrets.db")).value();
    const auto letters = read_app_password(made.reveal()).value();
    const auto digest = digest_of(house.people.biuro.id, letters);
    CHECK(digest.size() == 64);
    CHECK(reopened.app_password(house.people.biuro.id, digest, house.clock.now()).value()->name == "Telefon");
    CHECK(digest_of(house.people.anna.id, letters) != digest);
    CHECK_FALSE(reopened.app_password(house.people.anna.id, digest, house.clock.now()).value());
    std::ifstream file(house.folder.file("secrets.db-wal"), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    CHECK(bytes.contains(digest));
    CHECK_FALSE(bytes.contains(made.reveal()));
    CHECK_FALSE(bytes.contains(letters.reveal()));
}

TEST_CASE("the list says of each app password when, to what and from where it was last used")
{
    House house;
    Desk desk{house};
    const auto& id = house.people.biuro.id;
    REQUIRE(house.set_password(id, "b"));
    const auto phone = desk.add(id, "Telefon").value();
    REQUIRE(desk.add(id, "Drukarka"));
    REQUIRE(house.log_in(Service::pop3, biuro, "b"));
    CHECK(desk.list(id)[1].used == Instant());
    REQUIRE(house.log_in(Service::pop3, biuro, phone.reveal(), "192.0.2.7"));
    house.clock.advance(std::chrono::seconds(1));
    REQUIRE(house.log_in(Service::submission, biuro, phone.reveal(), "2001:db8::1"));
    const auto rows = desk.list(id);
    CHECK(rows[0].used == Instant());
    CHECK(rows[1].used == house.clock.now());
    CHECK(rows[1].service == Service::submission);
    CHECK(rows[1].peer == "2001:db8::1");
    REQUIRE(desk.remove(id, "Telefon"));
    REQUIRE(desk.add(id, "Telefon"));
    CHECK(desk.list(id)[1].used == Instant());
}

TEST_CASE("an app password that is removed or ends while it waits opens nothing, and was not used")
{
    for (const bool is_removed : {true, false}) {
        CAPTURE(is_removed);
        House house;
        Desk desk{house};
        const auto& id = house.people.biuro.id;
        const auto ends = house.clock.now() + std::chrono::minutes(10);
        const auto made = desk.add(id, "Telefon", ends).value();
        house.meanwhile = [&] {
            if (is_removed)
                REQUIRE(house.secrets.remove_app_password(id, "Telefon"));
            else
                house.clock.advance(std::chrono::minutes(10));
        };
        CHECK(house.verdict(Service::submission, biuro, made.reveal()) == Verdict::wrong);
        CHECK_FALSE(house.gatekeeper.logins().last(id));
    }
}
