#include "core/maildir/housekeeping.h"

#include <ranges>

#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

constexpr int deepest_removed = 64; // a user can nest folders for ever; each level holds a descriptor

Result<void> cannot(const Error& error, std::string_view what)
{
    if (error.fault == Fault::unavailable || error.fault == Fault::denied) return std::unexpected(error);
    return fail(Fault::invalid, "the file system of the mail folder {}: {}; ext4, XFS and btrfs can", what,
                error.text);
}

Result<void> probe_leases(Disk& disk, sys::Descriptor writing)
{
    const auto reading = disk.reopen_for_reading(writing.get());
    if (!reading) return cannot(reading.error(), "cannot open a new file for reading");
    const auto while_writing = disk.check_no_writer(reading->get());
    if (while_writing || while_writing.error().fault != Fault::denied)
        return fail(Fault::invalid,
                    "the file system of the mail folder does not say who has a file open for writing "
                    "(read leases); ext4, XFS and btrfs do");
    writing.reset();
    const auto afterwards = disk.check_no_writer(reading->get());
    if (!afterwards) return cannot(afterwards.error(), "has no read leases");
    return {};
}

Result<void> probe(Disk& disk, int folder)
{
    auto writing = disk.open_unnamed(folder);
    if (!writing) return cannot(writing.error(), "has no files without a name (O_TMPFILE)");
    const auto name = "probe." + Id::make(SystemClock{}.now()).hex();
    const auto linked = disk.link(writing->get(), folder, name);
    if (!linked) return cannot(linked.error(), "cannot give a file its name later");
    [[maybe_unused]] const auto gone = disk.unlink(folder, name);
    return probe_leases(disk, std::move(*writing));
}

// What is left of it says why.
Result<void> remove_tree(Disk& disk, int folder, const std::string& name, int depth = 0)
{
    if (disk.unlink(folder, name)) return {};
    if (depth >= deepest_removed) return fail(Fault::denied, "folders lie too deep in each other");
    const auto inner = disk.open_folder(folder, name);
    if (!inner && inner.error().fault == Fault::not_found) return {};
    if (!inner) return disk.remove_folder(folder, name) ? Result<void>() : pass(inner);
    const auto names = disk.all_names(inner->get());
    if (!names) return pass(names);
    Result<void> whole;
    for (const auto& each : *names) {
        auto gone = remove_tree(disk, inner->get(), each, depth + 1);
        const bool tells_more = !gone && (whole || gone.error().fault == Fault::unavailable);
        if (tells_more) whole = std::move(gone);
    }
    return whole ? disk.remove_folder(folder, name) : whole;
}

Result<void> remove_from_trash(Disk& disk, int trash, const std::string& name)
{
    auto removed = remove_tree(disk, trash, name);
    if (!removed)
        sys::log(sys::Level::warning, "store.trash_left", {{"tree", name}, {"why", removed.error().text}});
    return removed;
}

using Leftover = std::optional<sys::Descriptor>;

// What cannot be removed of a shell account is a folder that its user made in the Maildir, and closed.
Result<Leftover> closed_folder_in(Disk& disk, const sys::Descriptor& maildir)
{
    for (const auto* const part : {"new", "cur", "tmp"}) {
        const auto shared = disk.open_folder(maildir.get(), part);
        if (!shared && shared.error().fault == Fault::not_found) continue; // it could be removed
        if (!shared) return pass(shared);
        const auto names = disk.all_names(shared->get());
        if (!names) return pass(names);
        for (const auto& name : *names) {
            auto closed = disk.hold_folder(shared->get(), name);
            if (closed) return std::move(*closed);
            if (closed.error().fault == Fault::unavailable) return pass(closed); // otherwise it is no folder
        }
    }
    return std::nullopt;
}

Result<Leftover> remove_or_give(Disk& disk, int folder, const std::string& name, const InboxPlace& place)
{
    const auto removed = remove_from_trash(disk, folder, name);
    if (removed) return std::nullopt;
    if (removed.error().fault == Fault::unavailable) return pass(removed); // a repeat may come further
    if (place.inbox_kind != directory::InboxKind::shell) return std::nullopt;
    const auto maildir = disk.open_folder(folder, name + "/inbox/Maildir");
    if (!maildir && maildir.error().fault == Fault::not_found) return std::nullopt;
    if (!maildir) return pass(maildir);
    return closed_folder_in(disk, *maildir);
}

// An earlier attempt brought it as far as the trash.
Result<Leftover> go_on_in_trash(Disk& disk, int trash, const std::string& tree, const InboxPlace& place)
{
    const auto names = disk.all_names(trash);
    if (!names) return pass(names);
    for (const auto& name : *names) {
        if (!name.starts_with(tree + ".")) continue;
        auto left = remove_or_give(disk, trash, name, place);
        if (!left || *left) return left;
    }
    return std::nullopt;
}

struct Split {
    std::string parent, name;
};

Split split_path(const std::string& path)
{
    const auto slash = path.rfind('/');
    return {.parent = path.substr(0, slash), .name = path.substr(slash + 1)};
}

} // namespace

Result<void> prepare_mail_folder(Disk& disk, int mail)
{
    for (const auto& [name, mode] : {PlaceFolder{"box", 0700}, {"shell", 0711}, {"trash", 0700}}) {
        auto made = disk.make_folder(mail, name, mode);
        if (!made) return made;
    }
    auto synced = disk.sync_folder(mail);
    if (!synced) return synced;
    const auto trash = disk.open_folder(mail, "trash");
    if (!trash) return pass(trash);
    return probe(disk, trash->get());
}

namespace {

// From the mail folder's child to Maildir, each held open.
Result<std::vector<sys::Descriptor>> make_chain(Disk& disk, int mail, const InboxPlace& place)
{
    const auto folders = folders_of(place);
    if (!folders) return pass(folders);
    std::vector<sys::Descriptor> chain;
    const auto deepest = [&] { return chain.empty() ? mail : chain.back().get(); };
    for (const auto& [name, mode] : *folders) {
        const auto made = disk.make_folder(deepest(), name, mode);
        if (!made) return pass(made);
        auto opened = disk.open_folder(deepest(), name);
        if (!opened) return pass(opened);
        chain.push_back(std::move(*opened));
    }
    for (const auto* const name : {"tmp", "new", "cur"}) {
        const auto made = disk.make_folder(deepest(), name, 0700);
        if (!made) return pass(made);
    }
    return chain;
}

} // namespace

Result<sys::Descriptor> make_inbox_tree(Disk& disk, int mail, const InboxPlace& place)
{
    auto chain = make_chain(disk, mail, place);
    if (!chain) return pass(chain);
    // From the inside out: a crash leaves either the whole way to a Maildir or one that a repeat completes.
    for (const auto& folder : *chain | std::views::reverse) {
        const auto synced = disk.sync_folder(folder.get());
        if (!synced) return pass(synced);
    }
    const auto synced = disk.sync_folder(mail);
    if (!synced) return pass(synced);
    return std::move(chain->back());
}

Result<void> make_inbox_trees(Disk& disk, int mail, const std::vector<InboxPlace>& places)
{
    if (places.empty()) return {};
    for (const auto& place : places) {
        const auto chain = make_chain(disk, mail, place);
        if (!chain) return pass(chain);
    }
    return disk.sync_all(mail);
}

Result<Leftover> trash_inbox_tree(Disk& disk, int mail, const InboxPlace& place, Instant now)
{
    const auto path = tree_path_of(place);
    if (!path) return pass(path);
    const auto [parent_path, name] = split_path(*path);
    const auto trash = disk.open_folder(mail, "trash");
    if (!trash) return pass(trash);
    const auto parent = disk.open_folder(mail, parent_path);
    if (!parent && parent.error().fault != Fault::not_found) return pass(parent);
    if (!parent) return go_on_in_trash(disk, trash->get(), name, place);

    const auto name_there = name + "." + Id::make(now).hex();
    const auto moved = disk.rename(parent->get(), name, trash->get(), name_there);
    if (!moved && moved.error().fault == Fault::not_found)
        return go_on_in_trash(disk, trash->get(), name, place);
    if (!moved) return pass(moved);
    for (const int folder : {trash->get(), parent->get()}) {
        const auto synced = disk.sync_folder(folder);
        if (!synced) return pass(synced);
    }
    // In another subvolume or project a rename cannot reach the trash: it is emptied where it is.
    if (*moved == Linked::elsewhere) return remove_or_give(disk, parent->get(), name, place);
    return remove_or_give(disk, trash->get(), name_there, place);
}

void empty_trash(Disk& disk, int mail)
{
    // Where earlier versions wrote what had no inbox yet. What cannot be removed is logged there.
    [[maybe_unused]] const auto incoming = remove_from_trash(disk, mail, "incoming");
    const auto trash = disk.open_folder(mail, "trash");
    if (!trash) return;
    const auto names = disk.all_names(trash->get());
    if (!names)
        sys::log(sys::Level::warning, "store.trash_left", {{"tree", "trash"}, {"why", names.error().text}});
    for (const auto& name : names.value_or(std::vector<std::string>())) {
        [[maybe_unused]] const auto gone = remove_from_trash(disk, trash->get(), name);
    }
}

} // namespace metka::maildir
