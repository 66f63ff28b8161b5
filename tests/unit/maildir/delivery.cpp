// Several small messages made durable with one wait: on a disk whose answers a test decides.

#include "core/maildir/delivery.h"

#include <cerrno>

#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

namespace {

// Two parcels, the second to two inboxes, delivered together.
struct Two {
    Scratch scratch;
    InboxFacts one = scratch.mailbox(), other = scratch.mailbox();
    Parcel first, second;

    void deliver()
    {
        scratch.disk.calls.clear();
        first = {.transaction = scratch.next_id(),
                 .inboxes = {one},
                 .message = WholeMessage{.text = "a\n", .lines = 1}};
        second = {.transaction = scratch.next_id(),
                  .inboxes = {one, other},
                  .message = WholeMessage{.text = "b\n", .lines = 1}};
        Parcel* const parcels[] = {&first, &second};
        scratch.store->deliver(parcels);
    }

    // The first word of each call that makes something durable.
    std::string calls() const
    {
        std::string words;
        for (const auto& call : scratch.disk.calls)
            words += call.substr(0, call.find(' ')) + " ";
        return words;
    }
};

} // namespace

TEST_CASE("with one journal, all bytes are written before the first name, and one sync covers every name")
{
    Two two;
    two.scratch.disk.journaled = true;
    two.deliver();
    REQUIRE(two.first.outcome);
    REQUIRE(two.second.outcome);
    CHECK(two.calls() == "start start written written link link link journal ");
    CHECK(two.scratch.files(two.one).size() == 2);
    CHECK(two.scratch.files(two.other).size() == 1);
}

TEST_CASE("without one, each file is synced before its name, and each folder once")
{
    Two two;
    two.scratch.disk.journaled = false;
    two.deliver();
    REQUIRE(two.first.outcome);
    REQUIRE(two.second.outcome);
    CHECK(two.calls() == "start start sync sync link link link sync sync ");
}

TEST_CASE("where a folder does not stand for link counts, each file is synced once more after it was named")
{
    Two two;
    two.scratch.disk.journaled = false;
    two.scratch.disk.folders_stand_for_links = false;
    two.scratch.disk.keeps = true;
    two.deliver();
    REQUIRE(two.first.outcome);
    REQUIRE(two.second.outcome);
    CHECK(two.calls() == "start start written written link link link journal journal sync sync ");
}

TEST_CASE("where a name may also come to the disk before its bytes, each file is synced before it and after")
{
    Two two;
    two.scratch.disk.journaled = false;
    two.scratch.disk.folders_stand_for_links = false;
    two.deliver();
    REQUIRE(two.first.outcome);
    REQUIRE(two.second.outcome);
    CHECK(two.calls() == "start start sync sync link link link journal journal sync sync ");
}

TEST_CASE(
    "whichever call fails, what was refused lies nowhere, what was taken everywhere, and the next goes on")
{
    for (const bool journaled : {true, false}) {
        bool has_failed = true;
        for (int n = 1; has_failed; ++n) {
            CAPTURE(n);
            Two two;
            two.scratch.disk.journaled = journaled;
            two.scratch.disk.fail_call(n, EIO);
            two.deliver();
            has_failed = two.scratch.disk.has_failed();
            const std::size_t first = two.first.outcome ? 1 : 0, second = two.second.outcome ? 1 : 0;
            CHECK((first + second == 2) == !has_failed);
            CHECK(two.scratch.files(two.one).size() == first + second);
            CHECK(two.scratch.files(two.other).size() == second);
            two.scratch.disk.work();
            two.deliver();
            CHECK(two.first.outcome);
            CHECK(two.second.outcome);
        }
    }
}

TEST_CASE("a parcel that there is no room for is refused alone")
{
    Scratch scratch;
    const auto narrow = scratch.mailbox(Bytes{1}), wide = scratch.mailbox();
    Parcel refused{.transaction = scratch.next_id(),
                   .inboxes = {narrow, wide},
                   .message = WholeMessage{.text = "abc\n", .lines = 1}};
    Parcel taken{.transaction = scratch.next_id(),
                 .inboxes = {wide},
                 .message = WholeMessage{.text = "abc\n", .lines = 1}};
    Parcel* const parcels[] = {&refused, &taken};
    scratch.store->deliver(parcels);
    CHECK(fault_of(refused.outcome) == Fault::limit);
    CHECK(taken.outcome);
    CHECK(scratch.files(narrow).empty());
    CHECK(scratch.files(wide).size() == 1);
}
