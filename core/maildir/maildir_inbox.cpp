#include "core/maildir/maildir_inbox.h"

#include "core/base/text.h"
#include "core/maildir/message_file.h"
#include "core/sys/file.h"

namespace metka::maildir {

namespace {

constexpr int most_looks = 8; // after one message that another program renames while we work

// Nobody else can write to it. A user of the shell may do so to a file of theirs since it was listed.
bool is_of_the_store(const sys::Descriptor& file, const InboxFolders& folders)
{
    if (folders.shell_uid == 0) return true;
    const auto status = sys::status_of(file.get());
    return status && status->st_uid == owners_of(folders).store;
}

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

MaildirInbox::Named MaildirInbox::named_in(const Listing& listing, const InboxFolders& folders,
                                           MessageIndex index)
{
    return {.folder = descriptor_of(folders, listing.folder(index)),
            .file = std::string(listing.file(index)),
            .number = listing.number(index)};
}

// Its flags may have been changed, and its name with them. What a look within this request did not see has
// vanished: a key does not come back, and another file that has it is another message.
template <class Act>
std::invoke_result_t<Act, const MaildirInbox::Named&> MaildirInbox::with_name(const InboxFolders& folders,
                                                                              MessageIndex message, Act act)
{
    const auto key = listing_->key(message);
    auto done = act(named_in(*listing_, folders, message));
    for (int looks = 0; !done && done.error().fault == Fault::not_found; ++looks) {
        if (looks > most_looks)
            return fail(Fault::unavailable, "the message {} is renamed all the time", escaped(key));
        if (!latest_ || looks > 0) {
            auto now = house_.listings.of(folders);
            if (!now) return pass(now);
            latest_ = std::move(*now);
        }
        const auto index = latest_->find(key);
        if (!index || latest_->number(*index) != listing_->number(message)) return vanished(key);
        done = act(named_in(*latest_, folders, *index));
    }
    return done;
}

Result<MessageFile> MaildirInbox::open_named(const InboxFolders& folders, const Named& named)
{
    auto message = open_message(house_.disk, named.folder, named.file, owners_of(folders));
    // A user may hold a lease on a file of theirs, or have put a link in its place.
    if (!message && message.error().fault == Fault::denied)
        return fail(Fault::unavailable, "{}", message.error().text);
    if (!message) return pass(message);
    const bool is_it = *message && (!named.number || *named.number == (*message)->number);
    if (!is_it) return fail(Fault::not_found, "{} is not that message any more", escaped(named.file));
    return std::move(**message);
}

Result<void> MaildirInbox::unlink_named(const Named& named)
{
    const auto status = named.number ? status_at(named.folder, named.file) : std::nullopt;
    const bool is_another = status && status->st_ino != *named.number;
    if (is_another) return fail(Fault::not_found, "{} is not that message any more", escaped(named.file));
    return house_.disk.unlink(named.folder, named.file);
}

Result<StoredMessage> MaildirInbox::read(MessageIndex message)
{
    const std::scoped_lock lock(mutex_);
    const auto begun = begin();
    if (!begun) return pass(begun);
    if (message >= listing_->size()) return fail(Fault::not_found, "message {} is not listed", message);
    const auto folders = house_.folders.open(facts_);
    if (!folders) return pass(folders);
    const auto open = [&](const Named& named) { return open_named(**folders, named); };
    auto file = with_name(**folders, message, open);
    if (!file) return pass(file);
    const bool as_listed = file->size == listing_->stored(message) &&
                           has_our_form(parse_message_name(listing_->file(message))) &&
                           is_of_the_store(file->descriptor, **folders);
    const auto octets = as_listed ? Result<std::uint64_t>(listing_->octets(message)) : octets_sent(*file);
    if (!octets) return pass(octets);
    return StoredMessage{.file = std::move(file->descriptor), .octets = *octets};
}

// Messages, that is: what else a user has put there under such a name stays. However many there are, so many
// are held.
Result<std::vector<MaildirInbox::Named>> MaildirInbox::names_of(const Keys& keys, const InboxFolders& folders)
{
    std::vector<Named> names;
    for (const int folder : {folders.fresh.get(), folders.seen.get()}) {
        const auto take = [&](std::string_view file) {
            if (names.size() < most_listed && keys.contains(parse_message_name(file).key))
                names.push_back({folder, std::string(file)});
        };
        const auto read = house_.disk.each_name(folder, take);
        if (!read) return pass(read);
    }
    return names;
}

// Another program has not finished moving them: names that were not listed would be there in the next
// session. One look is for all of them, and the last one finds none.
MaildirInbox::Left MaildirInbox::remove_twins(Keys keys, const InboxFolders& folders,
                                              UsageBook::Change& change)
{
    const auto owners = owners_of(folders);
    Left left;
    Keys found;
    for (int looks = 0; looks < most_looks; ++looks) {
        found.clear();
        if (keys.empty()) return left;
        const auto names = names_of(keys, folders);
        if (!names) return {.messages = left.messages + keys.size(), .why = names.error().text};
        for (const auto& named : *names) {
            const auto status = status_at(named.folder, named.file);
            const auto key = keys.find(parse_message_name(named.file).key);
            if (!status || !is_message(*status, owners) || key == keys.end()) continue;
            found.insert(*key);
            const auto removed = house_.disk.unlink(named.folder, named.file);
            if (removed) change.removed({static_cast<std::uint64_t>(status->st_size)});
            if (removed || removed.error().fault == Fault::not_found) continue;
            found.erase(*key);
            keys.erase(key);
            ++left.messages;
            left.why = removed.error().text;
        }
        if (found.empty()) return left;
    }
    return {.messages = left.messages + found.size(), .why = "names of removed messages come all the time"};
}

Removal MaildirInbox::remove(std::span<const MessageIndex> messages, const InboxFolders& folders)
{
    const auto unlink = [this](const Named& named) { return unlink_named(named); };
    auto change = house_.usage.change(folders);
    Removal removal;
    Keys with_twins;
    for (const auto message : messages) {
        const auto removed = with_name(folders, message, unlink);
        if (removed) change.removed({listing_->stored(message)});
        if (removed && listing_->has_twin(message)) with_twins.insert(listing_->key(message));
        if (removed || removed.error().fault == Fault::not_found) {
            ++removal.removed; // by us, or by another before us
        } else {
            ++removal.left;
            removal.why = removed.error().text;
        }
    }
    auto left = remove_twins(std::move(with_twins), folders, change);
    if (left.messages == 0) return removal;
    removal.removed -= left.messages;
    removal.left += left.messages;
    removal.why = std::move(left.why);
    return removal;
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
    auto removal = remove(messages, **folders);
    for (const int folder : {(*folders)->fresh.get(), (*folders)->seen.get()}) {
        const auto synced = house_.disk.sync_folder(folder);
        if (!synced) return pass(synced);
    }
    return removal;
}

} // namespace metka::maildir
