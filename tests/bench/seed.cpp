// Writes mailboxes straight into the directory of an instance whose metkad is stopped: a million of them
// would take the door of metkad hours. They have no passwords: they are for mail that comes in. As a million
// Maildirs are four million folders, only some get theirs, spread over all of them.
//
//     bench-seed STATE-FOLDER MAILBOXES MAILDIRS

#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/maildir/housekeeping.h"
#include "tests/bench/mailboxes.h"

using namespace metka;

namespace {

struct stat known(const std::string& path)
{
    struct stat found{};
    bench::must(stat(path.c_str(), &found) == 0 ? Result<void>()
                                                : fail(Fault::not_found, "{} is not there", path));
    return found;
}

void make_maildirs(directory::Directory& directory, const std::string& mail, std::size_t many,
                   std::size_t maildirs)
{
    std::vector<maildir::InboxPlace> places;
    for (std::size_t number = 0; number < maildirs; ++number) {
        const auto found = bench::must(directory.recipient(bench::address_of(number * (many / maildirs))));
        places.push_back(maildir::facts_of(found->inbox.value()).place);
    }
    const auto owner = known(mail);
    const sys::Descriptor folder(open(mail.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (setegid(owner.st_gid) != 0 || seteuid(owner.st_uid) != 0)
        std::exit(1); // so that they are the store's
    maildir::Disk disk;
    bench::must(maildir::make_inbox_trees(disk, folder.get(), places));
}

} // namespace

int main(int count, char** words)
{
    if (count != 4) {
        std::fputs("usage: bench-seed STATE-FOLDER MAILBOXES MAILDIRS\n", stderr);
        return 64;
    }
    const std::string state = words[1];
    const std::size_t many = std::strtoul(words[2], nullptr, 10);
    const auto file = known(state + "/directory/metka.db");
    const auto registry = bench::must(directory::open_registry(
        state + "/directory/metka.db", {.mode = file.st_mode & 0777U, .group = file.st_gid}));
    const Instant far_away = from_unix_ms(4'000'000'000'000); // so that none of them has expired
    bench::Mailboxes mailboxes(*registry, far_away);
    for (std::size_t number = 0; number < many; ++number)
        mailboxes.add(number);
    mailboxes.finish();
    make_maildirs(*registry, state + "/mail", many, std::strtoul(words[3], nullptr, 10));
}
