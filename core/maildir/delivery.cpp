#include "core/maildir/delivery.h"

#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

class Delivery {
  public:
    Delivery(Disk& disk, int file, const std::string& name) : disk_(disk), file_(file), name_(name) {}

    Result<void> into(const std::vector<InboxFoldersPtr>& inboxes)
    {
        const auto status = sys::status_of(file_);
        if (!status) return pass(status);
        auto synced = disk_.sync_data(file_);
        if (!synced) return synced;
        auto copied = copy_where_known_to_be_needed(*status, inboxes);
        if (!copied) return copied;
        auto named = name_in_each(inboxes);
        if (named) named = sync_each(inboxes);
        if (!named) undo();
        return named;
    }

  private:
    // A link would give the shell user a file of another group, which they could not read from their shell.
    static Result<bool> needs_copy(const struct stat& message, const InboxFolders& inbox)
    {
        const auto folder = sys::status_of(inbox.fresh.get());
        if (!folder) return pass(folder);
        const bool is_shell = inbox.place.inbox_kind == directory::InboxKind::shell;
        return folder->st_dev != message.st_dev || (is_shell && folder->st_gid != message.st_gid);
    }

    Result<void> copy_where_known_to_be_needed(const struct stat& message,
                                               const std::vector<InboxFoldersPtr>& inboxes)
    {
        copies_.resize(inboxes.size());
        for (std::size_t i = 0; i < inboxes.size(); ++i) {
            const auto needed = needs_copy(message, *inboxes[i]);
            if (!needed) return pass(needed);
            if (!*needed) continue;
            auto copied = make_copy(*inboxes[i]);
            if (!copied) return pass(copied);
            copies_[i] = std::move(*copied);
        }
        return {};
    }

    Result<sys::Descriptor> make_copy(const InboxFolders& inbox)
    {
        auto copy = disk_.open_unnamed(inbox.passing.get());
        if (!copy) return copy;
        auto copied = disk_.copy(file_, copy->get());
        if (copied) copied = disk_.sync_data(copy->get());
        if (!copied) return pass(copied);
        return copy;
    }

    Result<void> name_in_each(const std::vector<InboxFoldersPtr>& inboxes)
    {
        for (std::size_t i = 0; i < inboxes.size(); ++i) {
            const int folder = inboxes[i]->fresh.get();
            auto linked = disk_.link(copies_[i] ? copies_[i].get() : file_, folder, name_);
            if (linked && *linked == Linked::elsewhere &&
                !copies_[i]) { // a border that only a link meets: a project's
                auto copied = make_copy(*inboxes[i]);
                if (!copied) return pass(copied);
                copies_[i] = std::move(*copied);
                linked = disk_.link(copies_[i].get(), folder, name_);
            }
            if (!linked) return fail(Fault::unavailable, "{}: {}", inboxes[i]->path, linked.error().text);
            if (*linked == Linked::elsewhere)
                return fail(Fault::unavailable, "{}: its folders lie in different places", inboxes[i]->path);
            named_in_.push_back(inboxes[i].get());
        }
        return {};
    }

    Result<void> sync_each(const std::vector<InboxFoldersPtr>& inboxes)
    {
        for (const auto& inbox : inboxes) {
            auto synced = disk_.sync_folder(inbox->fresh.get());
            if (!synced) return synced;
        }
        return {};
    }

    void undo()
    {
        for (const auto* inbox : named_in_) {
            auto undone = disk_.unlink(inbox->fresh.get(), name_);
            if (undone) undone = disk_.sync_folder(inbox->fresh.get());
            if (!undone)
                sys::log(sys::Level::error, "store.undo_failed",
                         {{"inbox", inbox->path}, {"message", name_}, {"reason", undone.error().text}});
        }
    }

    Disk& disk_;
    int file_;
    const std::string& name_;
    std::vector<sys::Descriptor> copies_; // one for each inbox; none where a link does
    std::vector<const InboxFolders*> named_in_;
};

} // namespace

Result<void> deliver(Disk& disk, int file, const std::string& name,
                     const std::vector<InboxFoldersPtr>& inboxes)
{
    return Delivery(disk, file, name).into(inboxes);
}

} // namespace metka::maildir
