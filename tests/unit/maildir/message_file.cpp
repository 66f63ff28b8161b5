// Files of an inbox that somebody else wrote, or still writes.

#include "core/maildir/message_file.h"

#include <functional>

#include <fcntl.h>
#include <sys/stat.h>

#include "core/maildir/list_reader.h"
#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

// A disk whose users do something to a message at the moment it is opened.
class BusyDisk final : public Disk {
  public:
    Result<sys::Descriptor> open_message(int folder, const std::string& name) override
    {
        ++opened;
        if (meanwhile) meanwhile();
        return Disk::open_message(folder, name);
    }
    std::function<void()> meanwhile;
    int opened = 0;
};

// An inbox of a shell account, listed on such a disk.
struct Shared {
    Scratch scratch;
    InboxFacts inbox = scratch.shell_inbox(4242);
    fs::path fresh = scratch.maildir(inbox) / "new";
    BusyDisk disk;

    std::shared_ptr<const Listing> list()
    {
        const auto mail = scratch.folder.open();
        FolderCache folders(mail.get(), disk, 16);
        const auto held = folders.open(inbox);
        REQUIRE(held);
        const auto read = read_listing(**held, disk);
        REQUIRE(read);
        return read->listing;
    }
};

} // namespace

TEST_CASE("of a message that grows while it is counted, so much counts as was there when it was opened")
{
    const ScratchFolder folder;
    write_file(folder.path() / "1.a", "a\nb\nc\n");
    Disk disk;
    const auto held = folder.open();
    const auto message = open_message(disk, held.get(), "1.a", {.store = geteuid(), .shell = 0});
    REQUIRE(message);
    REQUIRE(*message);
    CHECK((*message)->size == 6);
    REQUIRE(truncate((folder.path() / "1.a").c_str(), off_t{1} << 33) == 0);
    CHECK(octets_sent(**message) == 9);
    REQUIRE(truncate((folder.path() / "1.a").c_str(), 3) == 0);
    CHECK(octets_sent(**message) == 6); // "a", and a "b" whose line we end
}

TEST_CASE("a file that becomes something else before it is opened is skipped and counted")
{
    Shared shared;
    write_file(shared.fresh / "1.a", "a\n");
    SUBCASE("a folder")
    {
        shared.disk.meanwhile = [&] {
            fs::remove(shared.fresh / "1.a");
            fs::create_directory(shared.fresh / "1.a");
        };
    }
    SUBCASE("8 GiB of nothing (as root, which can give it to a user)")
    {
        if (geteuid() != 0) return;
        REQUIRE(chown((shared.fresh / "1.a").c_str(), 4242, 4242) == 0);
        shared.disk.meanwhile = [&] {
            REQUIRE(truncate((shared.fresh / "1.a").c_str(), off_t{1} << 33) == 0);
        };
    }
    const auto listing = shared.list();
    CHECK(listing->size() == 0);
    CHECK(listing->skipped() == 1);
}

TEST_CASE("what another program says of a message is believed only if its last line has an end")
{
    Shared shared;
    write_file(shared.fresh / "1.M1P2.host,S=4,W=6", "a\nb\n");
    write_file(shared.fresh / "2.M1P2.host,S=3,W=4", "a\nb");       // as Dovecot names it
    write_file(shared.fresh / "3.M1P2.host,S=4,W=4:2,S", "a\r\nb"); // a CR that it has is not counted again
    write_file(shared.fresh / "4.M1P2.host,S=0,W=0", "");
    const auto listing = shared.list();
    REQUIRE(listing->size() == 4);
    CHECK(listing->octets(0) == 6);
    CHECK(listing->octets(1) == 6);
    CHECK(listing->octets(2) == 6);
    CHECK(listing->octets(3) == 0);
    CHECK(shared.disk.opened == 4);
}

TEST_CASE("what a message of another program is announced with is counted when it is read")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto fresh = scratch.maildir(inbox) / "new";
    write_file(fresh / "1.M1P2.host,S=4,W=5", "a\nb\n");
    write_file(fresh / "2.plain", "a\nb\n");
    auto session = scratch.store->inbox(inbox);
    REQUIRE(session);
    CHECK(list(**session)->front().octets == 5); // as its name says
    CHECK((*session)->read(0)->octets == 6);
    write_file(fresh / "2.plain", "abc\n"); // in its place, of the same size
    CHECK((*session)->read(1)->octets == 5);
}

TEST_CASE("a message that cannot be opened at the moment is unavailable, and nothing worse")
{
    Scratch scratch;
    const auto inbox = scratch.shell_inbox(4242);
    const auto fresh = scratch.maildir(inbox) / "new";
    write_file(fresh / "1.a", "a\n");
    write_file(fresh / "2.b", "b\n");
    auto session = scratch.store->inbox(inbox);
    REQUIRE(session);
    REQUIRE((*session)->open());
    const sys::Descriptor held(open((fresh / "1.a").c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(fcntl(held.get(), F_SETLEASE, F_WRLCK) == 0);
    CHECK(fault_of((*session)->read(0)) == Fault::unavailable);
    fs::remove(fresh / "2.b");
    fs::create_symlink("/etc/passwd", fresh / "2.b");
    CHECK(fault_of((*session)->read(1)) == Fault::unavailable);
}

TEST_CASE("messages that we stored are not opened to be listed, whatever their flags")
{
    Shared shared;
    REQUIRE(shared.scratch.deliver({shared.inbox}, "a\nb\n"));
    REQUIRE(shared.scratch.deliver({shared.inbox}, "c\n"));
    const auto file = shared.scratch.files(shared.inbox).front();
    fs::rename(shared.fresh / file, shared.fresh.parent_path() / "cur" / (file + ":2,S"));
    CHECK(shared.list()->size() == 2);
    CHECK(shared.disk.opened == 0);
}

TEST_CASE("a name of our form that the shell account's user gave is not believed unseen (as root)")
{
    if (geteuid() != 0) return;
    Shared shared;
    const auto name =
        make_message_name(shared.scratch.clock.now(), shared.scratch.next_id(), {.size = {3}, .lines = 1});
    write_file(shared.fresh / name, "a\nb");
    REQUIRE(chown((shared.fresh / name).c_str(), 4242, 4242) == 0);
    CHECK(shared.list()->octets(0) == 6);
}

TEST_CASE("a message whose user holds a lease on it is skipped, and the others are listed")
{
    Shared shared;
    write_file(shared.fresh / "1.a", "a\n");
    write_file(shared.fresh / "2.b", "b\n");
    {
        const sys::Descriptor held(open((shared.fresh / "1.a").c_str(), O_RDWR | O_CLOEXEC));
        REQUIRE(fcntl(held.get(), F_SETLEASE, F_WRLCK) == 0);
        const auto listing = shared.list();
        REQUIRE(listing->size() == 1);
        CHECK(listing->file(0) == "2.b");
        CHECK(listing->skipped() == 1);
    }
    CHECK(shared.list()->size() == 2);
}
