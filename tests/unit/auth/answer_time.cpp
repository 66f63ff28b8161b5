#include "daemon/auth/answer_time.h"

#include "tests/unit/auth/house.h"

using namespace metka;
using namespace metka::auth;
using namespace metka::auth::test;
using namespace std::chrono_literals;

namespace {

// Of “x”, as Unix users have them.
constexpr std::string_view sha512 =
    "$6$abcdefgh$D7W7qyozKBT.t6FD3DVYHvADbIO0eSyI4.p20LaEUjro8PqTGYYo/EQcuNjhFbzo9Yg5ir1KIEqFY/yJpgFph0";

struct Guessed {
    std::string_view name;
    std::chrono::milliseconds hash; // so long it takes
    auto operator<=>(const Guessed&) const = default;
};

// When the session says it, counted from the question.
std::chrono::milliseconds moment_of(House& house, const Guessed& guess, std::string_view password,
                                    std::string_view peer)
{
    house.meanwhile = [&] { house.time += guess.hash; };
    const auto answer = house.log_in(Service::submission, guess.name, password, peer);
    REQUIRE(answer);
    CHECK(answer->verdict == Verdict::wrong);
    return guess.hash + answer->wait;
}

} // namespace

TEST_CASE("a failed log-in is answered at the end of a step, counted from its question")
{
    struct Row {
        std::chrono::nanoseconds taken;
        std::chrono::milliseconds held_back, wait;
    };
    for (const auto& row : std::vector<Row>{{0ms, 0ms, 2000ms},
                                            {20ms, 0ms, 1980ms},
                                            {1333ms, 0ms, 667ms},
                                            {1332999999ns, 0ms, 668ms},
                                            {1334ms, 0ms, 1166ms}, // longer steps from here on
                                            {2001ms, 0ms, 499ms},
                                            {9000ms, 0ms, 1000ms},  // but 2½ s at most
                                            {10000ms, 0ms, 2500ms}, // the moment has just gone by
                                            {20ms, 1000ms, 1980ms},
                                            {20ms, 4000ms, 3980ms},
                                            {4999ms, 4000ms, 1ms},
                                            {20400us, 0ms, 1980ms}}) {
        CAPTURE(row.taken.count());
        AnswerTime steps(2000ms);
        CHECK(steps.wait(row.taken, row.held_back, {}) == row.wait);
    }
    CHECK(AnswerTime().wait(20ms, 4000ms, {}) == 4000ms);
}

TEST_CASE("what took long makes the steps of all longer, for an hour or two")
{
    AnswerTime steps(640ms);
    const auto begun = AnswerTime::Time(100h);
    const auto quick_at = [&](std::chrono::minutes later) { return steps.wait(20ms, 0ms, begun + later); };
    CHECK(quick_at(0min) == 620ms);
    CHECK(steps.wait(1310ms, 0ms, begun + 1min) == 2500ms - 1310ms);
    CHECK(quick_at(2min) == 2480ms);
    CHECK(quick_at(60min) == 2480ms);
    CHECK(quick_at(119min) == 2480ms);
    CHECK(quick_at(120min) == 620ms);
    CHECK(steps.wait(640ms, 0ms, begun + 121min) == 640ms);
    CHECK(quick_at(600min) == 620ms);
    CHECK(steps.wait(1h, 0ms, begun + 601min) == 2500ms);
    CHECK(quick_at(602min) == 2480ms);
}

TEST_CASE("a step is as long as 32 of our own hashes, within what people put up with")
{
    CHECK(AnswerTime::after(20ms).step() == 640ms);
    CHECK(AnswerTime::after(20us).step() == 100ms);
    CHECK(AnswerTime::after(1s).step() == 2500ms);
    CHECK(Hasher::make(1).value()->effort() > 0ns);
}

TEST_CASE("what a password was compared with is not told by when it is found to be wrong")
{
    House house(true);
    house.gatekeeper.answer_at(AnswerTime(2000ms));
    house.unix_users.line = "anna:" + std::string(sha512) + ":19000:0:99999:7:::";
    REQUIRE(house.set_password(house.people.sklep.id, "of sklep"));
    const auto foreign = Hasher::make(2).value()->hash(Secret("from elsewhere")).value();
    REQUIRE(house.secrets.set(house.people.biuro.id, foreign, house.clock.now()));
    const std::array<Guessed, 5> guesses{{
        {"sklep@moja-firma.lublin.pl", 20ms},
        {biuro, 1310ms}, // as bcrypt with its cost 14
        {"anna", 3ms},
        {"nobody@moja-firma.lublin.pl", 20ms},
        {"nobody", 140ms}, // as it waited for others
    }};
    int peer = 1;
    for (const auto& guess : guesses) {
        CAPTURE(guess.name);
        const auto from = fmt::format("192.0.2.{}", peer++);
        CHECK(moment_of(house, guess, "wrong", from) == 2000ms);
        CHECK(moment_of(house, guess, "wrong", from) == 2000ms); // as it is known to be, without a hash
    }
    for (const auto& guess : {guesses[0], guesses[3]}) // in a queue, each to the end of a longer step
        CHECK(moment_of(house, {guess.name, 2100ms}, "another", "192.0.2.100") == 2500ms);
}

TEST_CASE("failures of one address are held back as long whatever each was compared with")
{
    House house;
    house.gatekeeper.answer_at(AnswerTime(2000ms));
    const auto foreign = Hasher::make(2).value()->hash(Secret("from elsewhere")).value();
    REQUIRE(house.secrets.set(house.people.biuro.id, foreign, house.clock.now()));
    const auto last_of_four = [&](std::string_view name, std::chrono::milliseconds hash,
                                  std::string_view peer) {
        std::chrono::milliseconds moment{};
        for (const auto* password : {"a", "b", "c", "d"})
            moment = moment_of(house, {name, hash}, password, peer);
        return moment;
    };
    const auto of_nobody = last_of_four("nobody@moja-firma.lublin.pl", 1310ms, "192.0.2.1");
    CHECK(of_nobody == last_of_four(biuro, 1310ms, "198.51.100.1"));
    CHECK(of_nobody >= 2000ms);
}

TEST_CASE("a right password is never held back")
{
    House house;
    house.gatekeeper.answer_at(AnswerTime(2000ms));
    const auto foreign = Hasher::make(2).value()->hash(Secret("from elsewhere")).value();
    REQUIRE(house.secrets.set(house.people.biuro.id, foreign, house.clock.now()));
    for (int i = 0; i < 2; ++i) {
        const auto answer = house.log_in(Service::submission, biuro, "from elsewhere");
        REQUIRE(answer);
        CHECK(answer->verdict == Verdict::right);
        CHECK(answer->wait == 0ms);
    }
}
