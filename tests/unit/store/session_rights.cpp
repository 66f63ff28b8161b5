// What becomes of a session when its account is suspended, expires or is removed while it lasts.

#include "tests/unit/store/houses.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

namespace {

// A session that has opened an inbox with one message.
struct InSession {
    InSession()
    {
        REQUIRE(deliver(house, {inbox.place.inbox}, text));
        auto granted = house.inbox(inbox.place.inbox);
        REQUIRE(granted);
        session = std::move(*granted);
        REQUIRE(run(house.loop, session->open()));
    }

    directory::InboxRecord& record() { return house.scratch.directory.records[inbox.place.inbox]; }
    std::size_t messages() const { return house.scratch.files(inbox).size(); }
    auto read() { return run(house.loop, session->read(0)); }
    auto remove() { return run(house.loop, session->remove({0})); }

    void reads_nothing_and_removes_nothing()
    {
        CHECK(fault_of(run(house.loop, session->octets())) == Fault::denied);
        CHECK(fault_of(run(house.loop, session->uids(0, 1))) == Fault::denied);
        CHECK(fault_of(read()) == Fault::denied);
        CHECK(fault_of(remove()) == Fault::denied);
        CHECK(messages() == 1);
    }

    Wired house;
    InboxFacts inbox = house.scratch.mailbox();
    std::unique_ptr<MailInbox> session;
};

} // namespace

TEST_CASE("a session whose account is suspended reads and removes nothing until that is resumed")
{
    InSession in;
    REQUIRE(in.read());
    in.record().suspended = true;
    in.reads_nothing_and_removes_nothing();
    in.record().suspended = false;
    CHECK(in.read());
    CHECK(in.remove()->removed == 1);
    CHECK(in.messages() == 0);
}

TEST_CASE("a session whose account is removed reads and removes nothing of what is kept for its grace")
{
    InSession in;
    in.house.scratch.directory.records.clear();
    in.reads_nothing_and_removes_nothing();
}

TEST_CASE("a session whose mailbox expires reads on, and removes nothing until that is renewed")
{
    InSession in;
    in.record().valid_ends = in.house.scratch.clock.now() + std::chrono::milliseconds(1);
    REQUIRE(in.read());
    in.house.scratch.clock.advance(std::chrono::milliseconds(1));
    CHECK(in.read());
    CHECK(run(in.house.loop, in.session->octets()));
    CHECK(run(in.house.loop, in.session->uids(0, 1)));
    CHECK(fault_of(in.remove()) == Fault::limit);
    CHECK(in.messages() == 1);
    in.record().valid_ends.reset();
    CHECK(in.remove()->removed == 1);
}

TEST_CASE("of a mailbox that has expired and is suspended nothing is read")
{
    InSession in;
    in.record().valid_ends = in.house.scratch.clock.now();
    in.record().suspended = true;
    in.reads_nothing_and_removes_nothing();
}

TEST_CASE("a link in the place of a message is a fault of that message, and none of the account")
{
    InSession in;
    const auto file = in.house.scratch.maildir(in.inbox) / "new" / in.house.scratch.files(in.inbox).front();
    std::filesystem::remove(file);
    std::filesystem::create_symlink("/etc/passwd", file);
    CHECK(fault_of(in.read()) == Fault::unavailable);
    CHECK(run(in.house.loop, in.session->octets()));
}

TEST_CASE("an account that is suspended between the log-in and the opening is not opened, and not locked")
{
    Wired house;
    const auto inbox = house.scratch.mailbox();
    auto& record = house.scratch.directory.records[inbox.place.inbox];
    const auto first = house.inbox(inbox.place.inbox), second = house.inbox(inbox.place.inbox);
    REQUIRE(first);
    REQUIRE(second);
    record.suspended = true;
    CHECK(fault_of(run(house.loop, (*first)->open())) == Fault::denied);
    record.suspended = false;
    CHECK(run(house.loop, (*second)->open()));
}
