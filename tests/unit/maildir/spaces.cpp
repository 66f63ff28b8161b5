#include <thread>

#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

// A shell account with its space, and free mailboxes in it.
struct Account {
    Scratch scratch;
    InboxFacts shell = scratch.shell_inbox(4242);
    directory::SpaceRecord& space = scratch.directory.spaces[shell.place.inbox];

    explicit Account(Capacity limit) { space.limit = limit; }

    InboxId box(Capacity capacity = {})
    {
        const auto id = scratch.mailbox(capacity, shell.place.inbox).place.inbox;
        space.boxes.push_back(id);
        return id;
    }
    // Its row goes, its mail stays.
    void remove(const InboxId& box)
    {
        std::erase(space.boxes, box);
        space.removed.push_back(box);
    }
    InboxFacts facts(const InboxId& inbox)
    {
        auto facts = facts_with_space_in(scratch.directory, inbox);
        REQUIRE(facts);
        return std::move(*facts);
    }
    InboxFacts inbox() { return facts(shell.place.inbox); }
    Result<void> promise(const InboxId& inbox, std::uint64_t octets)
    {
        return scratch.store->promise(scratch.next_id(), facts(inbox), Bytes{octets});
    }
    Result<void> deliver(const InboxId& inbox, std::size_t size)
    {
        return scratch.deliver({facts(inbox)}, std::string(size - 1, 'x') + "\n");
    }
};

} // namespace

TEST_CASE("a free mailbox has the room of its capacity and of its space, whichever is less")
{
    Account account(Bytes{1000});
    account.space.home = Bytes{300};
    const auto box = account.box(Bytes{500});
    REQUIRE(account.deliver(account.shell.place.inbox, 100));
    CHECK(fault_of(account.promise(box, 501)) == Fault::limit);
    CHECK(account.promise(box, 500));
    CHECK(fault_of(account.promise(account.shell.place.inbox, 101)) == Fault::limit); // 300 + 100 + 500
    CHECK(account.promise(account.shell.place.inbox, 100));
    const auto refused = account.promise(account.shell.place.inbox, 1);
    CHECK(fault_of(refused) == Fault::limit);
    CHECK(refused.error().text.find("disk limit of 1000 B") != std::string::npos);
}

TEST_CASE("an account without a disk limit has room in its inbox, and its mailboxes have their capacities")
{
    Account account({});
    const auto box = account.box(Bytes{500});
    CHECK(account.promise(account.shell.place.inbox, UINT64_MAX));
    CHECK(fault_of(account.promise(box, 501)) == Fault::limit);
}

TEST_CASE("what is promised in a space is given back to the whole space")
{
    Account account(Bytes{1000});
    const auto one = account.box(), other = account.box();
    const auto id = account.scratch.next_id();
    REQUIRE(account.scratch.store->promise(id, account.facts(one), Bytes{600}));
    REQUIRE(account.scratch.store->promise(id, account.facts(other), Bytes{400}));
    CHECK(fault_of(account.promise(other, 1)) == Fault::limit);
    account.scratch.store->abandon(id);
    CHECK(account.promise(other, 1000));
}

TEST_CASE("a message that lands in a space stays within its limit and the overdraft")
{
    Account account(Bytes{1000});
    const auto box = account.box();
    CHECK(fault_of(account.deliver(box, 1101)) == Fault::limit);
    CHECK(account.deliver(box, 1100));
    CHECK(fault_of(account.deliver(account.shell.place.inbox, 1)) == Fault::limit);
}

TEST_CASE("nobody in a space is refused by a count that is out of date")
{
    Account account(Bytes{1000});
    const auto box = account.box();
    const auto file = account.scratch.maildir(account.shell) / "new" / "1.a";
    write_file(file, std::string(900, 'x'));
    CHECK(fault_of(account.promise(box, 200)) == Fault::limit);
    fs::resize_file(file, 10); // no trace in the folder's time
    account.scratch.clock.advance(std::chrono::seconds(2));
    CHECK(account.promise(box, 200));
}

TEST_CASE("promises made at the same time in one space never exceed it together")
{
    Account account(Bytes{10'000});
    std::vector<InboxFacts> boxes;
    for (int i = 0; i < 4; ++i)
        account.box();
    for (const auto& box : account.space.boxes)
        boxes.push_back(account.facts(box));
    std::atomic<std::uint64_t> promised{0};
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 8; ++worker)
            workers.emplace_back([&, worker] {
                for (int i = 0; i < 50; ++i) {
                    const auto& box = boxes[static_cast<std::size_t>(worker + i) % boxes.size()];
                    const auto made = account.scratch.store->promise(MessageId::make(from_unix_ms(worker)),
                                                                     box, Bytes{100});
                    if (made) promised += 100;
                }
            });
    }
    CHECK(promised == 10'000);
    CHECK(fault_of(account.promise(account.shell.place.inbox, 1)) == Fault::limit);
}

TEST_CASE("deliveries made at the same time in one space never exceed what was promised")
{
    Account account(Bytes{2'000});
    std::vector<InboxFacts> boxes;
    for (int i = 0; i < 3; ++i)
        account.box();
    for (const auto& box : account.space.boxes)
        boxes.push_back(account.facts(box));
    {
        std::vector<std::jthread> workers;
        for (int worker = 0; worker < 6; ++worker)
            workers.emplace_back([&, worker] {
                for (int i = 0; i < 10; ++i) {
                    const auto id = MessageId::make(from_unix_ms(worker));
                    const auto& box = boxes[static_cast<std::size_t>(worker + i) % boxes.size()];
                    auto& store = *account.scratch.store;
                    if (!store.promise(id, box, Bytes{100})) continue;
                    auto file = store.open_message(id, box);
                    const std::string text(100, '\n');
                    if (!file || !sys::write_whole(file->get(), text, 0)) continue;
                    file->reset();
                    (void)store.commit(id, {box}, Scratch::written_of(text));
                }
            });
    }
    const auto full = account.scratch.store->fullness(account.inbox(), UsageBook::Asked::anew);
    REQUIRE(full);
    CHECK(full->space == Bytes{2'000});
    CHECK(fault_of(account.promise(account.shell.place.inbox, 1)) == Fault::limit);
}

TEST_CASE("removed mailboxes count, and the oldest of them make room before anybody is refused")
{
    Account account(Bytes{1000});
    const auto first = account.box(), second = account.box(), stays = account.box();
    for (const auto& box : {first, second, stays})
        REQUIRE(account.deliver(box, 300));
    account.remove(first);
    account.remove(second);
    const auto lies_there = [&](const InboxId& box) {
        InboxFacts facts{.place = account.facts(stays).place};
        facts.place.inbox = box;
        return fs::exists(account.scratch.maildir(facts));
    };
    CHECK(account.promise(stays, 100));
    CHECK(lies_there(first));
    CHECK(account.promise(stays, 300));
    CHECK_FALSE(lies_there(first));
    CHECK(lies_there(second));
    CHECK(fault_of(account.promise(stays, 301)) == Fault::limit);
    CHECK_FALSE(lies_there(second)); // it was tried with it
    CHECK(lies_there(stays));
    CHECK(account.promise(stays, 300));
}

TEST_CASE("a mailbox that is full by its own capacity purges nothing")
{
    Account account(Bytes{1000});
    const auto gone = account.box(), full = account.box(Bytes{100});
    REQUIRE(account.deliver(gone, 900));
    account.remove(gone);
    CHECK(fault_of(account.promise(full, 101)) == Fault::limit);
    CHECK(account.scratch.store->fullness(account.inbox())->space == Bytes{900});
}

TEST_CASE("a removed mailbox makes room for a message that lands, too")
{
    Account account(Bytes{1000});
    const auto gone = account.box(), stays = account.box();
    REQUIRE(account.deliver(gone, 1000));
    account.remove(gone);
    CHECK(account.deliver(stays, 1000));
    CHECK(account.scratch.store->fullness(account.inbox())->space == Bytes{1000});
}

TEST_CASE("what a shell user plants in the inbox is skipped, counted, and leads nowhere")
{
    Account account(1_MiB);
    const auto maildir = account.scratch.maildir(account.shell);
    const auto outside = account.scratch.folder.path() / "outside";
    write_file(outside, std::string(5000, 'x'));
    REQUIRE(account.deliver(account.shell.place.inbox, 100));
    fs::create_directories(maildir / "new" / "folder" / "deep");
    write_file(maildir / "new" / "folder" / "inner", std::string(7000, 'x'));
    REQUIRE(mkfifo((maildir / "new" / "fifo").c_str(), 0600) == 0);
    fs::create_symlink(outside, maildir / "cur" / "link");
    fs::create_directory_symlink("/", maildir / "cur" / "root");
    const auto full = account.scratch.store->fullness(account.inbox(), UsageBook::Asked::anew);
    REQUIRE(full);
    CHECK(full->inbox.used == Bytes{100});
    CHECK(full->inbox.messages == 1);
    CHECK(full->inbox.skipped == 4);
    CHECK(full->space == Bytes{100});
}

TEST_CASE("a user's file with a second name is skipped (as root, which can give one away)")
{
    if (geteuid() != 0) return;
    Account account(1_MiB);
    const auto file = account.scratch.maildir(account.shell) / "new" / "1.theirs";
    write_file(file, "mine\n");
    REQUIRE(chown(file.c_str(), 4242, 4242) == 0);
    CHECK(account.scratch.store->fullness(account.inbox())->inbox.messages == 1);
    fs::create_hard_link(file, account.scratch.folder.path() / "elsewhere");
    const auto full = account.scratch.store->fullness(account.inbox(), UsageBook::Asked::anew);
    CHECK(full->inbox.messages == 0);
    CHECK(full->inbox.skipped == 1);
}
