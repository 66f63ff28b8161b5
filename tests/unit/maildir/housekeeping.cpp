#include "core/maildir/housekeeping.h"

#include <sys/stat.h>

#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path)
{
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

} // namespace

TEST_CASE("an inbox is made with the modes that its readers need, and an existing one keeps its own")
{
    Scratch scratch;
    const auto shell = scratch.shell_inbox(4242);
    const auto maildir = scratch.maildir(shell);
    CHECK(mode_of(scratch.folder.path() / "box") == 0700);
    CHECK(mode_of(scratch.folder.path() / "trash") == 0700);
    CHECK(mode_of(scratch.folder.path() / "shell") == 0711);
    CHECK(mode_of(maildir.parent_path()) == 0711);
    CHECK(mode_of(maildir.parent_path().parent_path()) == 0711);
    for (const auto* sub : {"", "new", "cur", "tmp"})
        CHECK(mode_of(maildir / sub) == 0700);

    REQUIRE(chmod(maildir.c_str(), 02750) == 0);
    const auto again = scratch.store->make(shell.place);
    REQUIRE(again);
    CHECK(mode_of(maildir) == 02750);
    CHECK(sys::status_of(again->get())->st_ino == sys::status_of(sys::open_folder(maildir)->get())->st_ino);
}

TEST_CASE("every folder on the way to a new inbox is durable when it is said to be made")
{
    Scratch scratch;
    scratch.disk.calls.clear();
    const auto inbox = scratch.shell_inbox(4242);
    for (auto folder = scratch.maildir(inbox); folder != scratch.folder.path().parent_path();
         folder = folder.parent_path()) {
        CAPTURE(folder.string());
        const auto key = FailingDisk::folder_key(sys::open_folder(folder)->get());
        CHECK(std::ranges::count(scratch.disk.calls, fmt::format("sync {}", key)) == 1);
    }
}

TEST_CASE("whichever call fails while an inbox is made, making it again completes it")
{
    Scratch scratch;
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        InboxPlace place;
        place.inbox = InboxId::make(scratch.clock.now());
        scratch.disk.fail_call(n, ENOSPC);
        const auto made = scratch.store->make(place);
        const bool fired = scratch.disk.has_failed();
        scratch.disk.work();
        CHECK(made.has_value() == !fired);
        CHECK(scratch.store->make(place));
        InboxFacts facts;
        facts.place = place;
        CHECK(scratch.deliver({facts}, "x\n"));
        if (!fired) break;
    }
}

TEST_CASE("a removed inbox is gone with its messages, and removing it again is no fault")
{
    Scratch scratch;
    const auto gone = scratch.mailbox(), stays = scratch.mailbox();
    REQUIRE(scratch.deliver({gone, stays}, "text\n"));
    fs::create_directories(scratch.maildir(gone) / "cur" / ".a" / "b");
    REQUIRE(scratch.store->remove(gone.place));
    CHECK_FALSE(fs::exists(scratch.maildir(gone)));
    CHECK(fs::is_empty(scratch.folder.path() / "trash"));
    CHECK(scratch.store->remove(gone.place));
    CHECK(fault_of(scratch.store->inbox(gone)) == Fault::not_found);
    CHECK(scratch.files(stays).size() == 1);
}

TEST_CASE("a removal that could not look everywhere does not say that all is gone")
{
    for (int n = 1;; ++n) {
        REQUIRE(n < 100);
        CAPTURE(n);
        Scratch scratch;
        const auto shell = scratch.shell_inbox(4242);
        fs::create_directories(scratch.maildir(shell) / "new" / "theirs" / "deep");
        scratch.disk.fail_call(n, EMFILE);
        const auto removed = scratch.store->remove(shell.place);
        const bool fired = scratch.disk.has_failed();
        const bool is_gone =
            !fs::exists(scratch.maildir(shell)) && fs::is_empty(scratch.folder.path() / "trash");
        scratch.disk.work();
        CHECK((removed && !*removed) == is_gone);
        const auto again = scratch.store->remove(shell.place);
        REQUIRE(again);
        CHECK_FALSE(*again);
        CHECK(fs::is_empty(scratch.folder.path() / "trash"));
        if (!fired) break;
    }
}

TEST_CASE("a removed inbox that could not be looked for in the trash is not said to be gone")
{
    Scratch scratch;
    const auto gone = scratch.mailbox();
    REQUIRE(scratch.store->remove(gone.place));
    bool has_looked = false;
    for (int n = 1; !has_looked; ++n) {
        REQUIRE(n < 10);
        scratch.disk.fail_call(n, EMFILE);
        const auto removed = scratch.store->remove(gone.place);
        has_looked = !scratch.disk.has_failed();
        scratch.disk.work();
        CHECK(removed.has_value() == has_looked);
    }
}

TEST_CASE("a removed shell account takes its free mailboxes along")
{
    Scratch scratch;
    const auto shell = scratch.shell_inbox(4242);
    const auto free = scratch.mailbox({}, shell.place.inbox);
    REQUIRE(scratch.store->remove(free.place));
    CHECK_FALSE(fs::exists(scratch.maildir(free)));
    CHECK(fs::exists(scratch.maildir(shell)));
    REQUIRE(scratch.store->make(free.place));
    REQUIRE(scratch.store->remove(shell.place));
    CHECK(fs::is_empty(scratch.folder.path() / "shell"));
}

TEST_CASE("the trash does not follow links, and what an earlier run left is removed")
{
    Scratch scratch;
    const auto outside = scratch.folder.path() / "outside";
    write_file(outside, "keep me");
    fs::create_directories(scratch.folder.path() / "trash" / "old" / "deep");
    fs::create_symlink(scratch.folder.path(), scratch.folder.path() / "trash" / "old" / "link");
    write_file(scratch.folder.path() / "trash" / "old" / "deep" / "file", "x");
    scratch.store->empty_trash();
    CHECK(fs::is_empty(scratch.folder.path() / "trash"));
    CHECK(fs::exists(outside));
}

TEST_CASE("an inbox whose Maildir is not the store's is refused (as root, which can give one away)")
{
    if (geteuid() != 0) return;
    Scratch scratch;
    const auto shell = scratch.shell_inbox(4242);
    REQUIRE(chown(scratch.maildir(shell).c_str(), 4242, 4242) == 0);
    CHECK(fault_of(scratch.store->inbox(shell)) == Fault::denied);
}

TEST_CASE("only so many inboxes are held open, and the one used last is among them")
{
    ScratchFolder folder;
    Disk disk;
    const auto mail = folder.open();
    REQUIRE(prepare_mail_folder(disk, mail.get()));
    FolderCache cache(mail.get(), disk, 3);
    std::vector<InboxFacts> inboxes(5);
    for (auto& inbox : inboxes) {
        inbox.place.inbox = InboxId::make(from_unix_ms(0));
        REQUIRE(make_inbox_tree(disk, mail.get(), inbox.place));
        REQUIRE(cache.open(inbox));
    }
    CHECK(cache.size() == 3);
    const auto last = cache.open(inboxes[4]);
    CHECK(*cache.open(inboxes[4]) == *last);
    REQUIRE(cache.open(inboxes[0]));
    REQUIRE(cache.open(inboxes[1]));
    CHECK(*cache.open(inboxes[4]) == *last);
    cache.forget(inboxes[4].place.inbox);
    CHECK(cache.size() == 2);
}

TEST_CASE("what an earlier version left half-written in incoming goes with the trash")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    REQUIRE(scratch.deliver({inbox}, "Subject: x\n\nx\n"));
    const auto incoming = scratch.folder.path() / "incoming";
    std::filesystem::create_directories(incoming / "deep");
    write_file(incoming / "1.half", "half");
    write_file(incoming / "deep" / "2.half", "half");
    scratch.store->empty_trash();
    CHECK_FALSE(std::filesystem::exists(incoming));
    CHECK(scratch.files(inbox).size() == 1);
    scratch.store->empty_trash(); // and there being none is no fault
}
