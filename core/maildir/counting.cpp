#include "core/maildir/counting.h"

#include "core/maildir/message_file.h"

namespace metka::maildir {

namespace {

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

} // namespace

Result<Counted> count_of(const InboxFolders& folders, Disk& disk)
{
    const bool names_are_ours = folders.place.inbox_kind == directory::InboxKind::mailbox;
    const auto owners = owners_of(folders);
    Counted counted;
    for (const auto folder : {Subfolder::fresh, Subfolder::seen}) {
        const int descriptor = descriptor_of(folders, folder);
        const auto count = [&](std::string_view file) {
            const auto size = names_are_ours ? parse_message_name(file).size : std::nullopt;
            count_one(counted,
                      size ? Weighed{.size = *size} : weighed(descriptor, std::string(file), owners));
        };
        const auto read = disk.each_name(descriptor, count);
        if (!read) return pass(read);
    }
    return counted;
}

} // namespace metka::maildir
