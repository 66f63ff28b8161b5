#include "core/maildir/delivery.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

namespace {

// The bytes of a message, once for each place that a link from another cannot reach.
struct Body {
    sys::Descriptor own; // none: it was given
    int file;
    dev_t device;
    gid_t group;
    bool keeps_bytes; // of its file system
};

constexpr gid_t no_group = static_cast<gid_t>(-1);

// What is to be synced for the names that were given, and what could not be.
struct Names {
    std::map<dev_t, int> journaled; // the file that was named last
    std::set<int> files;            // whose folders do not stand for them
    std::set<int> folders;          // where there is no such journal
    std::set<dev_t> failed_journals;
    std::set<int> failed; // files and folders
    Error why = {};       // the last failure
};

// One message on its way.
class Voyage {
  public:
    Voyage(Disk& disk, Shipment& shipment) : disk_(disk), shipment_(shipment) {}

    bool goes_on() const { return shipment_.outcome.has_value(); }
    void fail(const Error& why) { shipment_.outcome = std::unexpected(why); }

    void write()
    {
        const auto given = take_given();
        if (!given) return fail(given.error());
        body_of_.reserve(shipment_.inboxes.size());
        named_.reserve(shipment_.inboxes.size()); // a name that was given is never forgotten
        for (const auto& inbox : shipment_.inboxes) {
            const auto body = body_for(*inbox);
            if (!body) return fail(body.error());
            body_of_.push_back(*body);
        }
    }

    void settle()
    {
        for (const auto& body : bodies_) {
            const auto settled = settle(body);
            if (!settled) return fail(settled.error());
        }
    }

    void name()
    {
        for (std::size_t i = 0; i < shipment_.inboxes.size() && goes_on(); ++i)
            name_in(i);
        if (!goes_on()) undo();
    }

    void note(Names& names) const
    {
        if (!goes_on()) return; // an older change than that of the name given last must not stand for it
        for (const auto& [device, file] : named_last_)
            names.journaled[device] = file;
        for (const auto& name : named_) {
            if (name.inbox->is_journaled) continue;
            if (!name.inbox->syncs_links) names.files.insert(name.file);
            names.folders.insert(name.inbox->fresh.get());
        }
    }

    // Names that could not be synced are taken back.
    void judge(const Names& names)
    {
        const auto has_failed = [&](const Name& name) {
            return names.failed.contains(name.file) || names.failed.contains(name.inbox->fresh.get()) ||
                   (name.inbox->is_journaled && names.failed_journals.contains(name.inbox->device));
        };
        if (!goes_on() || std::ranges::none_of(named_, has_failed)) return;
        fail(names.why);
        undo();
    }

  private:
    struct Name {
        const InboxFolders* inbox;
        int file;
    };

    void undo()
    {
        for (const auto& name : named_) {
            const int folder = name.inbox->fresh.get();
            auto undone = disk_.unlink(folder, shipment_.name);
            if (undone) undone = disk_.sync_folder(folder);
            if (!undone) log_left(*name.inbox, undone.error());
        }
    }

    void log_left(const InboxFolders& inbox, const Error& why) const
    {
        sys::log(sys::Level::error, "store.undo_failed",
                 {{"inbox", inbox.path}, {"message", shipment_.name}, {"reason", why.text}});
    }

    Result<void> settle(const Body& body)
    {
        return body.keeps_bytes ? disk_.finish_writeback(body.file) : disk_.sync_data(body.file);
    }

    // The group that the owner of a shell inbox reads its messages by; of others nobody asks.
    static Result<std::optional<gid_t>> reader_group(const InboxFolders& inbox)
    {
        if (inbox.place.inbox_kind != directory::InboxKind::shell) return std::nullopt;
        const auto folder = sys::status_of(inbox.fresh.get());
        if (!folder) return pass(folder);
        return folder->st_gid;
    }

    Result<std::size_t> body_for(const InboxFolders& inbox)
    {
        const auto group = reader_group(inbox);
        if (!group) return pass(group);
        const auto reaches = [&](const Body& body) {
            return body.device == inbox.device && (!*group || **group == body.group);
        };
        const auto found = std::ranges::find_if(bodies_, reaches);
        if (found != bodies_.end()) return static_cast<std::size_t>(found - bodies_.begin());
        return write_body(inbox, group->value_or(no_group));
    }

    Result<void> take_given()
    {
        if (shipment_.file < 0) return {};
        const auto status = sys::status_of(shipment_.file);
        if (!status) return pass(status);
        const auto is_beside = [&](const auto& inbox) { return inbox->device == status->st_dev; };
        const auto beside = std::ranges::find_if(shipment_.inboxes, is_beside);
        if (beside == shipment_.inboxes.end()) return {}; // of no use but to be copied
        bodies_.push_back({.own = {},
                           .file = shipment_.file,
                           .device = status->st_dev,
                           .group = status->st_gid,
                           .keeps_bytes = (*beside)->keeps_bytes});
        return disk_.start_writeback(shipment_.file);
    }

    Result<void> fill(int file)
    {
        return shipment_.file < 0 ? disk_.write(file, shipment_.text) : disk_.copy(shipment_.file, file);
    }

    Result<std::size_t> write_body(const InboxFolders& inbox, gid_t group)
    {
        auto file = disk_.open_unnamed(inbox.passing.get());
        if (!file) return pass(file);
        auto written = fill(file->get());
        if (written) written = disk_.start_writeback(file->get());
        if (!written) return pass(written);
        const int number = file->get();
        bodies_.push_back({.own = std::move(*file),
                           .file = number,
                           .device = inbox.device,
                           .group = group,
                           .keeps_bytes = inbox.keeps_bytes});
        return bodies_.size() - 1;
    }

    void name_in(std::size_t i)
    {
        const auto& inbox = *shipment_.inboxes[i];
        auto body = body_of_[i];
        auto linked = disk_.link(bodies_[body].file, inbox.fresh.get(), shipment_.name);
        if (linked && *linked == Linked::elsewhere) {
            linked = name_own_body(inbox);
            body = bodies_.size() - 1;
        }
        if (!linked)
            return fail(
                {.fault = linked.error().fault == Fault::conflict ? Fault::conflict : Fault::unavailable,
                 .text = inbox.path + ": " + linked.error().text});
        if (*linked == Linked::elsewhere)
            return fail(
                {.fault = Fault::unavailable, .text = inbox.path + ": its folders lie in different places"});
        named_.push_back({.inbox = &inbox, .file = bodies_[body].file});
        if (inbox.is_journaled) named_last_[inbox.device] = bodies_[body].file;
    }

    // A border that only a link meets: a project's.
    Result<Linked> name_own_body(const InboxFolders& inbox)
    {
        const auto body = write_body(inbox, no_group);
        if (!body) return pass(body);
        const auto settled = settle(bodies_[*body]);
        if (!settled) return pass(settled);
        return disk_.link(bodies_[*body].file, inbox.fresh.get(), shipment_.name);
    }

    Disk& disk_;
    Shipment& shipment_;
    std::vector<Body> bodies_;
    std::vector<std::size_t> body_of_; // for each inbox
    std::vector<Name> named_;
    std::map<dev_t, int> named_last_; // where there is a journal: the file that got the last name
};

void for_each_going_on(std::vector<Voyage>& voyages, void (Voyage::*step)())
{
    for (auto& voyage : voyages)
        if (voyage.goes_on()) (voyage.*step)();
}

void sync(Disk& disk, Names& names)
{
    const auto note = [&](const Result<void>& synced, auto& failed, auto which) {
        if (synced) return;
        failed.insert(which);
        names.why = synced.error();
    };
    for (const auto& [device, file] : names.journaled)
        note(disk.sync_journal(file), names.failed_journals, device);
    for (const int file : names.files)
        note(disk.sync_journal(file), names.failed, file);
    for (const int folder : names.folders)
        note(disk.sync_folder(folder), names.failed, folder);
}

} // namespace

void deliver(Disk& disk, std::span<Shipment> shipments)
{
    std::vector<Voyage> voyages;
    voyages.reserve(shipments.size());
    for (auto& shipment : shipments)
        voyages.emplace_back(disk, shipment);
    for_each_going_on(voyages, &Voyage::write);
    for_each_going_on(voyages, &Voyage::settle);
    for_each_going_on(voyages, &Voyage::name);
    Names names;
    for (const auto& voyage : voyages)
        voyage.note(names);
    sync(disk, names);
    for (auto& voyage : voyages)
        voyage.judge(names);
}

} // namespace metka::maildir
