#include "daemon/access/maildrop.h"

#include <doctest/doctest.h>

using namespace metka;
using metka::access::Maildrop;

namespace {

Maildrop three_messages(std::size_t most = 100)
{
    return {{{.name = "a", .uid = "1", .octets = 10},
             {.name = "b", .uid = "2", .octets = 20},
             {.name = "c", .uid = "3", .octets = 30}},
            most};
}

} // namespace

TEST_CASE("messages are numbered from 1 and there is none beyond the last")
{
    const auto drop = three_messages();
    CHECK(drop.find(0) == nullptr);
    CHECK(drop.find(1)->name == "a");
    CHECK(drop.find(3)->name == "c");
    CHECK(drop.find(4) == nullptr);
    CHECK(drop.find(18446744073709551615U) == nullptr);
}

TEST_CASE("a marked message is found and counted no more, and the others keep their numbers")
{
    auto drop = three_messages();
    drop.mark(2);
    CHECK(drop.find(2) == nullptr);
    CHECK(drop.find(3)->name == "c");
    CHECK(drop.count() == 2);
    CHECK(drop.octets() == 40);
    CHECK(drop.marked_names() == std::vector<std::string>{"b"});
}

TEST_CASE("a reset takes every mark back")
{
    auto drop = three_messages();
    drop.mark(1);
    drop.mark(3);
    drop.reset();
    CHECK(drop.count() == 3);
    CHECK(drop.octets() == 60);
    CHECK(drop.marked_names().empty());
}

TEST_CASE("of more messages than a session may hold, the first are shown")
{
    const auto drop = three_messages(2);
    CHECK(drop.count() == 2);
    CHECK(drop.octets() == 30);
    CHECK(drop.find(3) == nullptr);
}
