#include "core/maildir/maildir_inbox.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>

#include "core/maildir/message_name.h"
#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<MaildirInbox> opened(Scratch& scratch, const InboxFacts& inbox)
{
    auto session = scratch.store->inbox(inbox);
    REQUIRE(session);
    return std::move(*session);
}

std::vector<std::string> uids(MaildirInbox& session)
{
    const auto listed = list(session);
    REQUIRE(listed);
    std::vector<std::string> all;
    for (const auto& each : *listed)
        all.push_back(each.uid);
    return all;
}

struct stat status(mode_t mode, uid_t uid, nlink_t links = 1)
{
    struct stat made{};
    made.st_mode = mode;
    made.st_uid = uid;
    made.st_nlink = links;
    return made;
}

} // namespace

TEST_CASE("a message of an inbox is a regular file of the store or of the shell account's user")
{
    const Owners shared{.store = 10, .shell = 20};
    const Owners ours{.store = 10, .shell = 0};
    CHECK(is_message(status(S_IFREG | 0440, 10), ours));
    CHECK(is_message(status(S_IFREG | 0440, 10, 3), ours)); // in three inboxes
    CHECK(is_message(status(S_IFREG | 0600, 20), shared));
    CHECK_FALSE(is_message(status(S_IFREG | 0600, 20, 2), shared));
    CHECK_FALSE(is_message(status(S_IFREG | 0600, 20), ours));
    CHECK_FALSE(is_message(status(S_IFREG | 0600, 30), shared));
    CHECK_FALSE(is_message(status(S_IFREG | 0600, 0), ours)); // nobody's uid is not root's
    auto sparse = status(S_IFREG | 0600, 20);
    sparse.st_size = std::int64_t{1} << 40;
    CHECK_FALSE(is_message(sparse, shared));
    sparse.st_blocks = sparse.st_size / 512 / 8; // as it may look where the file system compresses
    CHECK(is_message(sparse, shared));
    for (const mode_t kind : {S_IFLNK, S_IFIFO, S_IFDIR, S_IFSOCK, S_IFCHR, S_IFBLK}) {
        CHECK_FALSE(is_message(status(kind | 0600, 10), shared));
        CHECK_FALSE(is_message(status(kind | 0600, 20), shared));
    }
}

TEST_CASE("messages are listed oldest first, with the octets that RETR sends")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    REQUIRE(scratch.deliver({inbox}, "first\n\nbody\n"));
    scratch.clock.advance(std::chrono::seconds(5));
    REQUIRE(scratch.deliver({inbox}, "second\n"));
    const auto session = opened(scratch, inbox);
    const auto listed = list(*session);
    REQUIRE(listed);
    REQUIRE(listed->size() == 2);
    CHECK((*listed)[0].octets == 15);
    CHECK((*listed)[1].octets == 8);
    CHECK(scratch.content(*session, 0) == "first\n\nbody\n");
    CHECK(scratch.content(*session, 1) == "second\n");
}

TEST_CASE("octets are counted where the name says nothing, or says something else than the file")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto maildir = scratch.maildir(inbox);
    write_file(maildir / "new" / "1.plain", "a\nb\n");
    write_file(maildir / "new" / "2.wrong,S=99,W=100", "a\nb\n");
    write_file(maildir / "new" / "3.absurd,S=4,W=1000000", "a\nb\n");
    write_file(maildir / "new" / "4.open", "a\nb");
    write_file(maildir / "new" / "5.empty", "");
    write_file(maildir / "new" / "6.crlf", "a\r\nb\r\n"); // has its CRs already
    const auto listed = list(*opened(scratch, inbox));
    REQUIRE(listed);
    std::vector<std::uint64_t> octets;
    for (const auto& each : *listed)
        octets.push_back(each.octets);
    CHECK(octets == std::vector<std::uint64_t>{6, 6, 6, 6, 0, 6});
}

TEST_CASE("what is planted in a shell inbox is skipped, and holds nobody up")
{
    Scratch scratch;
    const auto inbox = scratch.shell_inbox(4242);
    REQUIRE(scratch.deliver({inbox}, "real\n"));
    const auto fresh = scratch.maildir(inbox) / "new";
    fs::create_symlink("/etc/passwd", fresh / "1.link");
    fs::create_symlink("/nowhere", fresh / "1.dangling");
    fs::create_directory(fresh / "1.folder");
    REQUIRE(mkfifo((fresh / "1.pipe").c_str(), 0666) == 0);
    write_file(fresh / ".hidden", "x");

    const auto session = opened(scratch, inbox);
    const auto listed = list(*session);
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(scratch.content(*session, 0) == "real\n");
    CHECK(fault_of(session->read(1)) == Fault::not_found);
    CHECK(scratch.store->usage(inbox)->messages == 1);
}

TEST_CASE("a message that becomes a link or a pipe after it was listed is not read")
{
    Scratch scratch;
    const auto inbox = scratch.shell_inbox(4242);
    const auto fresh = scratch.maildir(inbox) / "new";
    write_file(fresh / "1.a", "a\n");
    write_file(fresh / "2.b", "b\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(list(*session)->size() == 2);
    fs::remove(fresh / "1.a");
    fs::create_symlink("/etc/passwd", fresh / "1.a");
    fs::remove(fresh / "2.b");
    REQUIRE(mkfifo((fresh / "2.b").c_str(), 0666) == 0);
    CHECK_FALSE(session->read(0));
    CHECK_FALSE(session->read(1));
}

TEST_CASE(
    "a stranger's file and a second name of the user's file are no messages (as root, which can make them)")
{
    if (geteuid() != 0) return;
    Scratch scratch;
    const auto inbox = scratch.shell_inbox(4242);
    const auto fresh = scratch.maildir(inbox) / "new";
    write_file(fresh / "1.user", "u\n");
    write_file(fresh / "2.stranger", "s\n");
    write_file(fresh / "3.linked", "l\n");
    fs::create_hard_link(fresh / "3.linked", scratch.folder.path() / "elsewhere");
    REQUIRE(chown((fresh / "1.user").c_str(), 4242, 4242) == 0);
    REQUIRE(chown((fresh / "2.stranger").c_str(), 4343, 4343) == 0);
    REQUIRE(chown((fresh / "3.linked").c_str(), 4242, 4242) == 0);
    CHECK(uids(*opened(scratch, inbox)) == std::vector<std::string>{"1.user"});
}

TEST_CASE(
    "a uid stays while another program sets flags and moves the message, and the message is still found")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    REQUIRE(scratch.deliver({inbox}, "text\n"));
    const auto session = opened(scratch, inbox);
    const auto before = list(*session);
    REQUIRE(before);
    const auto file = scratch.files(inbox).front();
    const auto maildir = scratch.maildir(inbox);
    fs::rename(maildir / "new" / file, maildir / "cur" / (file + ":2,S"));
    CHECK(scratch.content(*session, 0) == "text\n");

    fs::rename(maildir / "cur" / (file + ":2,S"), maildir / "cur" / (file + ":2,FS"));
    CHECK(scratch.content(*session, 0) == "text\n");
    CHECK(uids(*session) == std::vector{before->front().uid});
    fs::rename(maildir / "cur" / (file + ":2,FS"), maildir / "cur" / (file + ":2,FRS"));
    const auto removal = remove(*session, {0});
    REQUIRE(removal);
    CHECK(removal->removed == 1);
    CHECK(scratch.files(inbox, "cur").empty());
    CHECK(fault_of(session->read(0)) == Fault::not_found);
}

TEST_CASE("a message seen in new/ and in cur/ at once is listed once")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a", "a\n");
    write_file(scratch.maildir(inbox) / "cur" / "1.a:2,S", "a\n");
    CHECK(uids(*opened(scratch, inbox)) == std::vector<std::string>{"1.a"});
}

TEST_CASE("two messages with one base name have different uids, whichever is there first")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a,S=2", "a\n");
    write_file(scratch.maildir(inbox) / "new" / "1.a,S=3", "ab\n");
    const auto both = uids(*opened(scratch, inbox));
    CHECK(both == std::vector{hashed_uid("1.a,S=2"), hashed_uid("1.a,S=3")});
}

TEST_CASE("a listing comes in parts that fit their frame, and as one whole")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    for (int i = 0; i < 20; ++i)
        write_file(scratch.maildir(inbox) / "new" / fmt::format("{:02}.a", i), "a\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(session->open());
    std::string all;
    MessageIndex count = 0;
    while (count < 20) {
        const auto part = session->uids(count, 100, 20);
        REQUIRE(part);
        CHECK(part->count == 4); // of 5 bytes each
        all += part->lines;
        count += static_cast<MessageIndex>(part->count);
    }
    CHECK(all == session->uids(0, 100, 1000)->lines);
    CHECK(session->uids(3, 1, 1000)->lines == "03.a\n");
    CHECK(session->uids(20, 1, 1000)->count == 0);
    CHECK(session->octets(18, 7)->size() == 2);
    CHECK(session->octets(0, 7)->size() == 7);
    CHECK(session->octets(4'000'000'000, 7)->empty());
}

TEST_CASE("removing what has vanished is no fault, and touches nothing else")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a", "a\n");
    write_file(scratch.maildir(inbox) / "new" / "2.b", "b\n");
    write_file(scratch.maildir(inbox) / "tmp" / "3.c", "c\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(session->open());
    fs::remove(scratch.maildir(inbox) / "new" / "1.a");
    CHECK(remove(*session, {0})->removed == 1);
    CHECK(fault_of(remove(*session, {0, 2})) == Fault::invalid);
    CHECK(uids(*session) == std::vector<std::string>{"2.b"});
    CHECK(fs::exists(scratch.maildir(inbox) / "tmp" / "3.c"));
}

TEST_CASE(
    "however many messages another program renames or takes meanwhile, each that is asked for is removed")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto maildir = scratch.maildir(inbox);
    constexpr MessageIndex count = 40;
    for (MessageIndex i = 0; i < count; ++i)
        write_file(maildir / "new" / fmt::format("{:02}.a", i), "a\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(session->open());
    std::vector<MessageIndex> all;
    for (MessageIndex i = 0; i < count; ++i) {
        all.push_back(i);
        const auto file = fmt::format("{:02}.a", i);
        if (i % 4 == 3)
            fs::remove(maildir / "new" / file);
        else
            fs::rename(maildir / "new" / file, maildir / "cur" / (file + ":2,S"));
    }
    const auto removal = remove(*session, all);
    REQUIRE(removal);
    CHECK(removal->removed == count);
    CHECK(removal->left == 0);
    CHECK(scratch.files(inbox).empty());
    CHECK(scratch.files(inbox, "cur").empty());
}

TEST_CASE("a message that another program left in new/ and in cur/ is removed from both")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto maildir = scratch.maildir(inbox);
    write_file(maildir / "new" / "1.a", "a\n");
    fs::create_hard_link(maildir / "new" / "1.a", maildir / "cur" / "1.a:2,S");
    write_file(maildir / "new" / "2.b", "b\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(session->open()->messages == 2);
    REQUIRE(remove(*session, {0})->removed == 1);
    session->unlock();
    CHECK(uids(*opened(scratch, inbox)) == std::vector<std::string>{"2.b"});
}

TEST_CASE("what is no message does not hide one of the same name")
{
    Scratch scratch;
    const auto inbox = scratch.shell_inbox(4242);
    const auto maildir = scratch.maildir(inbox);
    write_file(maildir / "new" / "1.a", "a\n");
    REQUIRE(mkfifo((maildir / "cur" / "1.a:2,S").c_str(), 0666) == 0);
    CHECK(uids(*opened(scratch, inbox)) == std::vector<std::string>{"1.a"});
}

TEST_CASE("a removal that is not durable is an error, and one that could not be made is told")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    for (const auto* name : {"1.a", "2.b", "3.c"})
        write_file(scratch.maildir(inbox) / "new" / name, "a\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(session->open());
    scratch.disk.fail_call(2, EIO); // of three
    const auto removal = remove(*session, {0, 1, 2});
    REQUIRE(removal);
    CHECK(removal->removed == 2);
    CHECK(removal->left == 1);
    CHECK(scratch.files(inbox) == std::vector<std::string>{"2.b"});
    for (const int n : {2, 3}) { // fsync of new/, fsync of cur/
        scratch.disk.fail_call(n, EIO);
        CHECK(fault_of(remove(*session, {1})) == Fault::io);
        scratch.disk.work();
        write_file(scratch.maildir(inbox) / "new" / "2.b", "a\n");
    }
    CHECK(remove(*session, {1})->left == 0);
}

TEST_CASE("a folder that cannot be read is an error, not an empty inbox")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a", "a\n");
    const auto session = opened(scratch, inbox);
    scratch.disk.fail_call(1, EMFILE);
    CHECK(fault_of(session->open()) == Fault::unavailable);
    scratch.disk.fail_call(2, EMFILE);
    CHECK(fault_of(session->open()) == Fault::unavailable);
    scratch.disk.fail_call(4, EMFILE); // the message, whose octets must be counted
    CHECK(fault_of(session->open()) == Fault::unavailable);
    scratch.disk.work();
    CHECK(session->open()->messages == 1);
}

TEST_CASE("an inbox has one session at a time, until it goes or falls silent")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    auto first = opened(scratch, inbox);
    const auto second = opened(scratch, inbox);
    REQUIRE(first->open());
    REQUIRE(first->open());
    CHECK(fault_of(second->open()) == Fault::conflict);
    CHECK(opened(scratch, scratch.mailbox())->open());

    scratch.passed += silence_that_loses;
    CHECK(fault_of(second->open()) == Fault::conflict);
    REQUIRE(first->octets(0, 1)); // heard of again
    scratch.passed += silence_that_loses;
    CHECK(fault_of(second->open()) == Fault::conflict);

    scratch.clock.advance(std::chrono::hours(1)); // somebody sets the time of day
    CHECK(fault_of(second->open()) == Fault::conflict);
    scratch.clock.advance(-std::chrono::hours(2));
    scratch.passed += std::chrono::seconds(1);
    REQUIRE(second->open());
    CHECK(fault_of(first->octets(0, 1)) == Fault::conflict);
    CHECK(fault_of(first->uids(0, 1, 100)) == Fault::conflict);
    CHECK(fault_of(first->read(0)) == Fault::conflict);
    CHECK(fault_of(remove(*first, {0})) == Fault::conflict);
    CHECK(fault_of(first->open()) == Fault::conflict);
    first.reset();
    CHECK(second->octets(0, 1));
}

TEST_CASE("nothing is read from an inbox that was not opened, or that was let go")
{
    Scratch scratch;
    const auto session = opened(scratch, scratch.mailbox());
    CHECK(fault_of(session->octets(0, 1)) == Fault::invalid);
    CHECK(fault_of(session->read(0)) == Fault::invalid);
    CHECK(fault_of(remove(*session, {0})) == Fault::invalid);
    REQUIRE(session->open());
    session->unlock();
    CHECK(fault_of(session->uids(0, 1, 100)) == Fault::invalid);
}
