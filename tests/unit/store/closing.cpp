// A mailbox that is closed for the last moment of its move: nothing goes in or out, and nothing is lost.

#include "daemon/store/landings.h"
#include "tests/unit/store/houses.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

namespace {

// A paid mailbox that becomes free: its record, and both its places.
struct Moving {
    explicit Moving(Wired& house) : scratch(house.scratch)
    {
        carrying.from = from.place;
        carrying.to = to.place;
        REQUIRE(scratch.store->make(to.place));
    }
    void close(bool closed) const { scratch.directory.records[from.place.inbox].closed = closed; }
    void switch_over() const
    {
        close(false);
        scratch.directory.records[from.place.inbox].shell = shell.place.inbox;
    }

    Scratch& scratch;
    InboxFacts from = scratch.mailbox();
    InboxFacts shell = scratch.shell_inbox(4242);
    InboxFacts to = placed(from, shell);
    CarryMessages carrying;

  private:
    static InboxFacts placed(InboxFacts facts, const InboxFacts& in)
    {
        facts.place.shell = in.place.inbox;
        return facts;
    }
};

} // namespace

TEST_CASE("a closed mailbox takes no message, and takes it where it lies once it is open again")
{
    Wired house;
    Moving moving(house);
    const auto inbox = moving.from.place.inbox;
    REQUIRE(deliver(house, {inbox}, text));
    moving.close(true);
    CHECK(fault_of(deliver(house, {inbox}, text)) == Fault::unavailable);
    const auto other = house.scratch.mailbox();
    CHECK(fault_of(deliver(house, {other.place.inbox, inbox}, text)) == Fault::unavailable);
    CHECK(house.scratch.files(other).empty());
    moving.carrying.pass = Pass::last;
    CHECK(house.ask<Carried>(house.metkad, moving.carrying)->all);
    moving.switch_over();
    REQUIRE(deliver(house, {inbox}, text));
    CHECK(house.scratch.files(moving.from).size() == 1);
    CHECK(house.scratch.files(moving.to).size() == 2);
}

TEST_CASE("a notice waits for a closed mailbox to open")
{
    Wired house;
    const Moving moving(house);
    moving.close(true);
    SendNotice notice;
    notice.inbox = moving.from.place.inbox;
    notice.about = "2027-12-31";
    CHECK(fault_of(house.ask<NoticeSent>(house.metkad, notice)) == Fault::unavailable);
    moving.close(false);
    CHECK(house.ask<NoticeSent>(house.metkad, notice)->now);
}

TEST_CASE(
    "a session that was let in before a move gets no hold of a closed mailbox, nor of the place it left")
{
    Wired house;
    const Moving moving(house);
    const auto session = house.inbox(moving.from.place.inbox);
    REQUIRE(session);
    moving.close(true);
    CHECK(fault_of(run(house.loop, (*session)->open())) == Fault::unavailable);
    moving.close(false);
    CHECK(run(house.loop, (*session)->open()));
    run(house.loop, (*session)->unlock());
    moving.switch_over();
    CHECK(fault_of(run(house.loop, (*session)->open())) == Fault::unavailable);
    CHECK(house.scratch.store->carry(moving.from, moving.to, Pass::copying)); // and the lock is free
}

TEST_CASE("the last pass of a move wants a closed mailbox")
{
    Wired house;
    Moving moving(house);
    moving.carrying.pass = Pass::last;
    CHECK(fault_of(house.ask<Carried>(house.metkad, moving.carrying)) == Fault::invalid);
    moving.close(true);
    CHECK(house.ask<Carried>(house.metkad, moving.carrying)->all);
}

TEST_CASE(
    "whenever a mailbox closes while a message is on its way, that is refused or carried, never left behind")
{
    for (int turns = 0; turns < 12; ++turns) {
        CAPTURE(turns);
        Wired house;
        Moving moving(house);
        const auto inbox = moving.from.place.inbox;
        const auto id = house.scratch.next_id();
        auto message = run(house.loop, house.sink().open(id, inbox));
        REQUIRE(message);
        REQUIRE(sys::write_whole(message->file.get(), text, 0));
        message->file.reset();
        auto committing = house.sink().commit(id, {inbox}, Scratch::written_of(text));
        auto committed = asio::co_spawn(house.loop, std::move(committing), asio::use_future);
        for (int turn = 0; turn < turns; ++turn) {
            house.loop.restart();
            house.loop.poll_one();
        }
        moving.close(true);
        moving.carrying.pass = Pass::last;
        CHECK(house.ask<Carried>(house.metkad, moving.carrying)->all);
        until(house.loop, [&] { return is_there(committed); });
        const std::size_t stored = committed.get() ? 1 : 0;
        CHECK(house.scratch.files(moving.to).size() == stored);
        CHECK(house.scratch.files(moving.from).size() == stored);
    }
}

TEST_CASE("an inbox is landed in until the last that entered has left")
{
    store::Landings landings;
    const auto one = InboxId::make(from_unix_ms(1)), other = InboxId::make(from_unix_ms(2));
    auto first = landings.enter({one, one, other});
    auto second = landings.enter({one});
    first.reset();
    CHECK(landings.has(one));
    CHECK_FALSE(landings.has(other));
    const auto copy = second; // as the work on files has it
    second.reset();
    CHECK(landings.has(one));
}
