// Messages with more than one name in an inbox, which another program has not finished moving.

#include <filesystem>

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
    REQUIRE((*session)->open());
    return std::move(*session);
}

std::vector<MessageIndex> first(MessageIndex count)
{
    std::vector<MessageIndex> all;
    all.reserve(count);
    for (MessageIndex each = 0; each < count; ++each)
        all.push_back(each);
    return all;
}

} // namespace

TEST_CASE("however many messages have two names, the folders are read twice to remove them")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto maildir = scratch.maildir(inbox);
    constexpr MessageIndex count = 60;
    for (MessageIndex each = 0; each < count; ++each) {
        const auto name = fmt::format("{:02}.a,S=2,W=3", each);
        write_file(maildir / "new" / name, "a\n");
        fs::create_hard_link(maildir / "new" / name, maildir / "cur" / (name + ":2,S"));
    }
    write_file(maildir / "new" / "99.stays,S=2,W=3", "a\n");
    const auto session = opened(scratch, inbox);
    REQUIRE(scratch.store->usage(inbox)->messages == 2 * count + 1);
    const int before = scratch.disk.folders_read;
    const auto removal = remove(*session, first(count));
    REQUIRE(removal);
    CHECK(removal->removed == count);
    CHECK(removal->left == 0);
    CHECK(scratch.disk.folders_read - before == 4);
    CHECK(scratch.files(inbox) == std::vector<std::string>{"99.stays,S=2,W=3"});
    CHECK(scratch.files(inbox, "cur").empty());
    CHECK(scratch.store->usage(inbox)->messages == 1);
    CHECK(scratch.store->usage(inbox)->used == Bytes{2});
}

TEST_CASE("a message is removed under each of its names, however many there are")
{
    Scratch scratch;
    const auto inbox = scratch.shell_inbox(4242);
    const auto maildir = scratch.maildir(inbox);
    write_file(maildir / "new" / "1.a", "a\n");
    write_file(maildir / "cur" / "1.a:2,S", "a\n");
    write_file(maildir / "cur" / "1.a:2,RS", "a\n");
    write_file(maildir / "cur" / "1.ab:2,RS", "a\n");                  // another message
    REQUIRE(mkfifo((maildir / "cur" / "1.a:2,F").c_str(), 0666) == 0); // none
    const auto session = opened(scratch, inbox);
    CHECK(remove(*session, {0})->removed == 1);
    CHECK(scratch.files(inbox).empty());
    auto left = scratch.files(inbox, "cur");
    std::ranges::sort(left);
    CHECK(left == std::vector<std::string>{"1.a:2,F", "1.ab:2,RS"});
    CHECK(session->open()->messages == 1);
}

TEST_CASE("a message of which a name could not be removed is there still, and that is told")
{
    Scratch scratch;
    const auto inbox = scratch.mailbox();
    const auto maildir = scratch.maildir(inbox);
    for (const auto* const name : {"1.a", "2.b"}) {
        write_file(maildir / "new" / name, "a\n");
        write_file(maildir / "cur" / (std::string(name) + ":2,S"), "a\n");
    }
    const auto session = opened(scratch, inbox);
    SUBCASE("one of two")
    {
        scratch.disk.fail_call(5, EIO); // two names, two folders, a third name
        const auto removal = remove(*session, {0, 1});
        REQUIRE(removal);
        CHECK(removal->removed == 1);
        CHECK(removal->left == 1);
        CHECK(removal->why.starts_with("the test's disk"));
        CHECK(session->open()->messages == 1);
    }
    SUBCASE("nobody knows of which")
    {
        scratch.disk.fail_call(3, EIO);
        const auto removal = remove(*session, {0, 1});
        REQUIRE(removal);
        CHECK(removal->removed == 0);
        CHECK(removal->left == 2);
        CHECK(session->open()->messages == 2);
    }
}
