// Messages of a shell inbox whose files its user replaces or rewrites while a session lasts.

#include <fstream>

#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

// A session in an inbox of a shell account with two messages.
struct Shared {
    Shared()
    {
        write_file(fresh / "1.a", "one\n");
        write_file(fresh / "2.b", "two\n");
        auto inbox = scratch.store->inbox(facts);
        REQUIRE(inbox);
        session = std::move(*inbox);
    }

    void replace(const std::string& by) const
    {
        write_file(fresh.parent_path() / "tmp" / "1.a", by);
        fs::rename(fresh.parent_path() / "tmp" / "1.a", fresh / "1.a");
    }

    Scratch scratch;
    InboxFacts facts = scratch.shell_inbox(4242);
    fs::path fresh = scratch.maildir(facts) / "new";
    std::unique_ptr<MaildirInbox> session;
};

} // namespace

TEST_CASE("a message that another file takes the place of has vanished, and the other is not removed")
{
    for (const std::string other : {"one\n", "another\n"}) {
        Shared shared;
        REQUIRE(shared.session->open());
        shared.replace(other);
        CHECK(fault_of(shared.session->read(0)) == Fault::not_found);
        CHECK(shared.scratch.content(*shared.session, 1) == "two\n");
        const std::vector<MessageIndex> both{0, 1};
        const auto removal = shared.session->remove(both);
        REQUIRE(removal);
        CHECK(removal->left == 0);
        CHECK(shared.scratch.files(shared.facts) == std::vector<std::string>{"1.a"});
        REQUIRE(shared.session->open()); // lists afresh
        CHECK(shared.scratch.content(*shared.session, 0) == other);
    }
}

TEST_CASE("a message whose flags change is the same file, and is read and removed")
{
    Shared shared;
    REQUIRE(shared.session->open());
    fs::rename(shared.fresh / "1.a", shared.fresh.parent_path() / "cur" / "1.a:2,S");
    CHECK(shared.scratch.content(*shared.session, 0) == "one\n");
    const std::vector<MessageIndex> first{0};
    REQUIRE(shared.session->remove(first));
    CHECK(shared.scratch.files(shared.facts, "cur").empty());
}

TEST_CASE(
    "a message that its user rewrites in place is announced as it is sent, whatever its name says (as root)")
{
    if (geteuid() != 0) return;
    Shared shared;
    const auto file = shared.fresh / "3.M1P2.host,S=8,W=9";
    write_file(file, "abcdefg\n");
    REQUIRE(chown(file.c_str(), 4242, 4242) == 0);
    REQUIRE(shared.session->open());
    CHECK(shared.session->read(2)->octets == 9);
    std::fstream(file, std::ios::in | std::ios::out) << "a\nb\nc\nd\n"; // as many bytes
    CHECK(shared.session->read(2)->octets == 12);
    REQUIRE(shared.session->open());
    CHECK(shared.session->read(2)->octets == 12);
}
