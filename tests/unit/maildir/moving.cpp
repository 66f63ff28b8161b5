// Trees in numbers, messages that move with their mailbox, and what is left in the trash.

#include "core/maildir/carrying.h"
#include "core/maildir/housekeeping.h"

#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

std::vector<InboxPlace> places(Scratch& scratch, int count)
{
    std::vector<InboxPlace> all(static_cast<std::size_t>(count));
    for (auto& place : all)
        place.inbox = InboxId::make(scratch.clock.now());
    all.front().shell = scratch.shell_inbox(4242).place.inbox;
    return all;
}

InboxFacts at(const InboxPlace& place)
{
    InboxFacts facts;
    facts.place = place;
    return facts;
}

} // namespace

TEST_CASE("many trees are made at the price of one sync")
{
    Scratch scratch;
    const auto all = places(scratch, 200);
    scratch.disk.calls.clear();
    REQUIRE(scratch.store->make_all(all));
    CHECK(scratch.disk.calls == std::vector<std::string>{"sync all"});
    for (const auto& place : all)
        REQUIRE(scratch.deliver({at(place)}, "x\n"));
    CHECK(scratch.store->make_all(all)); // again
    CHECK(scratch.store->make_all({}));
    CHECK(fault_of(scratch.store->make_all({InboxPlace{}})) == Fault::invalid);
}

TEST_CASE("whichever call fails while many trees are made, making them again completes them")
{
    Scratch scratch;
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        const auto all = places(scratch, 3);
        scratch.disk.fail_call(n, ENOSPC);
        const auto made = scratch.store->make_all(all);
        const bool fired = scratch.disk.has_failed();
        scratch.disk.work();
        CHECK(made.has_value() == !fired);
        CHECK(scratch.store->make_all(all));
        for (const auto& place : all)
            CHECK(scratch.deliver({at(place)}, "x\n"));
        if (!fired) break;
    }
}

TEST_CASE("a mailbox that moves takes its messages along, flags and all, and nothing twice")
{
    Scratch scratch;
    const auto from = scratch.mailbox();
    const auto shell = scratch.shell_inbox(4242);
    InboxFacts to = from;
    to.place.shell = shell.place.inbox; // the same mailbox, free from now on
    REQUIRE(scratch.store->make(to.place));
    for (int i = 0; i < 3; ++i)
        REQUIRE(scratch.deliver({from}, "text\n"));
    const auto name = scratch.files(from).at(0);
    fs::rename(scratch.maildir(from) / "new" / name, scratch.maildir(from) / "cur" / (name + ":2,S"));
    REQUIRE(scratch.store->carry(from, to, Pass::copying));
    CHECK(scratch.files(to).size() == 2);
    CHECK(scratch.files(to, "cur") == std::vector{name + ":2,S"});
    CHECK(scratch.files(from).size() == 2);

    fs::rename(scratch.maildir(to) / "cur" / (name + ":2,S"), scratch.maildir(to) / "cur" / (name + ":2,RS"));
    REQUIRE(scratch.deliver({from}, "late\n"));
    REQUIRE(scratch.store->carry(from, to, Pass::copying)); // the rest
    CHECK(scratch.files(to).size() == 3);
    CHECK(scratch.files(to, "cur") == std::vector{name + ":2,RS"});
    CHECK(scratch.store->usage(to)->messages == 4);
    REQUIRE(scratch.store->remove(from.place));
    CHECK(scratch.store->usage(to)->used == Bytes{20});
}

TEST_CASE("the last pass makes the new place what the old one is: what was deleted goes, and flags follow")
{
    Scratch scratch;
    const auto from = scratch.mailbox();
    InboxFacts to = from;
    to.place.shell = scratch.shell_inbox(4242).place.inbox;
    REQUIRE(scratch.store->make(to.place));
    for (int i = 0; i < 3; ++i)
        REQUIRE(scratch.deliver({from}, "text\n"));
    REQUIRE(scratch.store->carry(from, to, Pass::copying));
    REQUIRE(scratch.deliver({to}, "left there by an earlier move\n"));
    const auto names = scratch.files(from);
    fs::remove(scratch.maildir(from) / "new" / names.at(0));
    fs::rename(scratch.maildir(from) / "new" / names.at(1),
               scratch.maildir(from) / "cur" / (names.at(1) + ":2,S"));
    REQUIRE(scratch.deliver({from}, "late\n"));
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        scratch.disk.fail_call(n, EIO);
        const auto carried = scratch.store->carry(from, to, Pass::last);
        const bool fired = scratch.disk.has_failed();
        scratch.disk.work();
        if (fired) continue;
        CHECK(carried.value());
        break;
    }
    for (const auto* const sub : {"new", "cur"}) {
        auto there = scratch.files(to, sub), here = scratch.files(from, sub);
        std::ranges::sort(there);
        std::ranges::sort(here);
        CHECK(there == here);
    }
    CHECK(scratch.store->usage(to)->messages == 3);
    CHECK(scratch.store->usage(to)->used == Bytes{15});
}

TEST_CASE("a step of carrying ends when it is told to, and the next one goes on from there")
{
    Scratch scratch;
    const auto from = scratch.mailbox(), to = scratch.mailbox();
    for (int i = 0; i < 5; ++i)
        REQUIRE(scratch.deliver({from}, "text\n"));
    const auto mail = scratch.folder.open();
    FolderCache cache(mail.get(), scratch.disk, 10);
    UsageBook book(scratch.clock, scratch.disk);
    const auto source = cache.open(from), target = cache.open(to);
    std::vector<std::size_t> there;
    for (bool all = false; !all;) {
        auto change = book.change(**target);
        int left = 2;
        const auto step = carry(scratch.disk, **source, **target,
                                {.change = change, .go_on = [&]() -> Result<bool> { return left-- > 0; }});
        REQUIRE(step);
        all = *step;
        there.push_back(scratch.files(to).size());
    }
    CHECK(there == std::vector<std::size_t>{2, 4, 5});
}

TEST_CASE("where links do not go a move copies, each copy durable before it has its name")
{
    Scratch scratch;
    const auto from = scratch.mailbox(), to = scratch.mailbox();
    REQUIRE(scratch.deliver({from}, "text\n"));
    const auto there = FailingDisk::folder_key(sys::open_folder(scratch.maildir(to) / "new")->get());
    const auto seen = FailingDisk::folder_key(sys::open_folder(scratch.maildir(to) / "cur")->get());
    scratch.disk.elsewhere.insert(there);
    scratch.disk.calls.clear();
    REQUIRE(scratch.store->carry(from, to, Pass::copying));
    CHECK(scratch.disk.calls ==
          std::vector<std::string>{"copy", "sync message", fmt::format("link into {}", there),
                                   fmt::format("sync {}", there), fmt::format("sync {}", seen)});
    CHECK(scratch.files(to) == scratch.files(from));
}

TEST_CASE("where a folder does not stand for its files, a copy is synced once more after it was named")
{
    Scratch scratch;
    scratch.disk.folders_stand_for_links = false;
    const auto from = scratch.mailbox(), to = scratch.mailbox();
    REQUIRE(scratch.deliver({from}, "text\n"));
    const auto there = FailingDisk::folder_key(sys::open_folder(scratch.maildir(to) / "new")->get());
    scratch.disk.elsewhere.insert(there);
    scratch.disk.calls.clear();
    REQUIRE(scratch.store->carry(from, to, Pass::copying));
    REQUIRE(scratch.disk.calls.size() > 4);
    scratch.disk.calls.resize(4);
    CHECK(scratch.disk.calls ==
          std::vector<std::string>{"copy", "sync message", fmt::format("link into {}", there), "journal"});
}

TEST_CASE(
    "a copy that could not be synced after it was named has that name no more, so that a repeat copies it")
{
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        Scratch scratch;
        scratch.disk.folders_stand_for_links = false;
        const auto from = scratch.mailbox(), to = scratch.mailbox();
        REQUIRE(scratch.deliver({from}, "text\n"));
        REQUIRE(scratch.store->usage(from));
        scratch.disk.elsewhere.insert(
            FailingDisk::folder_key(sys::open_folder(scratch.maildir(to) / "new")->get()));
        scratch.disk.calls.clear();
        scratch.disk.fail_call(n, EIO);
        const auto carried = scratch.store->carry(from, to, Pass::copying);
        const bool fired = scratch.disk.has_failed();
        scratch.disk.work();
        CHECK(carried.has_value() == !fired);
        const auto synced = std::ranges::count(scratch.disk.calls, "journal");
        CHECK(scratch.files(to).size() <= static_cast<std::size_t>(synced));
        CHECK(scratch.store->carry(from, to, Pass::copying));
        CHECK(scratch.files(to).size() == 1);
        if (!fired) break;
    }
}

TEST_CASE("an inbox that a session has open is not carried")
{
    Scratch scratch;
    const auto from = scratch.mailbox(), to = scratch.mailbox();
    const auto session = scratch.store->inbox(from);
    REQUIRE((*session)->open());
    CHECK(fault_of(scratch.store->carry(from, to, Pass::copying)) == Fault::conflict);
    (*session)->unlock();
    CHECK(scratch.store->carry(from, to, Pass::copying));
    CHECK((*session)->open()); // and it is free again
}

TEST_CASE("whichever call fails while messages are carried, carrying again brings each once")
{
    Scratch scratch;
    const auto from = scratch.mailbox();
    for (int i = 0; i < 3; ++i)
        REQUIRE(scratch.deliver({from}, "text\n"));
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        const auto to = scratch.mailbox();
        REQUIRE(scratch.store->usage(from));
        scratch.disk.fail_call(n, EIO);
        [[maybe_unused]] const auto broken = scratch.store->carry(from, to, Pass::copying);
        const bool fired = scratch.disk.has_failed();
        scratch.disk.work();
        CHECK(scratch.store->carry(from, to, Pass::copying));
        CHECK(scratch.files(to).size() == 3);
        CHECK(scratch.store->usage(to)->messages == 3);
        if (!fired) break;
    }
}

TEST_CASE(
    "a folder that only the user of a removed shell account can empty is handed over, and a repeat ends it")
{
    class Closed final : public Disk {
      public:
        Result<sys::Descriptor> open_folder(int folder, const std::string& path) override
        {
            if (path == closed) return fail_errno(EACCES, "the test's folder");
            return Disk::open_folder(folder, path);
        }
        Result<void> unlink(int folder, const std::string& name) override
        {
            if (name == closed) return fail_errno(EISDIR, "the test's folder");
            return Disk::unlink(folder, name);
        }
        std::string closed = "theirs";
    };
    const ScratchFolder scratch;
    const SetClock clock(from_unix_ms(1'763'765'000'000));
    Closed disk;
    const auto store = MaildirStore::open(scratch.open(), clock, disk);
    REQUIRE(store);
    InboxPlace place;
    place.inbox = InboxId::make(clock.now());
    place.inbox_kind = directory::InboxKind::shell;
    REQUIRE((*store)->make(place));
    fs::create_directories(scratch.path() / *path_of(place) / "new" / "theirs" / "deep");

    const auto removed = (*store)->remove(place);
    REQUIRE(removed);
    REQUIRE(*removed);
    const auto tree = fs::directory_iterator(scratch.path() / "trash")->path();
    CHECK(FailingDisk::folder_key((*removed)->get()) ==
          FailingDisk::folder_key(sys::open_folder(tree / "inbox/Maildir/new/theirs")->get()));
    CHECK_FALSE(fs::exists(scratch.path() / "shell" / place.inbox.hex()));
    const auto again = (*store)->remove(place);
    REQUIRE(again);
    CHECK(*again);

    disk.closed.clear(); // a child that became the user was here
    const auto last = (*store)->remove(place);
    REQUIRE(last);
    CHECK_FALSE(*last);
    CHECK(fs::is_empty(scratch.path() / "trash"));
}
