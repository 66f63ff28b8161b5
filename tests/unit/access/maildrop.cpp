#include "daemon/access/maildrop.h"

#include <doctest/doctest.h>

using namespace metka;
using metka::access::Maildrop;

namespace {

Maildrop three_messages()
{
    Maildrop drop({.messages = 3, .octets = 60});
    drop.learn({10, 20, 30});
    return drop;
}

} // namespace

TEST_CASE("messages are numbered from 1 and there is none beyond the last")
{
    const auto drop = three_messages();
    CHECK_FALSE(drop.has(0));
    CHECK(drop.has(1));
    CHECK(drop.has(3));
    CHECK(Maildrop::index(3) == 2);
    CHECK_FALSE(drop.has(4));
    CHECK_FALSE(drop.has(18446744073709551615U));
}

TEST_CASE("a marked message is counted no more, and the others keep their numbers")
{
    auto drop = three_messages();
    drop.mark(2);
    CHECK_FALSE(drop.has(2));
    CHECK(drop.has(3));
    CHECK(drop.octets(3) == 30);
    CHECK(drop.count() == 2);
    CHECK(drop.octets() == 40);
    CHECK(drop.marked() == std::vector<maildir::MessageIndex>{1});
}

TEST_CASE("a reset takes every mark back")
{
    auto drop = three_messages();
    drop.mark(1);
    drop.mark(3);
    drop.reset();
    CHECK(drop.has(1));
    CHECK(drop.count() == 3);
    CHECK(drop.octets() == 60);
    CHECK(drop.marked().empty());
}

TEST_CASE("totals are known before anybody has asked how large each message is")
{
    const Maildrop drop({.messages = 3, .octets = 60});
    CHECK_FALSE(drop.knows_octets());
    CHECK(drop.count() == 3);
    CHECK(drop.octets() == 60);
}
