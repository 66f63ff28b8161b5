// The rest of maildir_store.h: how full inboxes and the spaces of shell accounts are, and what goes first
// when one of them has no room left.

#include <limits>

#include "core/maildir/maildir_store.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

std::vector<InboxFacts> inboxes_of(const SpaceFacts& space)
{
    std::vector<InboxFacts> all{{.place = space.inbox, .shell_uid = space.shell_uid}};
    for (const auto* const boxes : {&space.boxes, &space.removed})
        for (const auto& place : *boxes)
            all.push_back({.place = place});
    return all;
}

} // namespace

Result<std::unique_ptr<Space>> MaildirStore::open_space(const std::optional<SpaceFacts>& facts)
{
    if (!facts) return nullptr;
    constexpr Bytes endless{std::numeric_limits<std::uint64_t>::max()};
    auto space = std::make_unique<Space>();
    space->shell = facts->inbox.inbox;
    space->limit = facts->limit.value_or(endless);
    space->home = facts->home;
    for (const auto& inbox : inboxes_of(*facts)) {
        auto folders = folders_.open(inbox);
        if (!folders && folders.error().fault == Fault::not_found) continue; // purged, or not made yet
        if (!folders) return pass(folders);
        space->inboxes.push_back(std::move(*folders));
    }
    space->make_room = [this, opened = space.get(), removed = facts->removed]() mutable {
        return purge_oldest(*opened, removed);
    };
    return space;
}

Result<std::unique_ptr<Space>> MaildirStore::open_limited_space(const std::optional<SpaceFacts>& facts)
{
    if (!facts || !facts->limit) return nullptr;
    return open_space(facts);
}

bool MaildirStore::purge_oldest(Space& space, std::vector<InboxPlace>& removed)
{
    while (!removed.empty()) {
        const auto place = removed.front();
        removed.erase(removed.begin());
        const auto is_it = [&](const auto& folders) { return folders->place.inbox == place.inbox; };
        if (std::erase_if(space.inboxes, is_it) == 0) continue; // it has gone before
        const auto purged = remove(place);
        if (!purged) {
            sys::log(sys::Level::error, "store.purge_failed",
                     {{"mailbox", place.inbox.hex()}, {"reason", purged.error().text}});
            continue;
        }
        sys::log(sys::Level::info, "store.purged",
                 {{"mailbox", place.inbox.hex()}, {"shell", space.shell.hex()}});
        return true;
    }
    return false;
}

Result<Usage> MaildirStore::usage(const InboxFacts& facts)
{
    const auto folders = folders_.open(facts);
    if (!folders) return pass(folders);
    const auto counted = usage_.usage(**folders);
    if (!counted) return pass(counted);
    Usage usage;
    usage.used = counted->used;
    usage.messages = counted->messages;
    return usage;
}

Result<MaildirStore::Fullness> MaildirStore::fullness(const InboxFacts& facts, UsageBook::Asked asked)
{
    const auto folders = folders_.open(facts);
    if (!folders) return pass(folders);
    const auto counted = usage_.usage(**folders, asked);
    if (!counted) return pass(counted);
    Fullness fullness{.inbox = *counted};
    const auto space = open_space(facts.space);
    if (!space) return pass(space);
    if (!*space) return fullness;
    const auto used = usage_.usage(**space, asked);
    if (!used) return pass(used);
    fullness.space = *used;
    return fullness;
}

} // namespace metka::maildir
