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
    return facts;
}

Result<InboxFacts> facts_in(directory::Directory& directory, const InboxId& inbox)
{
    const auto record = directory.inbox(inbox);
    if (!record) return pass(record);
    if (!*record) return fail(Fault::not_found, "there is no inbox {}", inbox.hex());
    return facts_of(**record);
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
