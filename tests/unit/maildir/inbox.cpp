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
    const auto listed = session.list();
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
    const auto listed = session->list();
    REQUIRE(listed);
    REQUIRE(listed->size() == 2);
    CHECK((*listed)[0].octets == 15);
    CHECK((*listed)[1].octets == 8);
    CHECK(scratch.content(*session, (*listed)[0].name) == "first\n\nbody\n");
    CHECK(scratch.content(*session, (*listed)[1].name) == "second\n");
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
    const auto listed = opened(scratch, inbox)->list();
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
    const auto listed = session->list();
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(scratch.content(*session, (*listed)[0].name) == "real\n");
    for (const auto* name : {"1.link", "1.dangling", "1.folder", "1.pipe", ".hidden", "../new/1.pipe", ""})
        CHECK(fault_of(session->read(name)) == Fault::not_found);
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
    REQUIRE(session->list()->size() == 2);
    fs::remove(fresh / "1.a");
    fs::create_symlink("/etc/passwd", fresh / "1.a");
    fs::remove(fresh / "2.b");
    REQUIRE(mkfifo((fresh / "2.b").c_str(), 0666) == 0);
    CHECK_FALSE(session->read("1.a"));
    CHECK_FALSE(session->read("2.b"));
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
    const auto before = session->list();
    REQUIRE(before);
    const auto file = scratch.files(inbox).front();
    const auto maildir = scratch.maildir(inbox);
    fs::rename(maildir / "new" / file, maildir / "cur" / (file + ":2,S"));
    CHECK(scratch.content(*session, before->front().name) == "text\n");
    CHECK(uids(*opened(scratch, inbox)) == std::vector{before->front().uid});

    fs::rename(maildir / "cur" / (file + ":2,S"), maildir / "cur" / (file + ":2,FS"));
    REQUIRE(session->remove({before->front().name}));
    CHECK(scratch.files(inbox, "cur").empty());
    CHECK(fault_of(session->read(before->front().name)) == Fault::not_found);
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
    std::vector<std::string> all;
    for (int parts = 0; parts < 100; ++parts) {
        const auto part = session->list_from(all.size(), 100);
        REQUIRE(part);
        if (part->empty()) break;
        CHECK(part->size() == 3); // 27 bytes each: 5+4, 5+4, 9
        for (const auto& each : *part)
            all.push_back(each.uid);
        if (all.size() == 18) break;
    }
    const auto whole = uids(*session);
    CHECK(whole.size() == 20);
    CHECK(std::ranges::equal(all, whole | std::views::take(18)));
}

TEST_CASE("removing what has vanished is no fault, and touches nothing else")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a", "a\n");
    write_file(scratch.maildir(inbox) / "new" / "2.b", "b\n");
    write_file(scratch.maildir(inbox) / "tmp" / "3.c", "c\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(session->list());
    fs::remove(scratch.maildir(inbox) / "new" / "1.a");
    CHECK(session->remove({"1.a", "../tmp/3.c", "/etc/passwd", ""}));
    CHECK(uids(*session) == std::vector<std::string>{"2.b"});
    CHECK(fs::exists(scratch.maildir(inbox) / "tmp" / "3.c"));
}

TEST_CASE("a removal that is not durable is an error")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a", "a\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(session->list());
    for (int n = 1; n <= 3; ++n) {
        scratch.disk.fail_call(n, EIO); // unlink, fsync of new/, fsync of cur/
        CHECK(fault_of(session->remove({"1.a"})) == Fault::io);
        scratch.disk.work();
    }
    CHECK(session->remove({"1.a"}));
}

TEST_CASE("a folder that cannot be read is an error, not an empty inbox")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    write_file(scratch.maildir(inbox) / "new" / "1.a", "a\n");
    const auto session = opened(scratch, inbox);
    scratch.disk.fail_call(1, EMFILE);
    CHECK(fault_of(session->list()) == Fault::unavailable);
    scratch.disk.fail_call(3, EMFILE); // the message, whose octets must be counted
    CHECK(fault_of(session->list()) == Fault::unavailable);
    scratch.disk.work();
    CHECK(session->list()->size() == 1);
}

TEST_CASE("an inbox has one session at a time, until it goes or falls silent")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    auto first = opened(scratch, inbox);
    const auto second = opened(scratch, inbox);
    REQUIRE(first->lock());
    REQUIRE(first->lock());
    CHECK(fault_of(second->lock()) == Fault::conflict);
    CHECK(opened(scratch, scratch.mailbox())->lock());

    scratch.clock.advance(silence_that_loses);
    CHECK(fault_of(second->lock()) == Fault::conflict);
    REQUIRE(first->list()); // heard of again
    scratch.clock.advance(silence_that_loses);
    CHECK(fault_of(second->lock()) == Fault::conflict);

    scratch.clock.advance(std::chrono::seconds(1));
    REQUIRE(second->lock());
    CHECK(fault_of(first->list()) == Fault::conflict);
    CHECK(fault_of(first->remove({"x"})) == Fault::conflict);
    CHECK(fault_of(first->lock()) == Fault::conflict);
    first.reset();
    CHECK(second->list());
}
