#include "core/maildir/listing.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include <fcntl.h>
#include <unistd.h>

#include "core/maildir/message_name.h"

namespace metka::maildir {

namespace {

std::optional<struct stat> status_at(int folder, const std::string& file)
{
    struct stat status{};
    if (fstatat(folder, file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return status;
}

bool is_readable(int folder, const std::string& file, const struct stat& status)
{
    if (status.st_uid == geteuid()) return true;
    return faccessat(folder, file.c_str(), R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0;
}

// What RETR sends (wire::DotWriter): a CR more for every LF without one, an end for a last line without one.
Result<std::uint64_t> octets_sent(Disk& disk, int folder, const std::string& file)
{
    const auto message = disk.open_message(folder, file);
    if (!message) return pass(message);
    std::array<char, 64 * 1024> piece{};
    std::uint64_t size = 0, lines = 0;
    char last = '\n';
    for (;;) {
        const auto count = pread(message->get(), piece.data(), piece.size(), static_cast<off_t>(size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "counting a message");
        if (count == 0) return size + lines + (last == '\n' ? 0 : 2);
        for (const char byte : std::string_view(piece.data(), static_cast<std::size_t>(count))) {
            if (byte == '\n' && last != '\r') ++lines;
            last = byte;
        }
        size += static_cast<std::uint64_t>(count);
    }
}

// The name is believed only while its S= is the size of the file and its W= could belong to that.
bool is_believable(const MessageName& name, std::uint64_t size)
{
    return name.size == size && name.octets && *name.octets >= size && *name.octets - size <= size;
}

// What a file adds to a count.
struct Weighed {
    std::uint64_t size = 0;
    std::uint64_t messages = 1;
    std::uint64_t skipped = 0;
};

Weighed weighed(int folder, const std::string& file, const Owners& owners)
{
    const auto status = status_at(folder, file);
    if (!status) return {.messages = 0}; // renamed or removed since it was listed
    if (!is_message(*status, owners)) return {.messages = 0, .skipped = 1};
    const auto size = static_cast<std::uint64_t>(status->st_size);
    if (!is_readable(folder, file, *status)) return {.size = size, .messages = 0, .skipped = 1};
    return {.size = size};
}

void count_one(Counted& counted, const Weighed& file)
{
    counted.messages += file.messages;
    counted.skipped += file.skipped;
    auto& used = counted.used.count;
    used = used > UINT64_MAX - file.size ? UINT64_MAX : used + file.size;
}

class Reader {
  public:
    Reader(const InboxFolders& folders, Disk& disk)
        : folders_(folders), disk_(disk), owners_(owners_of(folders))
    {
    }

    // new/ first: a message that a program moves to cur/ meanwhile is then seen twice, not missed.
    Result<Contents> read()
    {
        for (const auto folder : {Subfolder::fresh, Subfolder::seen}) {
            auto files = disk_.names(descriptor_of(folders_, folder));
            if (!files) return pass(files);
            for (auto& file : *files)
                take(folder, std::move(file));
        }
        order();
        give_uids();
        auto counted = count_octets();
        if (!counted) return pass(counted);
        return std::move(contents_);
    }

  private:
    void take(Subfolder folder, std::string file)
    {
        const int descriptor = descriptor_of(folders_, folder);
        const auto status = status_at(descriptor, file);
        if (!status) return; // renamed or removed since it was listed
        if (!is_message(*status, owners_) || !is_readable(descriptor, file, *status)) {
            ++contents_.skipped;
            return;
        }
        Found found{
            .folder = folder, .file = std::move(file), .size = static_cast<std::uint64_t>(status->st_size)};
        found.listed.name = parse_message_name(found.file).key;
        const auto [place, is_new] = place_of_.try_emplace(found.listed.name, contents_.messages.size());
        if (is_new)
            contents_.messages.push_back(std::move(found));
        else
            contents_.messages[place->second] = std::move(found);
    }

    void order()
    {
        const auto age = [](const Found& found) {
            return std::tuple(parse_message_name(found.file).seconds, std::string_view(found.listed.name));
        };
        std::ranges::sort(contents_.messages,
                          [&](const Found& a, const Found& b) { return age(a) < age(b); });
    }

    // Two keys with one base (their S= differ, or a user made them) are told apart by their hashes, both of
    // them, so that neither's uid depends on which came first.
    void give_uids()
    {
        std::unordered_map<std::string, std::size_t> uses;
        for (auto& found : contents_.messages) {
            found.listed.uid = uid_of(parse_message_name(found.file));
            ++uses[found.listed.uid];
        }
        for (auto& found : contents_.messages)
            if (uses[found.listed.uid] > 1) found.listed.uid = hashed_uid(found.listed.name);
        if (contents_.messages.size() > most_listed) contents_.messages.resize(most_listed);
    }

    Result<void> count_octets()
    {
        std::vector<Found> kept;
        kept.reserve(contents_.messages.size());
        for (auto& found : contents_.messages) {
            const auto name = parse_message_name(found.file);
            found.listed.octets = name.octets.value_or(0);
            if (!is_believable(name, found.size)) {
                const auto octets = octets_sent(disk_, descriptor_of(folders_, found.folder), found.file);
                if (!octets && octets.error().fault == Fault::unavailable) return pass(octets);
                if (!octets) continue; // it went while we looked
                found.listed.octets = *octets;
            }
            kept.push_back(std::move(found));
        }
        contents_.messages = std::move(kept);
        return {};
    }

    const InboxFolders& folders_;
    Disk& disk_;
    Owners owners_;
    Contents contents_;
    std::unordered_map<std::string, std::size_t> place_of_;
};

} // namespace

Owners owners_of(const InboxFolders& folders)
{
    return {.store = geteuid(), .shell = folders.shell_uid};
}

bool is_message(const struct stat& status, const Owners& owners)
{
    if (!S_ISREG(status.st_mode)) return false;
    if (status.st_uid == owners.store) return true;
    return owners.shell != 0 && status.st_uid == owners.shell && status.st_nlink == 1;
}

int descriptor_of(const InboxFolders& folders, Subfolder folder)
{
    return folder == Subfolder::fresh ? folders.fresh.get() : folders.seen.get();
}

Result<Contents> contents_of(const InboxFolders& folders, Disk& disk)
{
    // A name that changes while a folder is read may be missed: read again, unless it never stands still.
    constexpr int most_readings = 3;
    for (int reading = 1;; ++reading) {
        const auto before = times_of(folders);
        if (!before) return pass(before);
        auto contents = Reader(folders, disk).read();
        if (!contents) return contents;
        const auto after = times_of(folders);
        if (!after) return pass(after);
        if (*before == *after || reading == most_readings) return contents;
    }
}

Result<Counted> count_of(const InboxFolders& folders, Disk& disk)
{
    const bool names_are_ours = folders.place.inbox_kind == directory::InboxKind::mailbox;
    const auto owners = owners_of(folders);
    Counted counted;
    for (const auto folder : {Subfolder::fresh, Subfolder::seen}) {
        const int descriptor = descriptor_of(folders, folder);
        const auto files = disk.names(descriptor);
        if (!files) return pass(files);
        for (const auto& file : *files) {
            const auto size = names_are_ours ? parse_message_name(file).size : std::nullopt;
            count_one(counted, size ? Weighed{.size = *size} : weighed(descriptor, file, owners));
        }
    }
    return counted;
}

} // namespace metka::maildir
