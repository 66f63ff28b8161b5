#pragma once
// The folders of an inbox, held open, so that what is done to it names no path any more.

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <sys/stat.h>

#include "core/base/result.h"
#include "core/maildir/disk.h"
#include "core/maildir/places.h"
#include "core/sys/descriptor.h"

namespace metka::maildir {

struct InboxFolders {
    InboxPlace place;
    std::uint32_t shell_uid = 0; // whose files may lie here besides ours; 0: nobody's
    std::string path;
    dev_t device = 0;
    bool is_journaled = false;                     // Disk::has_journal()
    bool keeps_bytes = false;                      // Disk::keeps_bytes()
    bool syncs_links = false;                      // Disk::syncs_links()
    sys::Descriptor maildir, fresh, seen, passing; // Maildir, and in it new, cur, tmp
};

// When new/ and cur/ last changed, by the time that nobody can set.
struct FolderTimes {
    timespec fresh{}, seen{};
    bool operator==(const FolderTimes& other) const;
};
Result<FolderTimes> times_of(const InboxFolders& folders);

// Keeps the folders of the inboxes used last, within a number of descriptors. Any thread may ask.
class FolderCache {
  public:
    FolderCache(int mail, Disk& disk, std::size_t most) : mail_(mail), disk_(disk), most_(most) {}

    // not_found: nobody has made this inbox. denied: its folders are not ours.
    Result<std::shared_ptr<const InboxFolders>> open(const InboxFacts& facts);
    // Those that are open already; null: open() would ask the disk.
    std::shared_ptr<const InboxFolders> kept(const InboxFacts& facts);
    void forget(const InboxId& inbox); // it has gone, or something in it cannot be used
    std::size_t size() const;

  private:
    using Order = std::list<std::shared_ptr<const InboxFolders>>;
    Result<std::shared_ptr<const InboxFolders>> open_afresh(const InboxFacts& facts, const std::string& path);
    void keep(std::shared_ptr<const InboxFolders> folders);
    struct Nature { // of a file system
        bool is_journaled = false;
        bool keeps_bytes = false;
        bool syncs_links = false;
    };
    Nature nature_of(int folder, dev_t device);

    int mail_;
    Disk& disk_;
    std::size_t most_;
    mutable std::mutex mutex_;
    Order newest_first_;
    std::unordered_map<InboxId, Order::iterator> by_inbox_;
    std::unordered_map<dev_t, Nature> natures_;
};

} // namespace metka::maildir
