#include "core/maildir/usage.h"

#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

std::uint64_t used(Scratch& scratch, const InboxFacts& inbox)
{
    const auto usage = scratch.store->usage(inbox);
    REQUIRE(usage);
    return usage->used.count;
}

std::string message(std::size_t size)
{
    return std::string(size - 1, 'x') + "\n";
}

} // namespace

TEST_CASE("usage follows our own deliveries and removals")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    CHECK(used(scratch, inbox) == 0);
    REQUIRE(scratch.deliver({inbox}, message(100)));
    REQUIRE(scratch.deliver({inbox}, message(50)));
    CHECK(used(scratch, inbox) == 150);
    CHECK(scratch.store->usage(inbox)->messages == 2);
    const auto session = scratch.store->inbox(inbox);
    REQUIRE(session);
    REQUIRE((*session)->open());
    REQUIRE(maildir::test::remove(**session, {0, 1}));
    CHECK(used(scratch, inbox) == 0);
    CHECK(scratch.store->usage(inbox)->messages == 0);
}

TEST_CASE("usage sees what another program did to the folders")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    REQUIRE(scratch.deliver({inbox}, message(100)));
    CHECK(used(scratch, inbox) == 100);
    let_a_tick_pass();
    write_file(scratch.maildir(inbox) / "cur" / "1.a,S=7:2,S", "1234567");
    write_file(scratch.maildir(inbox) / "cur" / "2.unsized", "12345");
    CHECK(used(scratch, inbox) == 112);
    let_a_tick_pass();
    fs::remove(scratch.maildir(inbox) / "cur" / "2.unsized");
    REQUIRE(scratch.deliver({inbox}, message(100))); // our own change after it does not hide it
    CHECK(used(scratch, inbox) == 207);
}

TEST_CASE("a change that left no trace in the folder's time is found after 60 seconds")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a", "12345");
    CHECK(used(scratch, inbox) == 5);
    fs::resize_file(scratch.maildir(inbox) / "new" / "1.a", 9);
    CHECK(used(scratch, inbox) == 5);
    scratch.clock.advance(std::chrono::seconds(60));
    CHECK(used(scratch, inbox) == 9);
}

TEST_CASE("a shell inbox is counted by its files, whatever its user calls them")
{
    Scratch scratch;
    const auto inbox = scratch.shell_inbox(4242);
    write_file(scratch.maildir(inbox) / "new" / "1.a,S=1,W=1", "123456789");
    CHECK(used(scratch, inbox) == 9);
    const auto mailbox = scratch.mailbox();
    write_file(scratch.maildir(mailbox) / "new" / "1.a,S=4,W=5", "1234");
    CHECK(used(scratch, mailbox) == 4);
}

TEST_CASE("room is promised up to the capacity, each transaction's on top of the others'")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox(1_KiB);
    const auto one = scratch.next_id(), other = scratch.next_id();
    CHECK(fault_of(scratch.store->promise(one, inbox, Bytes{1025})) == Fault::limit);
    CHECK(scratch.store->promise(one, inbox, Bytes{600}));
    CHECK(scratch.store->promise(one, inbox, Bytes{600})); // the same room, asked for again
    CHECK(fault_of(scratch.store->promise(other, inbox, Bytes{425})) == Fault::limit);
    CHECK(scratch.store->promise(other, inbox, Bytes{424}));
    CHECK(fault_of(scratch.store->promise(one, inbox, Bytes{601})) == Fault::limit);
    CHECK(fault_of(scratch.store->promise(scratch.next_id(), inbox, Bytes{1})) ==
          Fault::limit); // 600 still stand
    CHECK(fault_of(scratch.store->promise(scratch.next_id(), inbox, Bytes{UINT64_MAX})) == Fault::limit);
    scratch.store->abandon(one);
    CHECK(scratch.store->promise(other, inbox, Bytes{1024}));
}

TEST_CASE("without a capacity there is always room")
{
    Scratch scratch;
    CHECK(scratch.store->promise(scratch.next_id(), scratch.mailbox(), Bytes{UINT64_MAX}));
}

TEST_CASE("a commit gives back what its transaction was promised, whether it stored or not")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox(1_KiB);
    for (const bool finished : {true, false}) {
        const auto id = scratch.next_id();
        REQUIRE(scratch.store->promise(id, inbox, Bytes{900}));
        auto file = scratch.store->open_message(id, inbox);
        REQUIRE(file);
        REQUIRE(sys::write_whole(file->get(), message(10), 0));
        if (finished) file->reset();
        const auto committed = scratch.store->commit(id, {inbox}, Scratch::written_of(message(10)));
        CHECK(committed.has_value() == finished);
    }
    CHECK(scratch.store->promise(scratch.next_id(), inbox, Bytes{1014}));
}

TEST_CASE("a message that grew beyond its promise is taken within the overdraft, and not beyond it")
{
    CHECK(overdraft_of(1000_MiB) == 10_MiB);
    CHECK(overdraft_of(50_MiB) == 5_MiB);
    CHECK(overdraft_of(Bytes{9}) == Bytes{0});

    Scratch scratch;
    const auto inbox = scratch.mailbox(Bytes{1000}), roomy = scratch.mailbox(1_MiB);
    CHECK(fault_of(scratch.deliver({roomy, inbox}, message(1101))) == Fault::limit);
    CHECK(scratch.files(roomy).empty());
    CHECK(used(scratch, roomy) == 0);
    CHECK(scratch.deliver({roomy, inbox}, message(1100)));
    CHECK(fault_of(scratch.deliver({inbox}, message(1))) == Fault::limit);
}

TEST_CASE("nobody is refused by a count that is out of date")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox(Bytes{1000});
    write_file(scratch.maildir(inbox) / "new" / "1.a", std::string(900, 'x'));
    CHECK(fault_of(scratch.store->promise(scratch.next_id(), inbox, Bytes{200})) == Fault::limit);
    fs::resize_file(scratch.maildir(inbox) / "new" / "1.a", 10); // no trace in the folder's time
    scratch.clock.advance(std::chrono::seconds(2));
    CHECK(scratch.store->promise(scratch.next_id(), inbox, Bytes{200}));
}

TEST_CASE("a capacity that changes counts at once")
{
    Scratch scratch;
    auto inbox = scratch.mailbox(Bytes{100});
    CHECK(fault_of(scratch.store->promise(scratch.next_id(), inbox, Bytes{200})) == Fault::limit);
    inbox.capacity = Bytes{300};
    CHECK(scratch.store->promise(scratch.next_id(), inbox, Bytes{200}));
}

TEST_CASE("room in an inbox that is hardly used is promised at once, and who filled it since is found when "
          "the message comes")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox(Bytes{1000});
    REQUIRE(scratch.deliver({inbox}, message(400)));
    CHECK(used(scratch, inbox) == 400);
    write_file(scratch.maildir(inbox) / "new" / "1.a", std::string(700, 'x'));

    const auto first = scratch.next_id();
    const auto promised = scratch.store->promise_at_once(first, inbox, Bytes{100});
    REQUIRE(promised);
    CHECK(*promised);
    const auto text = message(100);
    Parcel parcel{
        .transaction = first, .inboxes = {inbox}, .message = WholeMessage{.text = text, .lines = 1}};
    Parcel* const parcels[] = {&parcel};
    scratch.store->deliver(parcels);
    CHECK(fault_of(parcel.outcome) == Fault::limit);
    CHECK(scratch.files(inbox).size() == 2);

    CHECK_FALSE(scratch.store->promise_at_once(scratch.next_id(), inbox, Bytes{100}));
    CHECK(fault_of(scratch.store->promise(scratch.next_id(), inbox, Bytes{100})) == Fault::limit);
}
