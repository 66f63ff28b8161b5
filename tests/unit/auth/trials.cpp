#include "daemon/auth/trials.h"

#include <map>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/base/text.h"
#include "core/net/spawn.h"
#include "tests/unit/login/awaited.h"

using namespace metka;
using namespace metka::auth;
using namespace std::chrono_literals;
using Verdict = Tried::Verdict;

namespace {

const auto anna = InboxId::make(from_unix_ms(1));
const auto biuro = InboxId::make(from_unix_ms(2));

// Two accounts with passwords, and any number of names that nobody has.
struct Book {
    explicit Book(PatienceLimits limits = {}) : trials(hashes, limits, [this] { return time; })
    {
        set("anna", anna, "a");
        set("biuro", biuro, "b");
    }
    void set(std::string_view name, const InboxId& account, std::string_view password)
    {
        const auto hash = awaited(loop, hashes.hash(Secret(password))).value();
        locks[std::string(name)] = {account, Lock{.hash = hash, .version = hash}};
        trials.forget(account);
    }
    Candidate candidate(std::string_view peer, std::string_view name) const
    {
        Candidate made{.from = net::origin_of(peer), .name = std::string(name)};
        const auto known = locks.find(lower(name));
        if (known == locks.end()) return made;
        made.account = known->second.first;
        made.lock = known->second.second;
        return made;
    }
    Tried say(std::string_view peer, std::string_view name, std::string_view password)
    {
        const Secret secret(password);
        const auto tried = awaited(loop, trials.try_password(candidate(peer, name), secret));
        REQUIRE(tried);
        return *tried;
    }
    Verdict verdict(std::string_view peer, std::string_view name, std::string_view password)
    {
        return say(peer, name, password).verdict;
    }
    // Many at once; in the order of `passwords`.
    std::vector<Verdict> at_once(std::string_view peer, std::string_view name,
                                 const std::vector<std::string>& passwords)
    {
        std::vector<Verdict> verdicts(passwords.size(), Verdict::refused);
        std::vector<Secret> secrets;
        secrets.reserve(passwords.size());
        for (const auto& each : passwords)
            secrets.emplace_back(each);
        for (std::size_t i = 0; i < passwords.size(); ++i)
            net::spawn(loop.get_executor(), try_into(verdicts[i], candidate(peer, name), secrets[i]), "try");
        loop.restart();
        loop.run();
        return verdicts;
    }
    asio::awaitable<void> try_into(Verdict& verdict, Candidate made, const Secret& password)
    {
        const auto tried = co_await trials.try_password(std::move(made), password);
        REQUIRE(tried);
        verdict = tried->verdict;
    }
    std::uint64_t hashed() const { return hashes.hasher().hashes(); }

    asio::io_context loop;
    HashPool hashes{Hasher::make(1).value(), {}};
    Remembered::Time time{24h};
    Trials trials;
    std::map<std::string, std::pair<InboxId, Lock>, std::less<>> locks;
};

std::string guess(int number)
{
    return fmt::format("guess {}", number);
}

} // namespace

TEST_CASE("the same wrong password again costs no hash and nobody's patience, of whoever has the name or not")
{
    for (const auto* const name : {"anna", "nobody"}) {
        CAPTURE(name);
        Book book;
        const auto before = book.hashed();
        for (int i = 0; i < 100; ++i)
            CHECK(book.verdict("192.0.2.1", name, "of last year") == Verdict::wrong);
        CHECK(book.hashed() == before + 1);
        CHECK(book.say("192.0.2.1", name, "of last year").wait == 0ms);
        CHECK(book.verdict("192.0.2.1", "biuro", "b") == Verdict::right);
        CHECK(book.verdict("192.0.2.1", "anna", "a") == Verdict::right);
    }
}

TEST_CASE("a password that was wrong and has become the right one opens")
{
    Book book;
    CHECK(book.verdict("192.0.2.1", "anna", "new") == Verdict::wrong);
    book.set("anna", anna, "new");
    CHECK(book.verdict("192.0.2.1", "anna", "new") == Verdict::right);
    CHECK(book.verdict("192.0.2.1", "anna", "a") == Verdict::wrong);
}

TEST_CASE("known and unknown names get the same answers after the same waits, guess by guess")
{
    Book known, unknown;
    for (int i = 0; i < 40; ++i) {
        CAPTURE(i);
        const auto hashes_before = std::pair(known.hashed(), unknown.hashed());
        const auto one = known.say("192.0.2.1", "anna", guess(i));
        const auto other = unknown.say("192.0.2.1", "nobody", guess(i));
        CHECK(one.verdict == other.verdict);
        CHECK(one.wait == other.wait);
        CHECK(known.hashed() - hashes_before.first == unknown.hashed() - hashes_before.second);
        known.time += 1s;
        unknown.time += 1s;
    }
}

TEST_CASE(
    "beyond its number a source learns of no password whether it is right, and the owner gets in elsewhere")
{
    Book book;
    for (int i = 0; i < 8; ++i)
        CHECK(book.verdict("192.0.2.1", "anna", guess(i)) == Verdict::wrong);
    const auto before = book.hashed();
    const auto refused = book.say("192.0.2.1", "anna", "a");
    CHECK(refused.verdict == Verdict::refused);
    CHECK(refused.wait == book.say("192.0.2.1", "anna", "x").wait);
    CHECK(book.verdict("192.0.2.1", "anna", "x") == Verdict::refused);
    CHECK(book.verdict("192.0.2.1", "nobody", "x") == Verdict::refused);
    CHECK(book.verdict("192.0.2.1", "anna", guess(3)) == Verdict::wrong); // as it was told before
    CHECK(book.hashed() == before);
    const auto opened = book.say("203.0.113.7", "anna", "a");
    CHECK(opened.verdict == Verdict::right);
    CHECK(opened.wait == 0ms);
    CHECK(book.verdict("192.0.2.1", "anna", "a") == Verdict::refused); // also while it is remembered
}

TEST_CASE("an office that comes all at once is let in whole, beside a mail program that is set wrongly")
{
    Book book;
    std::vector<std::string> all(40, "a");
    all[0] = all[1] = all[20] = "of last year";
    const auto verdicts = book.at_once("192.0.2.1", "anna", all);
    for (std::size_t i = 0; i < all.size(); ++i)
        CHECK(verdicts[i] == (all[i] == "a" ? Verdict::right : Verdict::wrong));
    const auto wait = book.say("192.0.2.1", "biuro", "x").wait;
    CHECK(wait == 0ms); // the same password under way three times was one failure
}

TEST_CASE("guesses that come all at once are looked at no more often than one after the other")
{
    Book book;
    std::vector<std::string> all;
    all.reserve(41);
    for (int i = 0; i < 40; ++i)
        all.push_back(guess(i));
    all.emplace_back("a");
    const auto before = book.hashed();
    const auto verdicts = book.at_once("192.0.2.1", "anna", all);
    CHECK(book.hashed() == before + 8);
    CHECK(verdicts.back() == Verdict::refused);
}

TEST_CASE("names of one account are not told apart by what was wrong for another of its names")
{
    Book book;
    book.locks["marketing"] = book.locks["biuro"];
    CHECK(book.verdict("192.0.2.1", "biuro", "x") == Verdict::wrong);
    const auto before = book.hashed();
    CHECK(book.verdict("192.0.2.1", "marketing", "x") == Verdict::wrong);
    CHECK(book.verdict("192.0.2.1", "Marketing", "x") == Verdict::wrong);
    CHECK(book.hashed() == before + 1); // one more, as of any other name; its case does not matter
}

TEST_CASE("a name without end takes no more room than another")
{
    Book book;
    CHECK(book.verdict("192.0.2.1", std::string(10'000, 'n'), "x") == Verdict::wrong);
    CHECK(book.verdict("192.0.2.1", "", "x") == Verdict::wrong);
}

TEST_CASE("equal passwords that come at once cost one hash, right or wrong, of whoever has the name or not")
{
    Book book;
    struct Row {
        std::string_view name, password;
        Verdict verdict;
    };
    for (const auto& row : std::vector<Row>{
             {"anna", "a", Verdict::right}, {"anna", "x", Verdict::wrong}, {"nobody", "x", Verdict::wrong}}) {
        CAPTURE(row.name);
        CAPTURE(row.password);
        const auto before = book.hashed();
        const std::vector<std::string> all(40, std::string(row.password));
        for (const auto verdict : book.at_once("192.0.2.1", row.name, all))
            CHECK(verdict == row.verdict);
        CHECK(book.hashed() == before + 1);
        CHECK(book.say("192.0.2.1", row.name, row.password).wait == 0ms); // one failure at most
    }
}

TEST_CASE("one account's names are hashed each by itself, also while the other is under way")
{
    Book book;
    book.locks["marketing"] = book.locks["biuro"];
    Verdict one = Verdict::refused, other = Verdict::refused;
    const Secret password("x");
    const auto before = book.hashed();
    net::spawn(book.loop.get_executor(), book.try_into(one, book.candidate("192.0.2.1", "biuro"), password),
               "try");
    net::spawn(book.loop.get_executor(),
               book.try_into(other, book.candidate("192.0.2.2", "marketing"), password), "try");
    book.loop.restart();
    book.loop.run();
    CHECK(one == Verdict::wrong);
    CHECK(other == Verdict::wrong);
    CHECK(book.hashed() == before + 2);
}

TEST_CASE("an app password is right without a hash, and only for whoever may still guess")
{
    Book book;
    const Secret said("abcdefghjkmnpqrstuvw");
    const auto say = [&](std::string_view peer) {
        auto candidate = book.candidate(peer, "anna");
        candidate.app_password = AppKey{.id = AppPasswordId::make(from_unix_ms(3)), .name = "Telefon"};
        const auto tried = awaited(book.loop, book.trials.try_password(std::move(candidate), said));
        REQUIRE(tried);
        return *tried;
    };
    const auto before = book.hashed();
    const auto opened = say("192.0.2.1");
    CHECK(opened.verdict == Verdict::right);
    REQUIRE(opened.app_password);
    CHECK(opened.app_password->name == "Telefon");
    CHECK(book.hashed() == before);
    for (int i = 0; i < 8; ++i)
        CHECK(book.verdict("192.0.2.9", "anna", guess(i)) == Verdict::wrong);
    CHECK(say("192.0.2.9").verdict == Verdict::refused);
}

namespace {

// What anybody outside sees of it.
std::pair<bool, std::chrono::milliseconds> outside(const Tried& tried)
{
    return {tried.verdict == Verdict::refused, tried.wait};
}

} // namespace

TEST_CASE("another name of an account under attack answers as a name that nobody has, and opens afterwards")
{
    constexpr PatienceLimits limits{.account = {.most = 20, .within = 1h}};
    Book known(limits), unknown(limits);
    known.locks["marketing"] = known.locks["biuro"];
    for (auto* const book : {&known, &unknown}) {
        for (int i = 0; i < 10; ++i)
            CHECK(book->verdict(fmt::format("10.0.{}.1", i), "biuro", guess(i)) == Verdict::wrong);
        CHECK(book->verdict("192.0.2.1", "nobody", "x") == Verdict::wrong); // so it is not heard once
    }
    const auto hashed = std::pair(known.hashed(), unknown.hashed());
    std::vector<std::string> said{"b", "b", "x", "b", "x", std::string(600, 'x')};
    for (int i = 0; i < 10; ++i)
        said.push_back(guess(i));
    said.insert(said.end(), {"b", "y", "x"}); // its source has none left
    for (const auto& password : said) {
        CAPTURE(password);
        const auto one = known.say("192.0.2.1", "marketing", password);
        const auto other = unknown.say("192.0.2.1", "marketing", password);
        CHECK(one.verdict != Verdict::right);
        CHECK(outside(one) == outside(other));
        CHECK(known.hashed() - hashed.first == unknown.hashed() - hashed.second);
    }
    CHECK(known.verdict("192.0.2.1", "marketing", "b") == Verdict::unheard); // as it was told before
    known.time += 1h;
    CHECK(known.verdict("192.0.2.1", "marketing", "b") == Verdict::right);
}

TEST_CASE("an app password is not heard where the account has no guess left, nor one that is remembered")
{
    constexpr PatienceLimits limits{.account = {.most = 20, .within = 1h}};
    Book book(limits);
    CHECK(book.verdict("203.0.113.1", "anna", "a") == Verdict::right);
    for (int i = 0; i < 10; ++i)
        CHECK(book.verdict(fmt::format("10.0.{}.1", i), "anna", guess(i)) == Verdict::wrong);
    const auto before = book.hashed();
    CHECK(book.verdict("10.0.1.1", "anna", "a") == Verdict::unheard);
    auto candidate = book.candidate("10.0.1.1", "anna");
    candidate.app_password = AppKey{.id = AppPasswordId::make(from_unix_ms(3)), .name = "Telefon"};
    const Secret letters("abcdefghjkmnpqrstuvw");
    const auto tried = awaited(book.loop, book.trials.try_password(std::move(candidate), letters)).value();
    CHECK(tried.verdict == Verdict::unheard);
    CHECK_FALSE(tried.app_password);
    CHECK(book.hashed() == before + 2);
    CHECK(book.verdict("203.0.113.1", "anna", "a") == Verdict::right); // its owner is not touched by it
}

TEST_CASE("a right password that opens nothing any more is wrong, and counts neither for nor against anybody")
{
    Book book;
    const Secret said("a");
    bool opens = false;
    for (int i = 0; i < 20; ++i) {
        auto tried =
            awaited(book.loop, book.trials.try_password(book.candidate("192.0.2.1", "anna"), said, [&] {
                return Result<bool>(opens);
            })).value();
        CHECK(tried.verdict == Verdict::wrong);
        CHECK(tried.wait == 0ms);
    }
    CHECK(book.trials.patience().rows() == 0);
    CHECK(book.verdict("192.0.2.1", "anna", "a") == Verdict::right);
}
