#pragma once
// A disk whose n-th call fails, and a store on it (SECURITY practice 1). What a call says when it fails is an
// errno; a write that fails has put half of its bytes there before. Nothing is synced in earnest.

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/maildir/scratch.h"

namespace metka::maildir::test {

enum class Lasting { once, for_good };

class FaultyDisk : public Disk {
  public:
    void fail_call(int n, int error_number, Lasting lasting = Lasting::once)
    {
        left_ = n;
        error_ = error_number;
        lasting_ = lasting;
        what_failed_.clear();
    }
    void work() { left_ = 0; }
    const std::string& what_failed() const { return what_failed_; } // empty: nothing did

    std::set<ino_t> elsewhere;   // folders that no link reaches, as if in another project
    std::optional<bool> journal; // what has_journal() says; none: the truth

    Result<sys::Descriptor> open_folder(int folder, const std::string& path) override
    {
        if (fails("open_folder")) return refusal();
        return Disk::open_folder(folder, path);
    }
    Result<sys::Descriptor> hold_folder(int folder, const std::string& name) override
    {
        if (fails("hold_folder")) return refusal();
        return Disk::hold_folder(folder, name);
    }
    Result<sys::Descriptor> open_message(int folder, const std::string& name) override
    {
        if (fails("open_message")) return refusal();
        return Disk::open_message(folder, name);
    }
    Result<void> each_name(int folder, const std::function<void(std::string_view)>& visit) override
    {
        if (fails("names")) return refusal();
        return Disk::each_name(folder, visit);
    }
    Result<std::vector<std::string>> all_names(int folder) override
    {
        if (fails("all_names")) return refusal();
        return Disk::all_names(folder);
    }
    Result<sys::Descriptor> open_unnamed(int folder) override
    {
        if (fails("open_unnamed")) return refusal();
        return Disk::open_unnamed(folder);
    }
    Result<sys::Descriptor> reopen_for_reading(int file) override
    {
        if (fails("reopen_for_reading")) return refusal();
        return Disk::reopen_for_reading(file);
    }
    Result<void> check_no_writer(int file) override
    {
        if (fails("check_no_writer")) return refusal();
        return Disk::check_no_writer(file);
    }
    Result<Linked> link(int file, int folder, const std::string& name) override
    {
        if (fails("link")) return refusal();
        const auto to = sys::status_of(folder)->st_ino;
        if (elsewhere.contains(to) && !reaches(file, to)) return Linked::elsewhere;
        return Disk::link(file, folder, name);
    }
    Result<void> copy(int from, int to) override
    {
        if (fails("copy")) return half_written(to, *sys::read_whole(from, 64_MiB));
        return Disk::copy(from, to);
    }
    Result<void> write(int file, std::string_view bytes) override
    {
        if (fails("write")) return half_written(file, bytes);
        return Disk::write(file, bytes);
    }
    Result<void> start_writeback(int) override { return waited("start_writeback"); }
    Result<void> finish_writeback(int) override { return waited("finish_writeback"); }
    Result<void> sync_journal(int) override { return waited("sync_journal"); }
    bool has_journal(int folder) override { return journal.value_or(Disk::has_journal(folder)); }
    bool keeps_bytes(int folder) override { return has_journal(folder); }
    bool syncs_links(int /*folder*/) override { return true; }
    Result<void> sync_data(int) override { return waited("sync_data"); }
    Result<void> sync_folder(int) override { return waited("sync_folder"); }
    Result<void> sync_all(int) override { return waited("sync_all"); }
    Result<void> make_folder(int folder, const std::string& name, mode_t mode) override
    {
        if (fails("make_folder")) return refusal();
        return Disk::make_folder(folder, name, mode);
    }
    Result<Linked> rename(int folder, const std::string& from, int to_folder, const std::string& to) override
    {
        if (fails("rename")) return refusal();
        return Disk::rename(folder, from, to_folder, to);
    }
    Result<void> unlink(int folder, const std::string& name) override
    {
        if (fails("unlink")) return refusal();
        return Disk::unlink(folder, name);
    }
    Result<void> remove_folder(int folder, const std::string& name) override
    {
        if (fails("remove_folder")) return refusal();
        return Disk::remove_folder(folder, name);
    }

  private:
    // The tests of this disk know what is durable by the calls; nobody waits for the machine's.
    Result<void> waited(const char* what)
    {
        if (fails(what)) return refusal();
        return {};
    }
    bool fails(const char* what)
    {
        if (left_ == 0) return false;
        if (left_ > 1) {
            --left_;
            return false;
        }
        if (lasting_ == Lasting::once) left_ = 0;
        if (what_failed_.empty()) what_failed_ = what;
        return true;
    }
    std::unexpected<Error> refusal() const { return fail_errno(error_, "the test's disk"); }
    std::unexpected<Error> half_written(int file, std::string_view bytes) const
    {
        const auto half = sys::write_whole(file, bytes.substr(0, bytes.size() / 2), 0);
        return half ? refusal() : std::unexpected(half.error());
    }
    // A file that was opened in the tmp/ beside.
    static bool reaches(int file, ino_t folder)
    {
        std::array<char, 512> target{};
        const auto path = fmt::format("/proc/self/fd/{}", file);
        const auto size = readlink(path.c_str(), target.data(), target.size() - 1);
        const std::filesystem::path unnamed(
            std::string(target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
        struct stat status{};
        return stat((unnamed.parent_path().parent_path() / "new").c_str(), &status) == 0 &&
               status.st_ino == folder;
    }

    int left_ = 0;
    int error_ = 0;
    Lasting lasting_ = Lasting::once;
    std::string what_failed_;
};

// A store on a disk of kind D, and what it was asked to keep.
template <class D>
struct Trial {
    ScratchFolder folder;
    D disk;
    SetClock clock{from_unix_ms(1'763'765'000'000)};
    std::unique_ptr<MaildirStore> store;

    struct Sent {
        MessageId id;
        std::string text;
        std::vector<InboxFacts> inboxes;
        Result<void> outcome;
    };
    std::vector<Sent> sent;

    Trial()
    {
        auto opened = MaildirStore::open(folder.open(), clock, disk);
        if (!opened) FAIL(opened.error().text);
        store = std::move(*opened);
    }

    InboxFacts mailbox() { return inbox(directory::InboxKind::mailbox); }
    InboxFacts shell() { return inbox(directory::InboxKind::shell); } // its messages are files of their own

    InboxFacts inbox(directory::InboxKind kind)
    {
        InboxFacts facts;
        facts.place.inbox = InboxId::make(clock.now());
        facts.place.inbox_kind = kind;
        facts.shell_uid = kind == directory::InboxKind::shell ? 4242 : 0;
        facts.capacity = 1_GiB;
        const auto made = store->make(facts.place);
        if (!made) FAIL(made.error().text);
        return facts;
    }

    std::filesystem::path maildir(const InboxFacts& inbox) const
    {
        return folder.path() / *path_of(inbox.place);
    }
    ino_t folder_key(const InboxFacts& inbox, const char* part = "new") const
    {
        struct stat status{};
        REQUIRE(stat((maildir(inbox) / part).c_str(), &status) == 0);
        return status.st_ino;
    }

    static std::string message(std::size_t size)
    {
        std::string text = "Subject: hello\n\n";
        while (text.size() < size)
            text += "a line of the message\n";
        return text;
    }

    // In one batch, as many as there are lists of inboxes.
    void deliver(const std::vector<std::vector<InboxFacts>>& lists, std::size_t size)
    {
        std::vector<Parcel> parcels;
        const auto first = sent.size();
        for (const auto& inboxes : lists) {
            const auto text = message(size + parcels.size());
            const auto id = MessageId::make(clock.now());
            parcels.push_back({.transaction = id,
                               .inboxes = inboxes,
                               .message = WholeMessage{.text = text, .lines = lines_of(text)}});
            sent.push_back({.id = id, .text = text, .inboxes = inboxes, .outcome = {}});
        }
        std::vector<Parcel*> pointers;
        pointers.reserve(parcels.size());
        for (auto& parcel : parcels)
            pointers.push_back(&parcel);
        store->deliver(pointers);
        for (std::size_t i = 0; i < parcels.size(); ++i)
            sent[first + i].outcome = parcels[i].outcome;
    }

    // By a file that the writer fills.
    void deliver_large(const std::vector<InboxFacts>& inboxes, std::size_t size)
    {
        Sent each{
            .id = MessageId::make(clock.now()), .text = message(size), .inboxes = inboxes, .outcome = {}};
        each.outcome = write_and_commit(each);
        if (!each.outcome) store->abandon(each.id);
        sent.push_back(std::move(each));
    }

    static std::uint64_t lines_of(const std::string& text)
    {
        return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
    }

  private:
    Result<void> write_and_commit(const Sent& each)
    {
        const Written written{.size = {each.text.size()}, .lines = lines_of(each.text)};
        for (const auto& inbox : each.inboxes) {
            const auto promised = store->promise(each.id, inbox, written.size);
            if (!promised) return promised;
        }
        auto file = store->open_message(each.id, each.inboxes.front());
        if (!file) return pass(file);
        const auto wrote = sys::write_whole(file->get(), each.text, 0);
        if (!wrote) return wrote;
        file->reset();
        return store->commit(each.id, each.inboxes, written);
    }
};

} // namespace metka::maildir::test
