#include "core/maildir/carrying.h"

#include <unordered_set>

#include "core/maildir/listing.h"
#include "core/maildir/message_name.h"
#include "core/sys/file.h"

namespace metka::maildir {

namespace {

class Carrying {
  public:
    Carrying(Disk& disk, const InboxFolders& from, const InboxFolders& to, const CarryingFor& whom)
        : disk_(disk), from_(from), to_(to), whom_(whom)
    {
    }

    Result<void> run()
    {
        auto done = note_keys();
        for (const auto folder : {Subfolder::fresh, Subfolder::seen})
            if (done) done = carry(folder);
        // What was carried before a fault is made durable too: a repeat takes it for done.
        for (const int folder : {to_.fresh.get(), to_.seen.get()}) {
            auto synced = disk_.sync_folder(folder);
            if (!synced && done) done = std::move(synced);
        }
        return done;
    }

  private:
    Result<void> note_keys()
    {
        for (const int folder : {to_.fresh.get(), to_.seen.get()}) {
            const auto files = disk_.names(folder);
            if (!files) return pass(files);
            for (const auto& file : *files)
                keys_.emplace(parse_message_name(file).key);
        }
        return {};
    }

    Result<void> carry(Subfolder folder)
    {
        const auto files = disk_.names(descriptor_of(from_, folder));
        if (!files) return pass(files);
        for (const auto& file : *files) {
            const bool is_new = keys_.emplace(parse_message_name(file).key).second;
            if (!is_new) continue;
            auto carried = whom_.go_on();
            if (carried) carried = carry(folder, file);
            if (!carried) return carried;
        }
        return {};
    }

    Result<void> carry(Subfolder folder, const std::string& file)
    {
        const auto message = disk_.open_message(descriptor_of(from_, folder), file);
        if (!message) return message.error().fault == Fault::unavailable ? pass(message) : Result<void>();
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
        auto copy = disk_.open_unnamed(to_.passing.get());
        if (!copy) return pass(copy);
        auto copied = disk_.copy(message.get(), copy->get());
        if (copied) copied = disk_.sync_data(copy->get());
        if (!copied) return copied;
        const auto linked = disk_.link(copy->get(), folder, file);
        if (!linked) return pass(linked);
        if (*linked == Linked::yes) return {};
        return fail(Fault::unavailable, "{}: its folders lie in different places", to_.path);
    }

    Disk& disk_;
    const InboxFolders& from_;
    const InboxFolders& to_;
    const CarryingFor& whom_;
    std::unordered_set<std::string> keys_; // of what `to` has
};

} // namespace

Result<void> carry(Disk& disk, const InboxFolders& from, const InboxFolders& to, const CarryingFor& whom)
{
    return Carrying(disk, from, to, whom).run();
}

} // namespace metka::maildir
