#include "core/maildir/places.h"

namespace metka::maildir {

namespace {

using directory::InboxKind;

std::string joined(const std::vector<PlaceFolder>& folders)
{
    std::string path;
    for (const auto& folder : folders)
        path += (path.empty() ? "" : "/") + folder.name;
    return path;
}

InboxPlace place_in(const InboxId& shell, const InboxId& box)
{
    InboxPlace place;
    place.inbox = box;
    place.shell = shell;
    return place;
}

SpaceFacts facts_of(const InboxId& shell, std::uint32_t uid, const directory::SpaceRecord& record)
{
    SpaceFacts space{.shell_uid = uid, .limit = record.limit, .home = record.home};
    space.inbox.inbox = shell;
    space.inbox.inbox_kind = InboxKind::shell;
    for (const auto& box : record.boxes)
        space.boxes.push_back(place_in(shell, box));
    for (const auto& box : record.removed)
        space.removed.push_back(place_in(shell, box));
    return space;
}

} // namespace

InboxFacts facts_of(const directory::InboxRecord& record)
{
    const bool is_shell = record.kind == InboxKind::shell;
    InboxFacts facts;
    facts.place.inbox = record.id;
    facts.place.inbox_kind = record.kind;
    if (!is_shell && record.shell) facts.place.shell = *record.shell;
    if (is_shell) facts.shell_uid = record.shell_uid;
    facts.capacity = record.capacity;
    facts.closed = record.closed;
    return facts;
}

Result<void> must_be_open(const InboxFacts& facts)
{
    if (!facts.closed) return {};
    return fail(Fault::unavailable, "the mailbox is just being moved; it is open again in a moment");
}

Result<InboxFacts> facts_in(directory::Directory& directory, const InboxId& inbox)
{
    const auto record = directory.inbox(inbox);
    if (!record) return pass(record);
    if (!*record) return fail(Fault::not_found, "there is no inbox {}", inbox.hex());
    return facts_of(**record);
}

Result<InboxFacts> facts_with_space_in(directory::Directory& directory, const InboxId& inbox)
{
    const auto record = directory.inbox(inbox);
    if (!record) return pass(record);
    if (!*record) return fail(Fault::not_found, "there is no inbox {}", inbox.hex());
    return facts_with_space_of(directory, **record);
}

Result<InboxFacts> facts_with_space_of(directory::Directory& directory, const directory::InboxRecord& record)
{
    auto facts = facts_of(record);
    if (!record.shell) return facts;
    const auto space = directory.space(*record.shell);
    if (!space) return pass(space);
    if (!*space) return facts; // the account went a moment ago: what is left are capacities
    facts.space = facts_of(*record.shell, record.shell_uid, **space);
    const bool is_shell = record.kind == InboxKind::shell;
    if (is_shell) facts.capacity.reset(); // that was the disk limit
    return facts;
}

Result<std::vector<InboxFacts>> recipients_in(directory::Directory& directory,
                                              const std::vector<InboxId>& inboxes)
{
    std::vector<InboxFacts> recipients;
    recipients.reserve(inboxes.size());
    for (const auto& inbox : inboxes) {
        auto facts = facts_with_space_in(directory, inbox);
        if (!facts) return pass(facts);
        const auto open = must_be_open(*facts);
        if (!open) return pass(open);
        recipients.push_back(std::move(*facts));
    }
    return recipients;
}

Result<void> must_lie_open_at(directory::Directory& directory, const InboxPlace& place)
{
    const auto now = facts_in(directory, place.inbox);
    if (!now) return pass(now);
    if (now->place.shell != place.shell)
        return fail(Fault::unavailable, "the mailbox has just been moved; log in again");
    return must_be_open(*now);
}

Result<std::vector<PlaceFolder>> folders_of(const InboxPlace& place)
{
    const bool is_shell = place.inbox_kind == InboxKind::shell;
    const bool has_shell = !place.shell.empty() && place.shell != place.inbox;
    if (place.inbox.empty()) return fail(Fault::invalid, "an inbox without an id has no place");
    if (is_shell && has_shell) return fail(Fault::invalid, "a shell inbox lies in no other account's space");

    const auto id = place.inbox.hex();
    if (is_shell)
        return std::vector<PlaceFolder>{{"shell", 0711}, {id, 0711}, {"inbox", 0711}, {"Maildir", 0700}};
    if (has_shell)
        return std::vector<PlaceFolder>{
            {"shell", 0711}, {place.shell.hex(), 0711}, {"box", 0700}, {id, 0700}, {"Maildir", 0700}};
    return std::vector<PlaceFolder>{
        {"box", 0700}, {place.inbox.last_byte(), 0700}, {id, 0700}, {"Maildir", 0700}};
}

Result<std::string> path_of(const InboxPlace& place)
{
    const auto folders = folders_of(place);
    if (!folders) return pass(folders);
    return joined(*folders);
}

Result<std::string> tree_path_of(const InboxPlace& place)
{
    auto folders = folders_of(place);
    if (!folders) return pass(folders);
    folders->pop_back();
    if (place.inbox_kind == InboxKind::shell)
        folders->pop_back(); // the whole account, its free mailboxes with it
    return joined(*folders);
}

} // namespace metka::maildir
