#include "tests/unit/auth/house.h"

using namespace metka;
using namespace metka::auth;
using namespace metka::auth::test;

TEST_CASE("the right password opens by address, by alias and by shell name, and says whose account it is")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    REQUIRE(house.set_password(house.people.anna.id, "a"));
    struct Row {
        std::string_view name, password, login;
        InboxId account;
    };
    const std::vector<Row> rows{
        {biuro, "b", biuro, house.people.biuro.id},
        {"Marketing@MOJA-firma.lublin.pl", "b", biuro, house.people.biuro.id},
        {"anna", "a", "anna", house.people.anna.id},
        {"info@moja-firma.lublin.pl", "a", "anna", house.people.anna.id},
    };
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto answer = house.log_in(Service::submission, row.name, row.password);
        REQUIRE(answer);
        CHECK(answer->verdict == Verdict::right);
        CHECK(answer->account == row.account);
        CHECK(answer->login == row.login);
        CHECK_FALSE(answer->inbox);
    }
    CHECK(house.granted.empty());
}

TEST_CASE("every wrong log-in gets the same answer and costs one hash, whatever is wrong about it")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    const std::vector<std::pair<std::string_view, std::string_view>> attempts{
        {biuro, "c"},
        {"nobody@moja-firma.lublin.pl", "b"},
        {"nobody@example.org", "b"},
        {"nobody", "b"},
        {"biuro+tag@moja-firma.lublin.pl", "b"},
        {"", "b"},
        {"sklep@moja-firma.lublin.pl", "b"}, // an account without a password
    };
    for (const auto& [name, password] : attempts) {
        CAPTURE(name);
        const auto before = house.hashes.hasher().hashes();
        const auto answer = house.log_in(Service::pop3, name, password);
        REQUIRE(answer);
        CHECK(answer->verdict == Verdict::wrong);
        CHECK(answer->account.empty());
        CHECK(answer->login.empty());
        CHECK_FALSE(answer->inbox);
        CHECK(house.hashes.hasher().hashes() == before + 1);
    }
    CHECK(house.granted.empty());
}

TEST_CASE("a password that nobody can have is wrong at once, for everybody")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    const auto before = house.hashes.hasher().hashes();
    for (const auto name : {biuro, std::string_view("nobody")})
        for (const auto& password : {std::string(), std::string(600, 'x'), std::string("b\0", 2)})
            CHECK(house.verdict(Service::submission, name, password) == Verdict::wrong);
    CHECK(house.hashes.hasher().hashes() == before);
}

TEST_CASE("after the right password the account's state decides, and only after it")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    house.clock.advance(std::chrono::hours(1));
    const auto expired = house.log_in(Service::pop3, biuro, "b");
    REQUIRE(expired);
    CHECK(expired->verdict == Verdict::expired);
    CHECK(expired->inbox);
    CHECK(house.verdict(Service::submission, biuro, "b") == Verdict::expired);
    CHECK(house.verdict(Service::pop3, biuro, "c") == Verdict::wrong);
    CHECK(house.granted.size() == 1);

    house.people.firma.standing = Standing::suspended;
    house.change([&](directory::Changes& changes) { return changes.set(house.people.firma); });
    const auto suspended = house.log_in(Service::pop3, biuro, "b"); // although remembered
    REQUIRE(suspended);
    CHECK(suspended->verdict == Verdict::suspended);
    CHECK(suspended->account.empty());
    CHECK_FALSE(suspended->inbox);
    CHECK(house.verdict(Service::pop3, biuro, "c") == Verdict::wrong);
    CHECK(house.granted.size() == 1);
}

TEST_CASE("a POP3 log-in gets a wire whose other end the store has, for that inbox alone")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    const auto answer = house.log_in(Service::pop3, biuro, "b");
    REQUIRE(answer);
    REQUIRE(answer->inbox);
    REQUIRE(house.granted.size() == 1);
    CHECK(house.granted[0] == house.people.biuro.id);

    sys::Frame sent;
    sent.kind = maildir::OpenInbox::kind;
    REQUIRE(sys::send_frame(answer->inbox.get(), sent) == sys::Passed::whole);
    sys::Frame received;
    REQUIRE(sys::receive_frame(house.store_ends[0].get(), received) == sys::Passed::whole);
    CHECK(received.kind == maildir::OpenInbox::kind);
}

TEST_CASE("without the store a POP3 client is told to try again")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    house.store.replace(nullptr);
    const auto answer = house.log_in(Service::pop3, biuro, "b");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().fault == Fault::unavailable);
}

TEST_CASE("metka-smtp cannot log in for POP3, and loses its wire when it tries")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    login::WireAuthenticator authenticator(house.smtp);
    const auto answer = awaited(
        house.loop,
        authenticator.check({.service = Service::pop3, .name = std::string(biuro), .password = Secret("b")}));
    REQUIRE_FALSE(answer);
    CHECK(house.granted.empty());
    CHECK_FALSE(house.smtp.is_up());
    CHECK(house.access.is_up());
}

TEST_CASE("programs cannot set passwords")
{
    House house;
    login::SetPassword order{.account = house.people.biuro.id, .password = Secret("mine")};
    const auto answer = awaited(house.loop, house.access.ask_for<login::Stored>(std::move(order)));
    REQUIRE_FALSE(answer);
    CHECK_FALSE(house.access.is_up());
    CHECK_FALSE(house.secrets.hash_of(house.people.biuro.id).value());
}

TEST_CASE("a right answer costs one hash a minute, until the password changes or is removed")
{
    House house;
    const auto cost = [&](std::string_view password, Verdict verdict) {
        const auto before = house.hashes.hasher().hashes();
        CHECK(house.verdict(Service::submission, biuro, password) == verdict);
        return house.hashes.hasher().hashes() - before;
    };
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    CHECK(cost("b", Verdict::right) == 1);
    CHECK(cost("b", Verdict::right) == 0);
    CHECK(cost("x", Verdict::wrong) == 1);
    CHECK(cost("b", Verdict::right) == 0);
    house.time += std::chrono::minutes(1);
    CHECK(cost("b", Verdict::right) == 1);

    REQUIRE(house.set_password(house.people.biuro.id, "new"));
    CHECK(cost("b", Verdict::wrong) == 1);
    CHECK(cost("new", Verdict::right) == 1);
    REQUIRE(house.remove_secrets(house.people.biuro.id));
    REQUIRE(house.remove_secrets(house.people.biuro.id));
    CHECK(cost("new", Verdict::wrong) == 1);
}

TEST_CASE("a password that cannot be is refused with a sentence, and the old one stays")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    for (const auto& password : {std::string(), std::string(512, 'x'), std::string("a\0b", 3)}) {
        const auto refused = house.set_password(house.people.biuro.id, password);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().fault == Fault::invalid);
        CHECK(refused.error().field == "password");
        CHECK(refused.error().text.starts_with("a password"));
    }
    CHECK(house.verdict(Service::submission, biuro, "b") == Verdict::right);
}

TEST_CASE("beyond what may wait for a hash, log-ins are told to try again at once")
{
    asio::io_context loop;
    HashPool pool(Hasher::make(1).value(), {.at_once = 1, .waiting = 2});
    const Secret password("x");
    const std::string against = pool.hasher().dummy();
    std::vector<Fault> refused;
    int answered = 0;
    for (int i = 0; i < 5; ++i)
        asio::co_spawn(loop, pool.verify(password, against), [&](std::exception_ptr, Result<bool> done) {
            if (done)
                ++answered;
            else
                refused.push_back(done.error().fault);
        });
    loop.run();
    CHECK(answered == 3);
    CHECK(refused == std::vector<Fault>{Fault::unavailable, Fault::unavailable});

    const auto later = awaited(loop, pool.verify(password, against)); // and there is room again
    CHECK(later);
}

TEST_CASE("in an instance of root's a shell account has the password of its Unix user and no other")
{
    House house(true);
    REQUIRE(house.set_password(house.people.anna.id, "kept here"));
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    house.unix_users.line = shadow_line(house.hashes.hasher(), "unix");
    CHECK(house.verdict(Service::submission, "anna", "unix") == Verdict::right);
    CHECK(house.verdict(Service::submission, "info@moja-firma.lublin.pl", "unix") == Verdict::right);
    CHECK(house.verdict(Service::submission, "anna", "kept here") == Verdict::wrong);
    CHECK(house.verdict(Service::submission, biuro, "b") == Verdict::right);
    CHECK(house.verdict(Service::submission, biuro, "unix") == Verdict::wrong);
}

TEST_CASE("a Unix password that was locked, closed or changed is wrong at once, at the cost of one hash")
{
    House house(true);
    const auto& hasher = house.hashes.hasher();
    const auto good = shadow_line(hasher, "unix");
    const auto cost = [&](std::string_view password, Verdict verdict) {
        const auto before = hasher.hashes();
        CHECK(house.verdict(Service::pop3, "anna", password) == verdict);
        return hasher.hashes() - before;
    };
    house.unix_users.line = good;
    CHECK(cost("unix", Verdict::right) == 1);
    CHECK(cost("unix", Verdict::right) == 0);
    int tries = 0;
    for (const auto& closed :
         {"anna:!" + good.substr(5), shadow_line(hasher, "unix", "19000:0:99999:7::1:"),
          shadow_line(hasher, "unix", "0:0:99999:7:::"), std::string("anna:$9$odd:1::::::"), std::string()}) {
        CAPTURE(closed);
        house.unix_users.line = closed;
        house.time += std::chrono::hours(1);
        const auto other = fmt::format("unix {}", tries++); // the same wrong one costs nothing again
        CHECK(cost(other, Verdict::wrong) == 1);
        CHECK(house.verdict(Service::pop3, "anna", "unix") == Verdict::wrong);
    }
    house.unix_users.line = shadow_line(hasher, "new");
    house.time += std::chrono::hours(1);
    CHECK(cost("unix", Verdict::wrong) == 1);
    CHECK(cost("new", Verdict::right) == 1);
    house.unix_users.user.uid += 1; // the name belongs to somebody else now
    CHECK(cost("new", Verdict::wrong) == 1);
}

TEST_CASE("what is remembered of a password that changed elsewhere is forgotten on word of it")
{
    House house(true);
    house.unix_users.line = shadow_line(house.hashes.hasher(), "unix");
    CHECK(house.verdict(Service::pop3, "anna", "unix") == Verdict::right);
    const login::PasswordChanged word{.account = house.people.anna.id};
    REQUIRE(awaited(house.loop, house.metkad->ask_for<login::Stored>(word)));
    const auto before = house.hashes.hasher().hashes();
    CHECK(house.verdict(Service::pop3, "anna", "unix") == Verdict::right);
    CHECK(house.hashes.hasher().hashes() == before + 1);
}

TEST_CASE("metkad is told whether a password is right, at the cost of a log-in, and nothing else")
{
    House house;
    REQUIRE(house.set_password(house.people.biuro.id, "b"));
    const auto verified = [&](const InboxId& account, std::string_view password) {
        login::VerifyPassword question{.account = account, .password = Secret(password)};
        const auto before = house.hashes.hasher().hashes();
        const auto answer = awaited(house.loop, house.metkad->ask_for<login::Verified>(std::move(question)));
        REQUIRE(answer);
        CHECK(house.hashes.hasher().hashes() == before + 1);
        return answer->right;
    };
    CHECK_FALSE(verified(house.people.biuro.id, "c"));
    CHECK_FALSE(verified(InboxId::make(directory::noon), "b"));
    CHECK(verified(house.people.biuro.id, "b"));
}

TEST_CASE(
    "what is replaced, removed or suspended while its password is tried opens nothing, and is not noted")
{
    struct Row {
        std::string_view what;
        std::function<void(House&)> change;
        Verdict verdict;
    };
    static constexpr std::string_view marketing = "marketing@moja-firma.lublin.pl";
    const auto gone = [](House& house) {
        house.change([&](directory::Changes& changes) {
            return changes.remove_alias(Address::parse(marketing).value());
        });
    };
    const auto suspend = [](House& house) {
        house.people.firma.standing = Standing::suspended;
        house.change([&](directory::Changes& changes) { return changes.set(house.people.firma); });
    };
    const auto replace = [](House& house) {
        const auto hash = Hasher::make(1).value()->hash(Secret("new")).value();
        REQUIRE(house.secrets.set(house.people.biuro.id, hash, house.clock.now()));
        house.gatekeeper.trials().forget(house.people.biuro.id);
    };
    const auto remove = [](House& house) { REQUIRE(house.secrets.remove(house.people.biuro.id)); };
    for (const auto& row : std::vector<Row>{{"nothing", [](House&) {}, Verdict::right},
                                            {"another password", replace, Verdict::wrong},
                                            {"no password", remove, Verdict::wrong},
                                            {"no such name", gone, Verdict::wrong},
                                            {"suspended", suspend, Verdict::suspended}}) {
        CAPTURE(row.what);
        House house;
        const auto id = house.people.biuro.id;
        REQUIRE(house.set_password(id, "b"));
        house.meanwhile = [&] { row.change(house); };
        const auto answer = house.log_in(Service::pop3, marketing, "b");
        REQUIRE(answer);
        CHECK(answer->verdict == row.verdict);
        const bool is_in = row.verdict == Verdict::right;
        CHECK(static_cast<bool>(answer->inbox) == is_in);
        CHECK(house.granted.size() == (is_in ? 1 : 0));
        CHECK(house.gatekeeper.logins().last(id).has_value() == is_in);
    }
}
