#include "daemon/auth/gatekeeper.h"

#include <doctest/doctest.h>

#include "core/directory/memory_directory.h"
#include "core/login/wire_authenticator.h"
#include "core/maildir/protocol.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"
#include "tests/unit/login/awaited.h"

using namespace metka;
using namespace metka::auth;
using directory::People;
using login::Service;
using login::Verdict;

namespace {

// shadow(5) of one user at most.
struct PaperUsers final : UnixUsers {
    Result<std::optional<ShadowEntry>> find(std::string_view login, std::uint32_t uid,
                                            Instant now) const override
    {
        if (login != user.login || uid != user.uid) return std::optional<ShadowEntry>();
        auto entry = find_shadow(line, login);
        return entry && is_open(*entry, day_of(now)) ? entry : std::nullopt;
    }
    ShellAccount user;
    std::string line;
};

// metka-auth with its neighbours: two programs, metkad, and a store that notes what it is granted.
struct House {
    People people;
    directory::MemoryDirectory directory;
    TestFolder folder;
    Secrets secrets = Secrets::open(folder.file("secrets.db")).value();
    SetClock clock{directory::noon - std::chrono::hours(1)};
    Remembered::Time time{};
    asio::io_context loop;
    net::Link store;
    HashPool hashes{Hasher::make(1).value(), {}};
    PaperUsers unix_users;
    Gatekeeper gatekeeper;
    std::vector<std::shared_ptr<net::Wire>> wires;
    net::Link smtp, access;
    std::shared_ptr<net::Wire> metkad;
    std::vector<InboxId> granted;
    std::vector<sys::Descriptor> store_ends;

    explicit House(bool has_unix_passwords = false, PatienceLimits patience = {})
        : gatekeeper(
              directory, secrets, hashes, store, clock, [this] { return time; },
              has_unix_passwords ? &unix_users : nullptr, patience)
    {
        unix_users.user = people.anna;
        REQUIRE(people.move_in(directory));
        smtp.replace(ask_with(gatekeeper.handler_for(Service::submission)));
        access.replace(ask_with(gatekeeper.handler_for(Service::pop3)));
        metkad = ask_with(gatekeeper.handler_for_metkad());
        store.replace(ask_with([this](net::Frame request) { return grant(std::move(request)); }));
    }
    ~House()
    {
        for (const auto& wire : wires)
            wire->close();
        loop.restart();
        loop.poll();
    }

    std::shared_ptr<net::Wire> ask_with(net::Wire::Handler handler)
    {
        auto pair = sys::make_wire().value();
        auto asking = net::Wire::open(loop.get_executor(), std::move(pair.one), "asked");
        auto answering = net::Wire::open(loop.get_executor(), std::move(pair.other), "asking");
        asking->serve({});
        answering->serve(std::move(handler));
        wires.push_back(asking);
        wires.push_back(answering);
        return asking;
    }
    asio::awaitable<Result<net::Frame>> grant(net::Frame request)
    {
        const auto wanted = sys::decode<maildir::GrantInbox>(request);
        if (!wanted) co_return pass(wanted);
        granted.push_back(wanted->inbox);
        store_ends.push_back(std::move(request.descriptors[0]));
        co_return sys::encode(maildir::Done{});
    }

    Result<login::Stored> set_password(const InboxId& account, std::string_view password)
    {
        login::SetPassword order{.account = account, .password = Secret(password)};
        return awaited(loop, metkad->ask_for<login::Stored>(std::move(order)));
    }
    Result<login::Stored> remove_secrets(const InboxId& account)
    {
        return awaited(loop, metkad->ask_for<login::Stored>(login::RemoveSecrets{.account = account}));
    }
    Result<login::Answer> log_in(Service service, std::string_view name, std::string_view password,
                                 std::string_view peer = "192.0.2.1")
    {
        login::WireAuthenticator authenticator(service == Service::pop3 ? access : smtp);
        return awaited(loop, authenticator.check({.service = service,
                                                  .name = std::string(name),
                                                  .password = Secret(password),
                                                  .peer = std::string(peer)}));
    }
    Verdict verdict(Service service, std::string_view name, std::string_view password)
    {
        const auto answer = log_in(service, name, password);
        REQUIRE(answer);
        return answer->verdict;
    }
    void change(const std::function<Result<void>(directory::Changes&)>& work)
    {
        auto entry = directory::by_root("test");
        REQUIRE(directory.change(entry, work));
    }
};

constexpr std::string_view biuro = "biuro@moja-firma.lublin.pl";

} // namespace

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
    sent.kind = maildir::LockInbox::kind;
    REQUIRE(sys::send_frame(answer->inbox.get(), sent) == sys::Passed::whole);
    sys::Frame received;
    REQUIRE(sys::receive_frame(house.store_ends[0].get(), received) == sys::Passed::whole);
    CHECK(received.kind == maildir::LockInbox::kind);
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

namespace {

std::string shadow_line(const Hasher& hasher, std::string_view password,
                        std::string_view rest = "19000:0:99999:7:::")
{
    auto& writable = const_cast<Hasher&>(hasher);
    return "anna:" + writable.hash(Secret(password)).value() + ":" + std::string(rest);
}

} // namespace

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

TEST_CASE("hashes from elsewhere are kept all together, or none when one of them will not do")
{
    House house;
    auto hasher = Hasher::make(5).value();
    const auto good = hasher->hash(Secret("from elsewhere")).value();
    const auto keep = [&](std::string_view second) {
        login::SetHashes order;
        order.hashes.push_back({.account = house.people.biuro.id, .hash = Secret(good)});
        order.hashes.push_back({.account = house.people.anna.id, .hash = Secret(second)});
        return awaited(house.loop, house.metkad->ask_for<login::Stored>(std::move(order)));
    };
    const auto refused = keep("$1$abcdefgh$0000000000000000000000");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::invalid);
    CHECK_FALSE(house.secrets.hash_of(house.people.biuro.id).value());
    REQUIRE(keep(good));
    CHECK(house.verdict(Service::submission, biuro, "from elsewhere") == Verdict::right);
    CHECK(house.verdict(Service::submission, "anna", "from elsewhere") == Verdict::right);
}
