#include "core/maildir/maildir_inbox.h"

#include "core/base/text.h"
#include "core/maildir/message_file.h"
#include "core/sys/file.h"

namespace metka::maildir {

namespace {

constexpr int most_looks = 8; // after one message that another program renames while we work

std::unexpected<Error> vanished(std::string_view key)
{
    return fail(Fault::not_found, "the message {} has vanished", escaped(key));
}

} // namespace

Result<SessionLocks::Turn> MaildirInbox::take(const InboxFolders& folders)
{
    if (hold_) return house_.locks.keep(hold_);
    auto hold = house_.locks.take(folders);
    if (!hold) return pass(hold);
    hold_ = std::move(*hold);
    return house_.locks.keep(hold_);
}

Opened MaildirInbox::show(std::shared_ptr<const Listing> listing)
{
    listing_ = std::move(listing);
    return {.messages = listing_->size(), .octets = listing_->octets()};
}

Result<Opened> MaildirInbox::open()
{
    const std::scoped_lock lock(mutex_);
    const auto folders = house_.folders.open(facts_);
    if (!folders) return pass(folders);
    const auto taken = take(**folders);
    if (!taken) return pass(taken);
    auto listing = house_.listings.of(**folders);
    if (listing) return show(std::move(*listing));
    hold_.reset();
    return pass(listing);
}

std::optional<Result<Opened>> MaildirInbox::open_at_once()
{
    const std::scoped_lock lock(mutex_);
    const auto folders = house_.folders.kept(facts_);
    if (!folders) return std::nullopt;
    const auto taken = take(*folders);
    if (!taken) return pass(taken);
    auto listing = house_.listings.kept(*folders);
    if (!listing) return std::nullopt;
    return show(std::move(listing));
}

void MaildirInbox::unlock()
{
    const std::scoped_lock lock(mutex_);
    hold_.reset();
}

Result<SessionLocks::Turn> MaildirInbox::begin()
{
    latest_.reset();
    if (!hold_ || !listing_) return fail(Fault::invalid, "an inbox is opened before it is read");
    return house_.locks.keep(hold_);
}

Result<std::vector<std::uint64_t>> MaildirInbox::octets(MessageIndex from, std::size_t most)
{
    const std::scoped_lock lock(mutex_);
    const auto begun = begin();
    if (!begun) return pass(begun);
    std::vector<std::uint64_t> part;
    part.reserve(std::min<std::size_t>(most, listing_->size() - std::min(from, listing_->size())));
    for (; from < listing_->size() && part.size() < most; ++from)
        part.push_back(listing_->octets(from));
    return part;
}

Result<Uids> MaildirInbox::uids(MessageIndex from, std::size_t most, std::size_t most_bytes)
{
    const std::scoped_lock lock(mutex_);
    const auto begun = begin();
    if (!begun) return pass(begun);
    Uids part;
    for (; from < listing_->size() && part.count < most; ++from) {
        const auto uid = listing_->uid(from);
        if (part.lines.size() + uid.size() + 1 > most_bytes) break;
        part.lines += uid;
        part.lines += '\n';
        ++part.count;
    }
    return part;
}

std::optional<MaildirInbox::Named> MaildirInbox::named_in(const Listing& listing, const InboxFolders& folders,
                                                          std::string_view key)
{
    const auto index = listing.find(key);
    if (!index) return std::nullopt;
    return Named{.folder = descriptor_of(folders, listing.folder(*index)),
                 .file = std::string(listing.file(*index))};
}

// Its flags may have been changed, and its name with them. What a look within this request did not see has
// vanished: a key does not come back.
template <class Act>
std::invoke_result_t<Act, const MaildirInbox::Named&> MaildirInbox::with_name(const InboxFolders& folders,
                                                                              MessageIndex message, Act act)
{
    const auto key = listing_->key(message);
    std::optional named = Named{.folder = descriptor_of(folders, listing_->folder(message)),
                                .file = std::string(listing_->file(message))};
    auto done = act(*named);
    for (int looks = 0; !done && done.error().fault == Fault::not_found; ++looks) {
        if (looks > most_looks)
            return fail(Fault::unavailable, "the message {} is renamed all the time", escaped(key));
        if (!latest_ || looks > 0) {
            auto now = house_.listings.of(folders);
            if (!now) return pass(now);
            latest_ = std::move(*now);
        }
        named = named_in(*latest_, folders, key);
        if (!named) return vanished(key);
        done = act(*named);
    }
    return done;
}

Result<sys::Descriptor> MaildirInbox::open_message(const InboxFolders& folders, const Named& named)
{
    auto message = house_.disk.open_message(named.folder, named.file);
    if (!message) return message;
    const auto status = sys::status_of(message->get());
    if (!status) return pass(status);
    if (!is_message(*status, owners_of(folders)))
        return fail(Fault::not_found, "{} is not a message any more", escaped(named.file));
    return message;
}

Result<StoredMessage> MaildirInbox::read(MessageIndex message)
{
    const std::scoped_lock lock(mutex_);
    const auto begun = begin();
    if (!begun) return pass(begun);
    if (message >= listing_->size()) return fail(Fault::not_found, "message {} is not listed", message);
    const auto folders = house_.folders.open(facts_);
    if (!folders) return pass(folders);
    const auto open = [&](const Named& named) { return open_message(**folders, named); };
    auto file = with_name(**folders, message, open);
    if (!file) return pass(file);
    const auto status = sys::status_of(file->get());
    if (!status) return pass(status);
    // A shell user may have written more to it since it was listed.
    const bool as_listed = static_cast<std::uint64_t>(status->st_size) == listing_->stored(message);
    const auto octets =
        as_listed ? Result<std::uint64_t>(listing_->octets(message)) : octets_sent(file->get());
    if (!octets) return pass(octets);
    return StoredMessage{.file = std::move(*file), .octets = *octets};
}

// Another program has not finished moving it: the name that was not listed would be there in the next
// session.
Result<void> MaildirInbox::remove_twin(const InboxFolders& folders, std::string_view key)
{
    const auto now = house_.listings.of(folders);
    if (!now) return pass(now);
    const auto twin = named_in(**now, folders, key);
    if (!twin) return {};
    return house_.disk.unlink(twin->folder, twin->file);
}

Result<Removal> MaildirInbox::remove(std::span<const MessageIndex> messages)
{
    const std::scoped_lock lock(mutex_);
    const auto begun = begin();
    if (!begun) return pass(begun);
    for (const auto message : messages)
        if (message >= listing_->size()) return fail(Fault::invalid, "message {} is not listed", message);
    const auto folders = house_.folders.open(facts_);
    if (!folders) return pass(folders);
    const auto unlink = [this](const Named& named) { return house_.disk.unlink(named.folder, named.file); };
    Removal removal;
    {
        auto change = house_.usage.change(**folders);
        for (const auto message : messages) {
            auto removed = with_name(**folders, message, unlink);
            if (removed) change.removed({listing_->stored(message)});
            if (removed && listing_->has_twin(message))
                removed = remove_twin(**folders, listing_->key(message));
            if (removed || removed.error().fault == Fault::not_found) {
                ++removal.removed; // by us, or by another before us
            } else {
                ++removal.left;
                removal.why = removed.error().text;
            }
        }
    }
    for (const int folder : {(*folders)->fresh.get(), (*folders)->seen.get()}) {
        const auto synced = house_.disk.sync_folder(folder);
        if (!synced) return pass(synced);
    }
    return removal;
}

} // namespace metka::maildir
