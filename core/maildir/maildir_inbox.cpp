#include "core/maildir/maildir_inbox.h"

#include "core/base/text.h"
#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

// A list in a frame: a type byte and 4 bytes of length before each text, 9 bytes for a number.
std::size_t frame_bytes(const Listed& listed)
{
    return 5 + listed.name.size() + 5 + listed.uid.size() + 9;
}

} // namespace

Result<void> MaildirInbox::begin()
{
    if (!hold_) return {};
    return locks_.keep(*hold_);
}

void MaildirInbox::unlock()
{
    const std::scoped_lock lock(mutex_);
    hold_.reset();
}

Result<void> MaildirInbox::lock()
{
    const std::scoped_lock lock(mutex_);
    if (hold_) return locks_.keep(*hold_);
    auto hold = locks_.take(*folders_);
    if (!hold) return pass(hold);
    hold_ = std::move(*hold);
    return {};
}

Result<void> MaildirInbox::list_afresh()
{
    auto contents = contents_of(*folders_, disk_);
    if (!contents) return pass(contents);
    by_name_.clear();
    contents_ = std::move(*contents);
    for (const auto& found : contents_->messages)
        by_name_[found.listed.name] = &found;
    if (contents_->skipped > 0)
        sys::log(sys::Level::warning, "store.skipped",
                 {{"inbox", folders_->path}, {"files", contents_->skipped}});
    return {};
}

const Found* MaildirInbox::find(const std::string& name) const
{
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

Result<std::vector<Listed>> MaildirInbox::list()
{
    return list_from(0, SIZE_MAX);
}

Result<std::vector<Listed>> MaildirInbox::list_from(std::uint64_t index, std::size_t most_bytes)
{
    const std::scoped_lock lock(mutex_);
    const auto begun = begin();
    if (!begun) return pass(begun);
    if (index == 0 || !contents_) {
        const auto listed = list_afresh();
        if (!listed) return pass(listed);
    }
    std::vector<Listed> part;
    std::size_t bytes = 0;
    for (; index < contents_->messages.size(); ++index) {
        const auto& listed = contents_->messages[index].listed;
        bytes += frame_bytes(listed);
        if (bytes > most_bytes) break;
        part.push_back(listed);
    }
    return part;
}

Result<sys::Descriptor> MaildirInbox::open(const Found& found)
{
    auto message = disk_.open_message(descriptor_of(*folders_, found.folder), found.file);
    if (!message) return message;
    const auto status = sys::status_of(message->get());
    if (!status) return pass(status);
    if (!is_message(*status, owners_of(*folders_)))
        return fail(Fault::not_found, "{} is not a message any more", escaped(found.file));
    return message;
}

Result<sys::Descriptor> MaildirInbox::read(const std::string& name)
{
    const std::scoped_lock lock(mutex_);
    const auto begun = begin();
    if (!begun) return pass(begun);
    const auto* found = find(name);
    auto message = found == nullptr ? fail(Fault::not_found, "unlisted") : open(*found);
    if (message || message.error().fault != Fault::not_found) return message;

    const auto listed = list_afresh(); // its flags may have been changed, and its name with them
    if (!listed) return pass(listed);
    found = find(name);
    if (found == nullptr) return fail(Fault::not_found, "the message {} has vanished", escaped(name));
    return open(*found);
}

Result<void> MaildirInbox::remove_one(const std::string& name, UsageBook::Change& change)
{
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto* const found = find(name);
        auto removed = found == nullptr ? fail(Fault::not_found, "unlisted")
                                        : disk_.unlink(descriptor_of(*folders_, found->folder), found->file);
        if (removed) {
            change.removed({found->size});
            return {};
        }
        if (removed.error().fault != Fault::not_found)
            return fail(removed.error().fault, "the message {} was not removed: {}", escaped(name),
                        removed.error().text);
        if (attempt > 0) break;
        auto listed = list_afresh();
        if (!listed) return listed;
    }
    return {};
}

Result<void> MaildirInbox::remove(const std::vector<std::string>& names)
{
    const std::scoped_lock lock(mutex_);
    auto removed = begin();
    if (!removed || names.empty()) return removed;
    auto change = usage_.change(*folders_);
    for (const auto& name : names) {
        removed = remove_one(name, change);
        if (!removed) break; // those before it are gone all the same: make that durable
    }
    for (const int folder : {folders_->fresh.get(), folders_->seen.get()}) {
        auto synced = disk_.sync_folder(folder);
        if (!synced && removed) removed = std::move(synced);
    }
    return removed;
}

} // namespace metka::maildir
