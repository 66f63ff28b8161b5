#pragma once
// A mail folder of a test's own, a directory of records, and a disk that fails when it is told to.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <ranges>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "core/directory/directory.h"
#include "core/maildir/disk.h"
#include "core/maildir/maildir_store.h"
#include "core/sys/file.h"

namespace metka::maildir::test {

class ScratchFolder {
  public:
    ScratchFolder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "metka-mail-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }
    sys::Descriptor open() const
    {
        auto folder = sys::open_folder(path_);
        REQUIRE(folder);
        return std::move(*folder);
    }

  private:
    std::filesystem::path path_;
};

class RecordDirectory final : public directory::Directory {
  public:
    Result<std::optional<directory::RecipientRecord>> recipient(const Address&) override
    {
        return std::nullopt;
    }
    Result<std::optional<directory::InboxRecord>> inbox(const InboxId& id) override
    {
        const auto found = records.find(id);
        if (found == records.end()) return std::nullopt;
        return found->second;
    }
    Result<std::optional<directory::InboxRecord>> login(std::string_view) override { return std::nullopt; }
    Result<bool> may_send_as(const InboxId&, const Address&) override { return false; }
    Result<bool> protects_senders(const DomainName&) override { return false; }
    Result<std::optional<directory::SendingRecord>> sending(const InboxId&) override { return std::nullopt; }
    Result<std::optional<directory::SpaceRecord>> space(const InboxId& shell) override
    {
        const auto found = spaces.find(shell);
        if (found == spaces.end()) return std::nullopt;
        return found->second;
    }

    std::map<InboxId, directory::InboxRecord> records;
    std::map<InboxId, directory::SpaceRecord> spaces;
};

// Lets the n-th call that changes or makes something durable fail.
class FailingDisk final : public Disk {
  public:
    void fail_call(int n, int error_number)
    {
        left_ = n;
        error_ = error_number;
        failed_ = false;
    }
    void work() { left_ = 0; }
    bool has_failed() const { return failed_; }

    Result<sys::Descriptor> open_folder(int folder, const std::string& path) override
    {
        if (fails()) return refusal();
        return Disk::open_folder(folder, path);
    }
    Result<sys::Descriptor> hold_folder(int folder, const std::string& name) override
    {
        if (fails()) return refusal();
        return Disk::hold_folder(folder, name);
    }
    Result<sys::Descriptor> open_message(int folder, const std::string& name) override
    {
        if (fails()) return refusal();
        return Disk::open_message(folder, name);
    }
    Result<void> each_name(int folder, const std::function<void(std::string_view)>& visit) override
    {
        if (fails()) return refusal();
        ++folders_read;
        return Disk::each_name(folder, visit);
    }
    Result<std::vector<std::string>> all_names(int folder) override
    {
        if (fails()) return refusal();
        return Disk::all_names(folder);
    }
    Result<sys::Descriptor> open_unnamed(int folder) override
    {
        if (fails()) return refusal();
        return Disk::open_unnamed(folder);
    }
    Result<sys::Descriptor> reopen_for_reading(int file) override
    {
        if (fails()) return refusal();
        return Disk::reopen_for_reading(file);
    }
    Result<void> check_no_writer(int file) override
    {
        if (fails()) return refusal();
        return Disk::check_no_writer(file);
    }
    Result<Linked> link(int file, int folder, const std::string& name) override
    {
        if (fails()) return refusal();
        if (elsewhere.contains(folder_key(folder)) && !copies_.contains(file)) return Linked::elsewhere;
        note(fmt::format("link into {}", folder_key(folder)));
        return Disk::link(file, folder, name);
    }
    Result<void> copy(int from, int to) override
    {
        if (fails()) return refusal();
        copies_.insert(to);
        note("copy");
        return Disk::copy(from, to);
    }
    Result<void> write(int file, std::string_view bytes) override
    {
        if (fails()) return refusal();
        return Disk::write(file, bytes);
    }
    Result<void> start_writeback(int file) override
    {
        if (fails()) return refusal();
        note("start");
        return Disk::start_writeback(file);
    }
    Result<void> finish_writeback(int file) override
    {
        if (fails()) return refusal();
        note("written");
        return Disk::finish_writeback(file);
    }
    Result<void> sync_journal(int file) override
    {
        if (fails()) return refusal();
        note("journal");
        return Disk::sync_journal(file);
    }
    bool has_journal(int folder) override { return journaled.value_or(Disk::has_journal(folder)); }
    bool keeps_bytes(int folder) override { return keeps.value_or(has_journal(folder)); }
    bool syncs_links(int /*folder*/) override { return folders_stand_for_links; }
    Result<void> sync_data(int file) override
    {
        if (fails()) return refusal();
        note("sync message");
        return Disk::sync_data(file);
    }
    Result<void> sync_folder(int folder) override
    {
        if (fails()) return refusal();
        note(fmt::format("sync {}", folder_key(folder)));
        return Disk::sync_folder(folder);
    }
    Result<void> sync_all(int folder) override
    {
        if (fails()) return refusal();
        note("sync all");
        return Disk::sync_all(folder);
    }
    Result<void> make_folder(int folder, const std::string& name, mode_t mode) override
    {
        if (fails()) return refusal();
        return Disk::make_folder(folder, name, mode);
    }
    Result<void> unlink(int folder, const std::string& name) override
    {
        if (fails()) return refusal();
        return Disk::unlink(folder, name);
    }

    static ino_t folder_key(int folder) { return sys::status_of(folder)->st_ino; }
    bool folders_stand_for_links = true;
    std::optional<bool> journaled;  // in place of what the disk under it has
    std::optional<bool> keeps;      // what keeps_bytes() says; none: what has_journal() does
    std::set<ino_t> elsewhere;      // folders that no link reaches, as if in another project
    std::vector<std::string> calls; // that make something durable, or need it to be
    std::function<void(const std::string& call)> during; // such a call: takes as long as this does
    std::atomic<int> folders_read = 0;

  private:
    void note(const std::string& call) // workers call at the same time
    {
        {
            const std::scoped_lock lock(mutex_);
            calls.push_back(call);
        }
        if (during) during(call);
    }
    bool fails()
    {
        const std::scoped_lock lock(mutex_);
        if (left_ == 0) return false;
        --left_;
        if (left_ > 0) return false;
        failed_ = true;
        return true;
    }
    std::unexpected<Error> refusal() const { return fail_errno(error_, "the test's disk"); }

    std::mutex mutex_;
    int left_ = 0;
    int error_ = 0;
    bool failed_ = false;
    std::set<int> copies_;
};

// A store in a scratch folder, with a clock that stands still.
struct Scratch {
    ScratchFolder folder;
    FailingDisk disk;
    SetClock clock{from_unix_ms(1'763'765'000'000)};
    std::chrono::seconds passed{0}; // by the stopwatch
    RecordDirectory directory;
    std::unique_ptr<MaildirStore> store;

    Scratch()
    {
        const auto stopwatch = [this] { return std::chrono::steady_clock::time_point(passed); };
        auto opened = MaildirStore::open(folder.open(), clock, disk, stopwatch);
        if (!opened) FAIL(opened.error().text);
        store = std::move(*opened);
    }

    InboxFacts mailbox(Capacity capacity = {}, InboxId shell = {})
    {
        directory::InboxRecord record;
        record.id = InboxId::make(clock.now());
        record.kind = directory::InboxKind::mailbox;
        if (!shell.empty()) record.shell = shell;
        record.capacity = capacity;
        return add(record);
    }

    InboxFacts shell_inbox(std::uint32_t uid, Capacity capacity = {})
    {
        directory::InboxRecord record;
        record.id = InboxId::make(clock.now());
        record.kind = directory::InboxKind::shell;
        record.shell = record.id;
        record.shell_uid = uid;
        record.capacity = capacity;
        return add(record);
    }

    InboxFacts add(const directory::InboxRecord& record)
    {
        directory.records[record.id] = record;
        auto facts = facts_of(record);
        const auto made = store->make(facts.place);
        if (!made) FAIL(made.error().text);
        return facts;
    }

    MessageId next_id() { return MessageId::make(clock.now()); }

    std::filesystem::path maildir(const InboxFacts& inbox) const
    {
        return folder.path() / *path_of(inbox.place);
    }

    std::vector<std::string> files(const InboxFacts& inbox, const std::string& sub = "new") const
    {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(maildir(inbox) / sub))
            names.push_back(entry.path().filename());
        return names;
    }

    Result<void> deliver(const std::vector<InboxFacts>& inboxes, const std::string& text)
    {
        const auto id = next_id();
        auto file = store->open_message(id, inboxes.front());
        if (!file) return pass(file);
        auto written = sys::write_whole(file->get(), text, 0);
        if (!written) return written;
        file->reset();
        return store->commit(id, inboxes, written_of(text));
    }

    static Written written_of(const std::string& text)
    {
        return {.size = {text.size()}, .lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'))};
    }

    std::string content(MaildirInbox& inbox, MessageIndex message) const
    {
        const auto read = inbox.read(message);
        if (!read) return "(" + std::string(metka::name(read.error().fault)) + ")";
        return *sys::read_whole(read->file.get(), 64_MiB);
    }
};

// A message of an inbox, as a client is told of it.
struct Row {
    MessageIndex index = 0;
    std::string uid;
    std::uint64_t octets = 0;
};

inline std::vector<Row> rows(const std::vector<std::uint64_t>& octets, const Uids& uids)
{
    std::vector<Row> rows;
    auto lines = std::string_view(uids.lines);
    for (const auto each : octets) {
        const auto end = lines.find('\n');
        rows.push_back({static_cast<MessageIndex>(rows.size()), std::string(lines.substr(0, end)), each});
        lines.remove_prefix(end + 1);
    }
    return rows;
}

// Opens the inbox, anew if it is open, and lists it.
inline Result<std::vector<Row>> list(MaildirInbox& inbox)
{
    const auto opened = inbox.open();
    if (!opened) return pass(opened);
    const auto octets = inbox.octets(0, most_listed);
    if (!octets) return pass(octets);
    const auto uids = inbox.uids(0, most_listed, SIZE_MAX);
    if (!uids) return pass(uids);
    REQUIRE(octets->size() == opened->messages);
    REQUIRE(uids->count == opened->messages);
    return rows(*octets, *uids);
}

inline Result<Removal> remove(MaildirInbox& inbox, std::vector<MessageIndex> messages)
{
    return inbox.remove(messages);
}

inline Fault fault_of(const auto& result)
{
    REQUIRE_FALSE(result);
    return result.error().fault;
}

// What is changed after it has a later time than what was changed before: the clock that stamps files is
// coarse on most kernels.
inline void let_a_tick_pass()
{
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_REALTIME_COARSE, &time);
        return std::pair(time.tv_sec, time.tv_nsec);
    };
    for (const auto before = now(); now() == before;)
        std::this_thread::yield();
}

inline void write_file(const std::filesystem::path& path, const std::string& text)
{
    const auto folder = sys::open_folder(path.parent_path());
    REQUIRE(folder);
    REQUIRE(sys::replace_file(folder->get(), path.filename(), text, 0644));
}

} // namespace metka::maildir::test
