// The posture of metka-store must leave the kernel's calls that a delivery lives on: files without a name,
// leases, links through /proc, renames. Not under the sanitizers, whose runtime needs calls that the filter
// refuses.

#ifndef METKA_SANITIZED

#include <sys/wait.h>

#include "core/sys/confine.h"
#include "tests/unit/maildir/scratch.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

namespace {

enum class Step : int { done, confine, probe, make, deliver, copy, list, read, remove, trash, escape };

void give_to_nobody(const std::filesystem::path& folder)
{
    const auto nobody = sys::identity_of("nobody", {});
    if (!nobody || chown(folder.c_str(), nobody->uid, nobody->gid) != 0) return;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (chown(entry.path().c_str(), nobody->uid, nobody->gid) != 0) return;
}

Step live_confined(Scratch& scratch)
{
    const bool is_root = geteuid() == 0; // who must become somebody, and give them the folder before
    if (is_root) give_to_nobody(scratch.folder.path());
    const sys::Posture posture{.user = is_root ? "nobody" : "",
                               .places = {{scratch.folder.path(), sys::Reach::modify}},
                               .folders = sys::Folders::keeping};
    if (!sys::confine(posture)) return Step::confine;
    auto store =
        MaildirStore::open(sys::Descriptor(dup(scratch.folder.open().get())), scratch.clock, scratch.disk);
    if (!store) return Step::probe;
    scratch.store = std::move(*store);

    std::vector<InboxFacts> inboxes(2);
    for (auto& inbox : inboxes) {
        inbox.place.inbox = InboxId::make(scratch.clock.now());
        if (!scratch.store->make(inbox.place)) return Step::make;
    }
    if (!scratch.deliver(inboxes, "text\n")) return Step::deliver;
    const auto fresh = sys::open_folder(scratch.maildir(inboxes[1]) / "new");
    scratch.disk.elsewhere.insert(FailingDisk::folder_key(fresh->get()));
    if (!scratch.deliver(inboxes, "text\n")) return Step::copy;

    const auto session = scratch.store->inbox(inboxes[0]);
    const auto listed = list(**session);
    if (!listed || listed->size() != 2) return Step::list;
    if (!(*session)->read(0)) return Step::read;
    if (!remove(**session, {0})) return Step::remove;
    if (!scratch.store->remove(inboxes[0].place)) return Step::trash;
    return sys::open_folder("/etc") ? Step::escape : Step::done;
}

} // namespace

TEST_CASE("the store does all its work inside its confinement, and reaches nothing else")
{
    Scratch scratch;
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(static_cast<int>(live_confined(scratch)));
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == static_cast<int>(Step::done));
}

#endif
