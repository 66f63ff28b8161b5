#pragma once
// A disk that remembers what was made durable when, so that the power can be cut after any call (SECURITY
// practice 2). It knows two kinds of file system:
//
// - with one journal for everything (ext4): changes of names become durable in the order in which they were
//   made. An fsync makes durable what its file saw last and everything before that; a background commit may
//   have made durable more of them, but no later one without the earlier. fdatasync need not know of a name.
// - without: a change of a name is durable once its folder is synced, and until then each may or may not be.
//   One of them (btrfs before Linux 6.16) then knows nothing of what was synced of a file without a name,
//   unless it wrote everything down in the meantime.
//
// In both, the bytes of a file are durable only when somebody waited for them: after finish_writeback() with
// a journal, after sync_data() without.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/unit/maildir/faulty_disk.h"

namespace metka::maildir::test {

class PowerModel final : public FaultyDisk {
  public:
    // What somebody was told, after so many calls: it must be so whenever the power goes from then on.
    struct Told {
        std::size_t when;
        ino_t folder;
        std::string name; // begins or contains: see is_there
        bool is_there;
    };

    bool forgets_nameless = false;
    bool syncs_links(int /*folder*/) override { return !forgets_nameless; }

    void begin() { steps_.clear(); } // what was before is durable
    std::size_t now() const { return steps_.size(); }
    void told(ino_t folder, const std::string& part_of_name, bool is_there)
    {
        told_.push_back({.when = now(), .folder = folder, .name = part_of_name, .is_there = is_there});
    }

    // Cuts the power after each call, in each way it could have left the disk; what is wrong then, in words.
    std::vector<std::string> faults() const
    {
        std::vector<std::string> found;
        for (std::size_t cut = 0; cut <= steps_.size(); ++cut) {
            for (const auto luck : {Luck::bad, Luck::good})
                judge(cut, luck, found);
        }
        return found;
    }
    std::size_t cuts() const { return steps_.size() + 1; }

    Result<sys::Descriptor> open_unnamed(int folder) override
    {
        auto opened = FaultyDisk::open_unnamed(folder);
        if (opened) file_of_[key(opened->get())] = ++files_; // the kernel gives a number again
        return opened;
    }
    Result<Linked> link(int file, int folder, const std::string& name) override
    {
        const auto which = file_of_[key(file)];
        auto linked = FaultyDisk::link(file, folder, name);
        if (linked && *linked == Linked::yes)
            note({.kind = Kind::linked, .folder = key(folder), .file = which, .name = name});
        return linked;
    }
    Result<void> unlink(int folder, const std::string& name) override
    {
        auto unlinked = FaultyDisk::unlink(folder, name);
        if (unlinked) note({.kind = Kind::unlinked, .folder = key(folder), .file = 0, .name = name});
        return unlinked;
    }
    Result<void> write(int file, std::string_view bytes) override
    {
        note({.kind = Kind::written, .folder = 0, .file = file_of_[key(file)], .name = {}});
        return FaultyDisk::write(file, bytes);
    }
    Result<void> copy(int from, int to) override
    {
        note({.kind = Kind::written, .folder = 0, .file = file_of_[key(to)], .name = {}});
        return FaultyDisk::copy(from, to);
    }
    Result<void> finish_writeback(int file) override
    {
        auto done = FaultyDisk::finish_writeback(file);
        if (done) note({.kind = Kind::bytes_out, .folder = 0, .file = file_of_[key(file)], .name = {}});
        return done;
    }
    Result<void> sync_data(int file) override
    {
        auto done = FaultyDisk::sync_data(file);
        if (done) note({.kind = Kind::data_synced, .folder = 0, .file = file_of_[key(file)], .name = {}});
        return done;
    }
    Result<void> sync_journal(int file) override
    {
        auto done = FaultyDisk::sync_journal(file);
        if (done) note({.kind = Kind::file_synced, .folder = 0, .file = file_of_[key(file)], .name = {}});
        return done;
    }
    Result<void> sync_folder(int folder) override
    {
        auto done = FaultyDisk::sync_folder(folder);
        if (done) note({.kind = Kind::folder_synced, .folder = key(folder), .file = 0, .name = {}});
        return done;
    }

  private:
    using File = std::uint64_t;
    enum class Kind { linked, unlinked, written, bytes_out, data_synced, file_synced, folder_synced };
    struct Step {
        Kind kind;
        ino_t folder;
        File file;
        std::string name;
    };
    enum class Luck { bad, good }; // as little, or as much, is durable as can be
    using Names = std::map<std::pair<ino_t, std::string>, File>; // what there is after the cut

    static ino_t key(int descriptor) { return sys::status_of(descriptor)->st_ino; }
    void note(Step step) { steps_.push_back(std::move(step)); }
    bool is_journaled() const { return journal.value_or(false); }

    static bool changes_names(const Step& step)
    {
        return step.kind == Kind::linked || step.kind == Kind::unlinked;
    }

    // With a journal: how many of the first `cut` steps are durable for certain.
    std::size_t committed(std::size_t cut) const
    {
        std::size_t durable = 0;
        for (std::size_t i = 0; i < cut; ++i) {
            const auto& sync = steps_[i];
            if (sync.kind != Kind::file_synced && sync.kind != Kind::folder_synced) continue;
            for (std::size_t j = i; j-- > durable;) {
                const auto& step = steps_[j];
                const bool is_its_own = sync.kind == Kind::file_synced
                                            ? step.file == sync.file && step.kind != Kind::file_synced
                                            : changes_names(step) && step.folder == sync.folder;
                if (!is_its_own) continue;
                durable = j + 1;
                break;
            }
        }
        return durable;
    }

    bool is_synced(std::size_t step, std::size_t cut) const
    {
        for (std::size_t i = step + 1; i < cut; ++i)
            if (steps_[i].kind == Kind::folder_synced && steps_[i].folder == steps_[step].folder) return true;
        return false;
    }

    Names survivors(std::size_t cut, Luck luck) const
    {
        Names names;
        const auto certain = is_journaled() && luck == Luck::bad ? committed(cut) : cut;
        for (std::size_t i = 0; i < certain; ++i) {
            const auto& step = steps_[i];
            if (!changes_names(step)) continue;
            // Bad luck without a journal: what was not synced was not done.
            if (!is_journaled() && luck == Luck::bad && !is_synced(i, cut)) continue;
            if (step.kind == Kind::linked)
                names[{step.folder, step.name}] = step.file;
            else
                names.erase({step.folder, step.name});
        }
        return names;
    }

    bool has_its_bytes(File file, std::size_t cut, Luck luck) const
    {
        bool durable = false, counts = !forgets_nameless || luck == Luck::good;
        for (std::size_t i = 0; i < cut; ++i) {
            if (steps_[i].file != file) continue;
            if (steps_[i].kind == Kind::written) durable = false;
            if (steps_[i].kind == Kind::linked) counts = true;
            if (steps_[i].kind == Kind::data_synced) durable = durable || counts;
            if (steps_[i].kind == Kind::file_synced && !is_journaled()) durable = durable || counts;
            if (steps_[i].kind == Kind::bytes_out && is_journaled()) durable = true;
        }
        return durable;
    }

    void judge(std::size_t cut, Luck luck, std::vector<std::string>& found) const
    {
        const auto names = survivors(cut, luck);
        for (const auto& [place, file] : names)
            if (!has_its_bytes(file, cut, luck))
                found.push_back(
                    fmt::format("cut after {} calls: {} has its name, and not its bytes", cut, place.second));
        for (const auto& fact : told_) {
            if (fact.when > cut) continue;
            bool is_there = false;
            for (const auto& [place, file] : names)
                is_there = is_there ||
                           (place.first == fact.folder && place.second.find(fact.name) != std::string::npos);
            if (is_there != fact.is_there && !was_told_otherwise(fact, cut))
                found.push_back(
                    fmt::format("cut after {} calls: {} is {} though its client was told otherwise after {}",
                                cut, fact.name, is_there ? "back" : "lost", fact.when));
        }
    }

    // A message that was stored, and later removed by its owner; from when the removal began it may be gone.
    bool was_told_otherwise(const Told& fact, std::size_t cut) const
    {
        for (std::size_t i = fact.when; i < cut; ++i)
            if (steps_[i].kind == Kind::unlinked && steps_[i].folder == fact.folder &&
                steps_[i].name.find(fact.name) != std::string::npos)
                return true;
        return false;
    }

    std::vector<Step> steps_;
    std::vector<Told> told_;
    std::unordered_map<ino_t, File> file_of_;
    File files_ = 0;
};

} // namespace metka::maildir::test
