#include "core/maildir/carrying.h"

#include <string>
#include <unordered_map>

#include "core/maildir/message_file.h"
#include "core/maildir/message_name.h"
#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

class Carrying {
  public:
    Carrying(Disk& disk, const InboxFolders& from, const InboxFolders& to, const CarryingFor& whom)
        : disk_(disk), from_(from), to_(to), whom_(whom)
    {
    }

    Result<bool> run()
    {
        auto done = list(from_, here_);
        if (done) done = list(to_, there_);
        if (done && whom_.pass == Pass::last) done = take_back();
        if (done) done = carry_all();
        // What was carried before a fault is made durable too: a repeat takes it for done.
        for (const int folder : {to_.fresh.get(), to_.seen.get()}) {
            auto synced = disk_.sync_folder(folder);
            if (!synced && done) done = std::move(synced);
        }
        if (!done) return pass(done);
        return !has_stopped_;
    }

  private:
    struct File {
        Subfolder folder = Subfolder::fresh;
        std::string name;
        bool operator==(const File&) const = default;
    };
    using Files = std::unordered_map<std::string, File>; // by key; the first of several

    Result<void> list(const InboxFolders& inbox, Files& files)
    {
        for (const auto folder : {Subfolder::fresh, Subfolder::seen}) {
            const auto names = disk_.names(descriptor_of(inbox, folder));
            if (!names) return pass(names);
            for (const auto& name : *names)
                files.try_emplace(std::string(parse_message_name(name).key), File{folder, name});
        }
        return {};
    }

    // Deleted at `from`, or named otherwise there, since it was copied.
    Result<void> take_back()
    {
        for (auto file = there_.begin(); file != there_.end();) {
            const auto origin = here_.find(file->first);
            if (origin != here_.end() && origin->second == file->second) {
                ++file;
                continue;
            }
            const auto gone = disk_.unlink(descriptor_of(to_, file->second.folder), file->second.name);
            if (!gone && gone.error().fault != Fault::not_found) return gone;
            if (gone) whom_.change.removed({parse_message_name(file->second.name).size.value_or(0)});
            file = there_.erase(file);
        }
        return {};
    }

    Result<void> carry_all()
    {
        for (const auto& [key, file] : here_) {
            if (there_.contains(key)) continue;
            const auto goes_on = whom_.go_on();
            if (!goes_on) return pass(goes_on);
            has_stopped_ = !*goes_on;
            if (has_stopped_) return {};
            const auto carried = carry(file.folder, file.name);
            if (!carried) return carried;
        }
        return {};
    }

    Result<void> carry(Subfolder folder, const std::string& file)
    {
        const auto message = disk_.open_message(descriptor_of(from_, folder), file);
        if (!message) return message.error().fault == Fault::not_found ? Result<void>() : pass(message);
        const auto status = sys::status_of(message->get());
        if (!status) return pass(status);
        if (!is_message(*status, owners_of(from_))) return {}; // what a user planted stays behind
        auto named = name_in(descriptor_of(to_, folder), *message, *status, file);
        if (!named && named.error().fault == Fault::conflict) return {}; // it is there
        if (named) whom_.change.added({static_cast<std::uint64_t>(status->st_size)});
        return named;
    }

    Result<void> name_in(int folder, const sys::Descriptor& message, const struct stat& status,
                         const std::string& file)
    {
        const auto there = sys::status_of(folder);
        if (!there) return pass(there);
        // As in a delivery: a link would keep the group, and another user's file cannot be linked.
        const bool is_shell = to_.place.inbox_kind == directory::InboxKind::shell;
        const bool needs_copy = there->st_dev != status.st_dev || status.st_uid != owners_of(from_).store ||
                                (is_shell && there->st_gid != status.st_gid);
        if (!needs_copy) {
            const auto linked = disk_.link(message.get(), folder, file);
            if (!linked) return pass(linked);
            if (*linked == Linked::yes) return {};
        }
        return name_copy_in(folder, message, file);
    }

    Result<void> name_copy_in(int folder, const sys::Descriptor& message, const std::string& file)
    {
        auto copy = disk_.open_unnamed(to_.passing.get());
        if (!copy) return pass(copy);
        auto copied = disk_.copy(message.get(), copy->get());
        if (copied) copied = disk_.sync_data(copy->get());
        if (!copied) return copied;
        const auto linked = disk_.link(copy->get(), folder, file);
        if (!linked) return pass(linked);
        if (*linked != Linked::yes)
            return fail(Fault::unavailable, "{}: its folders lie in different places", to_.path);
        if (to_.syncs_links) return {};
        auto synced = disk_.sync_journal(copy->get());
        if (!synced) take_back_name(folder, file); // a repeat would take it for done
        return synced;
    }

    void take_back_name(int folder, const std::string& file)
    {
        const auto undone = disk_.unlink(folder, file);
        if (!undone)
            sys::log(sys::Level::error, "store.undo_failed",
                     {{"inbox", to_.path}, {"message", file}, {"reason", undone.error().text}});
    }

    Disk& disk_;
    const InboxFolders& from_;
    const InboxFolders& to_;
    const CarryingFor& whom_;
    Files here_, there_; // at `from`, at `to`
    bool has_stopped_ = false;
};

} // namespace

Result<bool> carry(Disk& disk, const InboxFolders& from, const InboxFolders& to, const CarryingFor& whom)
{
    return Carrying(disk, from, to, whom).run();
}

} // namespace metka::maildir
