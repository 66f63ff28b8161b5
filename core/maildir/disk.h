#pragma once
// What the store does to the disk, a call a member, so that a test can stand in between and let the n-th one
// fail (SECURITY practice 1). Nothing here waits for anybody; everything may block for the disk, so it runs
// on workers.
//
// Faults: not_found, conflict (it is there already), denied, unavailable (no room, no descriptors), io.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "core/base/result.h"
#include "core/sys/descriptor.h"

namespace metka::maildir {

// elsewhere: that folder is in another file system, subvolume or project.
enum class Linked { yes, elsewhere };

class Disk {
  public:
    virtual ~Disk() = default;

    virtual Result<sys::Descriptor> open_folder(int folder, const std::string& path);
    virtual Result<sys::Descriptor> hold_folder(int folder, const std::string& name); // even a closed one
    virtual Result<sys::Descriptor> open_message(int folder,
                                                 const std::string& name); // read-only; never waits on a FIFO
    // All but those that begin with a dot, one after another: a folder may hold more than memory does.
    virtual Result<void> each_name(int folder, const std::function<void(std::string_view)>& visit);
    Result<std::vector<std::string>> names(int folder);             // all at once
    virtual Result<std::vector<std::string>> all_names(int folder); // those that begin with a dot, too

    // A file for writing that has no name, mode 0440: if nobody names it, it goes with its last descriptor.
    virtual Result<sys::Descriptor> open_unnamed(int folder);
    virtual Result<sys::Descriptor> reopen_for_reading(int file);
    // Denied while anybody anywhere has this file open for writing or mapped shared. `file` is open for
    // reading.
    virtual Result<void> check_no_writer(int file);
    virtual Result<Linked> link(int file, int folder, const std::string& name);
    virtual Result<void> copy(int from, int to); // shares the blocks where the file system can
    virtual Result<void> write(int file, std::string_view bytes); // all of it, from the beginning
    // The bytes of a file on their way to the disk; and until they are there. Neither makes them durable.
    virtual Result<void> start_writeback(int file);
    virtual Result<void> finish_writeback(int file);
    // What was changed last in this file system was done to `file`: durable with all that was changed before
    // it, where the file system has_journal().
    virtual Result<void> sync_journal(int file);
    virtual bool has_journal(int folder); // of its file system: one for everything, which commits in order
    // Of its file system: whatever name a crash leaves leads to all bytes that were written out before it was
    // given.
    virtual bool keeps_bytes(int folder);
    // Of its file system: a folder that is synced leads to files that are known to have a name, and to what
    // was synced of them before they had one.
    virtual bool syncs_links(int folder);
    virtual Result<void> sync_data(int file);
    virtual Result<void> sync_folder(int folder);
    virtual Result<void> sync_all(int folder); // everything in its file system, at one go

    virtual Result<void> make_folder(int folder, const std::string& name,
                                     mode_t mode); // an existing one is left as it is
    virtual Result<Linked> rename(int folder, const std::string& from, int to_folder, const std::string& to);
    virtual Result<void> unlink(int folder, const std::string& name);
    virtual Result<void> remove_folder(int folder, const std::string& name);

  protected:
    // By the descriptor alone (AT_EMPTY_PATH, linkat(2)): 0, or an errno.
    virtual int link_by_descriptor(int file, int folder, const std::string& name);

  private:
    std::atomic<bool> takes_descriptors_ = true; // the kernel, until it has refused one
};

} // namespace metka::maildir
