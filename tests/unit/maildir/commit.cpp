#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/unit/maildir/faulty_disk.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

struct stat status_of(const fs::path& path)
{
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status;
}

// Nothing of it is anywhere: no name in any folder of the store.
bool is_empty(const Scratch& scratch)
{
    for (const auto& entry : fs::recursive_directory_iterator(scratch.folder.path()))
        if (!entry.is_directory()) return false;
    return true;
}

std::size_t open_descriptors()
{
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

const std::string text = "Subject: hello\n\nworld\n";

// As Linux before 6.10 answers whoever has no CAP_DAC_READ_SEARCH.
class OldKernelDisk final : public FaultyDisk {
  public:
    int refused = 0;

  protected:
    int link_by_descriptor(int, int, const std::string&) override
    {
        ++refused;
        return ENOENT;
    }
};

} // namespace

TEST_CASE("a message for three inboxes is one file with three names, which nobody may write to")
{
    Scratch scratch;
    const auto paid = scratch.mailbox(), other = scratch.mailbox();
    const auto shell = scratch.shell_inbox(4242);
    const auto free = scratch.mailbox({}, shell.place.inbox);
    REQUIRE(scratch.deliver({paid, other, free, paid}, text));
    const auto name = scratch.files(paid).at(0);
    const auto first = status_of(scratch.maildir(paid) / "new" / name);
    CHECK(first.st_nlink == 3);
    CHECK((first.st_mode & 07777) == 0440);
    for (const auto& inbox : {paid, other, free}) {
        CHECK(scratch.files(inbox) == std::vector{name});
        CHECK(status_of(scratch.maildir(inbox) / "new" / name).st_ino == first.st_ino);
    }
    CHECK(name.starts_with("1763765000."));
    CHECK(name.ends_with(fmt::format(",S={},W={}", text.size(), text.size() + 3)));
}

TEST_CASE("a writer that is still there, by any descriptor or mapping, means that nothing is stored")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    enum class Kept { descriptor, duplicate, mapping };
    for (const auto kept : {Kept::descriptor, Kept::duplicate, Kept::mapping}) {
        CAPTURE(static_cast<int>(kept));
        const auto id = scratch.next_id();
        auto file = scratch.store->open_message(id, inbox);
        REQUIRE(file);
        REQUIRE(sys::write_whole(file->get(), text, 0));
        sys::Descriptor left;
        if (kept == Kept::duplicate) left = file->duplicate();
        if (kept == Kept::mapping) {
            // A write-only descriptor cannot be mapped: nothing to keep by it.
            CHECK(mmap(nullptr, 4096, PROT_WRITE, MAP_SHARED, file->get(), 0) == MAP_FAILED);
            continue;
        }
        if (kept != Kept::descriptor) file->reset();
        CHECK(fault_of(scratch.store->commit(id, {inbox}, Scratch::written_of(text))) == Fault::denied);
        CHECK(is_empty(scratch));
        CHECK(fault_of(scratch.store->commit(id, {inbox}, Scratch::written_of(text))) == Fault::not_found);
    }
}

TEST_CASE("a message of another size than its writer says is refused")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    for (const auto& written :
         {Written{.size = {text.size() + 1}, .lines = 3}, Written{.size = {0}, .lines = 0},
          Written{.size = {text.size()}, .lines = text.size() + 1}}) {
        const auto id = scratch.next_id();
        auto file = scratch.store->open_message(id, inbox);
        REQUIRE(file);
        REQUIRE(sys::write_whole(file->get(), text, 0));
        file->reset();
        CHECK(fault_of(scratch.store->commit(id, {inbox}, written)) == Fault::internal);
        CHECK(is_empty(scratch));
    }
}

TEST_CASE("an abandoned message leaves nothing, and abandoning is safe at any time")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox(1_MiB);
    const auto before = open_descriptors();
    const auto id = scratch.next_id();
    scratch.store->abandon(id);
    REQUIRE(scratch.store->promise(id, inbox, 1_KiB));
    REQUIRE(scratch.store->open_message(id, inbox));
    scratch.store->abandon(id);
    scratch.store->abandon(id);
    CHECK(fault_of(scratch.store->commit(id, {inbox}, {})) == Fault::not_found);
    REQUIRE(scratch.deliver({inbox}, text));
    CHECK(scratch.files(inbox).size() == 1);
    CHECK(scratch.files(inbox, "tmp").empty());
    CHECK(open_descriptors() <= before + 4); // the folders of one inbox
}

TEST_CASE("a transaction has one message, and one commit")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto id = scratch.next_id();
    auto file = scratch.store->open_message(id, inbox);
    REQUIRE(file);
    CHECK(fault_of(scratch.store->open_message(id, inbox)) == Fault::conflict);
    file->reset();
    CHECK(scratch.store->commit(id, {inbox}, {}));
    CHECK(fault_of(scratch.store->commit(id, {inbox}, {})) == Fault::not_found);
    CHECK(scratch.files(inbox).size() == 1);
}

TEST_CASE("for no inbox, or one that nobody made, nothing is stored")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    auto unmade = inbox;
    unmade.place.inbox = InboxId::make(scratch.clock.now());
    CHECK(fault_of(scratch.deliver({unmade}, text)) == Fault::not_found);
    CHECK(fault_of(scratch.deliver({inbox, unmade}, text)) == Fault::not_found);
    const auto id = scratch.next_id();
    REQUIRE(scratch.store->open_message(id, inbox));
    CHECK(fault_of(scratch.store->commit(id, {}, {})) == Fault::invalid);
    CHECK(is_empty(scratch));
}

TEST_CASE("when one inbox cannot be reached, the names given in the others are taken back")
{
    Scratch scratch;
    const auto first = scratch.mailbox(), broken = scratch.mailbox(), last = scratch.mailbox();
    REQUIRE(scratch.deliver({broken}, text)); // its folders are held open now
    fs::remove_all(scratch.maildir(broken) / "new");
    CHECK(fault_of(scratch.deliver({first, broken, last}, text)) == Fault::unavailable);
    CHECK(is_empty(scratch));
    fs::create_directory(scratch.maildir(broken) / "new");
    CHECK(scratch.deliver({first, broken, last}, text)); // and is opened afresh afterwards
}

TEST_CASE("a name that is taken is not taken over, and not taken away")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto id = scratch.next_id();
    REQUIRE(scratch.store->open_message(id, inbox));
    REQUIRE(scratch.store->commit(id, {inbox}, {}));
    REQUIRE(scratch.store->open_message(id, inbox));
    CHECK_FALSE(scratch.store->commit(id, {inbox}, {}));
    CHECK(scratch.files(inbox).size() == 1);
}

TEST_CASE("where no link goes there is a copy with the same bytes")
{
    Scratch scratch;
    const auto first = scratch.mailbox(), project = scratch.mailbox();
    scratch.disk.elsewhere.insert(status_of(scratch.maildir(project) / "new").st_ino);
    const auto long_text = std::string(300'000, 'x') + "\n";
    REQUIRE(scratch.deliver({first, project}, long_text));
    const auto name = scratch.files(first).at(0);
    CHECK(scratch.files(project) == std::vector{name});
    const auto path = scratch.maildir(project) / "new" / name;
    CHECK(status_of(path).st_ino != status_of(scratch.maildir(first) / "new" / name).st_ino);
    CHECK((status_of(path).st_mode & 07777) == 0440);
    CHECK(sys::read_file(path, 1_MiB) == long_text);
}

TEST_CASE("a shell inbox of another group gets a copy that its user can read (as root, which can make one)")
{
    if (geteuid() != 0) return;
    Scratch scratch;
    const auto mailbox = scratch.mailbox();
    const auto shell = scratch.shell_inbox(4242);
    for (const auto* sub : {"new", "tmp"}) {
        REQUIRE(chown((scratch.maildir(shell) / sub).c_str(), 0, 4242) == 0);
        REQUIRE(chmod((scratch.maildir(shell) / sub).c_str(), 02770) == 0);
    }
    REQUIRE(scratch.deliver({mailbox, shell}, text));
    REQUIRE(scratch.deliver({shell}, text));
    for (const auto& name : scratch.files(shell))
        CHECK(status_of(scratch.maildir(shell) / "new" / name).st_gid == 4242);
    CHECK(status_of(scratch.maildir(mailbox) / "new" / scratch.files(mailbox).at(0)).st_gid != 4242);
}

TEST_CASE("a message is durable before it has a name, and its names are before anybody is told")
{
    Scratch scratch;
    const auto first = scratch.mailbox(), second = scratch.mailbox();
    const auto one = status_of(scratch.maildir(first) / "new").st_ino;
    const auto other = status_of(scratch.maildir(second) / "new").st_ino;
    scratch.disk.journaled = false;
    scratch.disk.calls.clear();
    REQUIRE(scratch.deliver({first, second}, text));
    CHECK(scratch.disk.calls ==
          std::vector<std::string>{"start", "sync message", fmt::format("link into {}", one),
                                   fmt::format("link into {}", other), fmt::format("sync {}", one),
                                   fmt::format("sync {}", other)});

    scratch.disk.elsewhere.insert(other);
    scratch.disk.calls.clear();
    REQUIRE(scratch.deliver({second}, text));
    CHECK(scratch.disk.calls == std::vector<std::string>{"start", "sync message", "copy", "start",
                                                         "sync message", fmt::format("link into {}", other),
                                                         fmt::format("sync {}", other)});
}

TEST_CASE("whichever call fails while a message is committed, it is in every inbox or in none")
{
    Scratch scratch;
    const auto first = scratch.mailbox(1_MiB), second = scratch.mailbox(1_MiB),
               project = scratch.mailbox(1_MiB);
    scratch.disk.elsewhere.insert(status_of(scratch.maildir(project) / "new").st_ino);
    REQUIRE(scratch.deliver({first, second, project}, text)); // warm: what is counted is the commit
    const auto descriptors = open_descriptors();
    for (const int error : {ENOSPC, EIO, EDQUOT, EMFILE}) {
        std::size_t stored = scratch.files(first).size();
        for (int n = 1;; ++n) {
            CAPTURE(error);
            CAPTURE(n);
            REQUIRE(n < 100);
            scratch.disk.fail_call(n, error);
            const auto committed = scratch.deliver({first, second, project}, text);
            const bool fired = scratch.disk.has_failed();
            scratch.disk.work();
            if (committed) ++stored;
            if (fired) CHECK_FALSE(committed);
            if (fired && !committed) {
                const auto fault = committed.error().fault;
                const bool passes = fault == Fault::unavailable || fault == Fault::io;
                CHECK(passes);
            }
            for (const auto& inbox : {first, second, project}) {
                CHECK(scratch.files(inbox).size() == stored);
                CHECK(scratch.files(inbox, "tmp").empty());
                CHECK(scratch.store->usage(inbox)->used.count == stored * text.size());
            }
            CHECK(open_descriptors() <= descriptors);
            if (!fired) {
                CHECK(committed);
                break;
            }
        }
    }
    CHECK(scratch.store->promise(scratch.next_id(), first,
                                 Bytes{(1_MiB).count - 5 * text.size()})); // no room was kept
}

TEST_CASE("a file system that cannot do what a delivery needs is refused at the start, with a reason")
{
    class NoLeases final : public Disk {
        Result<void> check_no_writer(int) override { return {}; }
    };
    class NoUnnamed final : public Disk {
        Result<sys::Descriptor> open_unnamed(int) override { return fail_errno(EOPNOTSUPP, "opening"); }
    };
    const ScratchFolder folder;
    const SetClock clock(from_unix_ms(0));
    NoLeases no_leases;
    NoUnnamed no_unnamed;
    const auto first = MaildirStore::open(folder.open(), clock, no_leases);
    CHECK(fault_of(first) == Fault::invalid);
    CHECK(first.error().text.find("leases") != std::string::npos);
    const auto second = MaildirStore::open(folder.open(), clock, no_unnamed);
    CHECK(fault_of(second) == Fault::invalid);
    CHECK(second.error().text.find("O_TMPFILE") != std::string::npos);
    Disk disk;
    CHECK(MaildirStore::open(folder.open(), clock, disk));
    CHECK(MaildirStore::open(folder.open(), clock, disk)); // and the probe left nothing in its own way
    CHECK(fs::is_empty(folder.path() / "trash"));
}

TEST_CASE("where the kernel takes no descriptor for a link, messages get their names through /proc")
{
    Trial<OldKernelDisk> trial;
    const auto first = trial.mailbox(), second = trial.mailbox(), project = trial.mailbox();
    trial.disk.elsewhere.insert(trial.folder_key(project));
    trial.disk.refused = 0; // what the probe of the store's opening asked
    for (int round = 1; round <= 2; ++round) {
        trial.deliver({{first, second, project}}, 300);
        trial.deliver_large({first, second, project}, 200'000);
    }
    for (const auto& each : trial.sent)
        CHECK(each.outcome);
    for (const auto& inbox : {first, second, project}) {
        const fs::directory_iterator files(trial.maildir(inbox) / "new");
        CHECK(std::distance(begin(files), end(files)) == 4);
    }
    CHECK(trial.disk.refused == 0); // it had learnt that then
}

TEST_CASE("where the kernel takes no descriptor for a link, another file system is told from a name that is "
          "there")
{
    const ScratchFolder folder;
    const auto here = folder.open();
    struct stat other{};
    const bool is_other = stat("/dev/shm", &other) == 0 && other.st_dev != status_of(folder.path()).st_dev;
    if (!is_other) {
        MESSAGE("skipped: there is no second file system at /dev/shm");
        return;
    }
    const auto there = sys::open_folder("/dev/shm");
    REQUIRE(there);
    OldKernelDisk disk;
    for (int round = 1; round <= 2; ++round) { // before it has learnt that, and after
        CAPTURE(round);
        const auto file = disk.open_unnamed(here.get());
        REQUIRE(file);
        CHECK(disk.link(file->get(), there->get(), "metka-test-message").value() == Linked::elsewhere);
        CHECK(fault_of(disk.link(file->get(), here.get(), "nowhere/a")) == Fault::not_found);
        CHECK(disk.link(file->get(), here.get(), fmt::format("{}", round)).value() == Linked::yes);
        CHECK(fault_of(disk.link(file->get(), here.get(), "1")) == Fault::conflict);
    }
    CHECK(disk.refused == 3); // the first name through /proc was the last question
}
