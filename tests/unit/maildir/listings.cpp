#include "core/maildir/listings.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <fcntl.h>

#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

// An inbox whose folders are opened, and what is known of it.
struct Watched {
    explicit Watched(Scratch& of, InboxFacts facts) : scratch(of), inbox(facts)
    {
        const auto mail = scratch.folder.open();
        FolderCache folders(mail.get(), scratch.disk, 16);
        auto opened = folders.open(inbox);
        REQUIRE(opened);
        held = std::move(*opened);
    }
    std::shared_ptr<const Listing> list(Listings& listings) const
    {
        auto listing = listings.of(*held);
        REQUIRE(listing);
        return *listing;
    }
    // What was changed last was not changed in this tick of the clock that stamps files.
    void settle() const
    {
        const auto is_settled = [&] { return read_listing(*held, scratch.disk)->is_settled; };
        while (!is_settled())
            std::this_thread::yield();
    }
    fs::path fresh() const { return scratch.maildir(inbox) / "new"; }

    Scratch& scratch;
    InboxFacts inbox;
    std::shared_ptr<const InboxFolders> held;
};

std::vector<std::string> uids(const Listing& listing)
{
    std::vector<std::string> all;
    all.reserve(listing.size());
    for (Listing::Index index = 0; index < listing.size(); ++index)
        all.push_back(listing.uid(index));
    return all;
}

} // namespace

TEST_CASE("a listing is kept while nothing changes in its folders, and shared")
{
    Scratch scratch;
    const Watched watched(scratch, scratch.mailbox());
    write_file(watched.fresh() / "1.a", "a\n");
    watched.settle();
    Listings listings(scratch.disk);
    const auto first = watched.list(listings);
    scratch.disk.fail_call(1, EIO); // no folder is read
    CHECK(watched.list(listings) == first);
    scratch.disk.work();
    write_file(watched.fresh() / "2.b", "b\n");
    CHECK(uids(*watched.list(listings)) == std::vector<std::string>{"1.a", "2.b"});
    CHECK(uids(*first) == std::vector<std::string>{"1.a"});
}

TEST_CASE("a listing that was made in the tick of a change is not trusted")
{
    Scratch scratch;
    const Watched watched(scratch, scratch.mailbox());
    Listings listings(scratch.disk);
    for (int i = 0; i < 200; ++i) {
        write_file(watched.fresh() / fmt::format("{}.a", i), "a\n");
        REQUIRE(watched.list(listings)->size() == static_cast<Listing::Index>(i + 1));
    }
}

TEST_CASE(
    "of the files that were listed before, only those are looked at that only their user could have changed")
{
    Scratch scratch;
    const auto ours = scratch.mailbox(), theirs = scratch.shell_inbox(4242);
    for (const auto& [inbox, seen] : {std::pair(ours, 2U), std::pair(theirs, 3U)}) {
        const Watched watched(scratch, inbox);
        Listings listings(scratch.disk);
        write_file(watched.fresh() / "1.a,S=2,W=3", "a\n");
        watched.settle();
        REQUIRE(watched.list(listings)->octets(0) == 3);
        // In place: the folder does not change, and neither does the name.
        const sys::Descriptor file(
            open((watched.fresh() / "1.a,S=2,W=3").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
        REQUIRE(sys::write_whole(file.get(), "bb\n", 2));
        CHECK(watched.list(listings)->stored(0) == (seen == 2 ? 2U : 5U));
        write_file(watched.fresh() / "2.b,S=2,W=3", "b\n");
        CHECK(watched.list(listings)->octets(0) == (seen == 2 ? 3U : 7U));
    }
}

TEST_CASE("listings are kept within their memory, those used last before others")
{
    Scratch scratch;
    Listings listings(scratch.disk, 2000);
    std::vector<Watched> inboxes;
    for (int i = 0; i < 20; ++i) {
        inboxes.emplace_back(scratch, scratch.mailbox());
        for (int n = 0; n < 5; ++n)
            write_file(inboxes.back().fresh() / fmt::format("{}.{}", n, std::string(20, 'x')), "a\n");
    }
    inboxes.back().settle();
    const auto first = inboxes.front().list(listings);
    for (const auto& each : inboxes) {
        each.list(listings);
        CHECK(listings.bytes() <= 2000);
        CHECK(inboxes.front().list(listings) == first);
    }
    listings.forget(inboxes.front().inbox.place.inbox);
    CHECK(inboxes.front().list(listings) != first);
}

TEST_CASE("of more messages than a listing holds, the oldest are in it, in any order of the folder")
{
    Scratch scratch;
    const Watched watched(scratch, scratch.mailbox());
    for (unsigned i = 0; i < 1000; ++i)
        write_file(watched.fresh() / fmt::format("{}.{:x},S=2,W=3", i, i * 2654435761U), "a\n");
    const auto read = read_listing(*watched.held, scratch.disk, nullptr, 150);
    REQUIRE(read);
    const auto& listing = *read->listing;
    REQUIRE(listing.size() == 150);
    for (Listing::Index index = 0; index < listing.size(); ++index) {
        REQUIRE(listing.file(index).starts_with(fmt::format("{}.", index)));
        REQUIRE(listing.find(listing.key(index)) == index);
    }
    CHECK(listing.octets() == 450);
    CHECK(listing.bytes() < 150 * (64 + 20) + sizeof listing);
    CHECK_FALSE(listing.find("77.nothing"));
}
