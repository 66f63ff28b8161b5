// The rest of maildir_store.h: messages on their way in, many at a time, and what can be said without the
// disk.

#include "core/maildir/delivery.h"
#include "core/maildir/maildir_store.h"
#include "core/maildir/message_name.h"
#include "core/sys/file.h"
#include "core/sys/log.h"

namespace metka::maildir {

Room room_after(const Result<void>& promised)
{
    if (promised) return Room::held;
    if (promised.error().fault == Fault::limit) return Room::full;
    sys::log(sys::Level::warning, "store.no_promise", {{"why", promised.error().text}});
    return Room::not_now;
}

std::optional<Result<void>> MaildirStore::promise_at_once(const MessageId& transaction,
                                                          const InboxFacts& inbox, Bytes octets)
{
    if (inbox.space && inbox.space->limit) return std::nullopt; // all of its inboxes would have to be known
    const auto folders = folders_.kept(inbox);
    if (!folders) return std::nullopt;
    return usage_.promise_at_once({.transaction = transaction,
                                   .inbox = *folders,
                                   .capacity = inbox.capacity,
                                   .octets = octets,
                                   .space = nullptr});
}

bool MaildirStore::is_roomy(const InboxFacts& facts)
{
    if (facts.space && facts.space->limit) return false;
    if (!facts.capacity) return true;
    const auto folders = folders_.kept(facts);
    const auto counted = folders ? usage_.last_known(*folders) : std::nullopt;
    return counted && counted->used.count < facts.capacity->count / 4 * 3;
}

struct MaildirStore::Landing {
    Recipients recipients;
    Changes changes;
    Bytes size;
    sys::Descriptor file; // of one that was written to its own
    Shipment shipment;
};

Result<sys::Descriptor> MaildirStore::take(const MessageId& transaction)
{
    const std::scoped_lock lock(mutex_);
    const auto found = open_.find(transaction);
    if (found == open_.end()) return fail(Fault::not_found, "this transaction has no message open");
    auto file = std::move(found->second);
    open_.erase(found);
    return file;
}

Result<void> MaildirStore::check_finished(int file, const Parcel& parcel)
{
    auto closed = disk_.check_no_writer(file);
    if (!closed) {
        if (closed.error().fault == Fault::denied)
            sys::log(sys::Level::error, "store.writer_left", {{"message", parcel.transaction.hex()}});
        return closed;
    }
    const auto status = sys::status_of(file);
    if (!status) return pass(status);
    const auto size = static_cast<std::uint64_t>(status->st_size);
    const auto& written = std::get<Written>(parcel.message);
    if (size == written.size.count && written.lines <= size) return {};
    sys::log(sys::Level::error, "store.size_differs",
             {{"message", parcel.transaction.hex()}, {"size", size}, {"said", written.size.count}});
    return fail(Fault::internal, "the message has {} bytes, and its writer says {} with {} lines", size,
                written.size.count, written.lines);
}

Result<void> MaildirStore::write_out(const MessageId& transaction)
{
    sys::Descriptor file;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = open_.find(transaction);
        if (found == open_.end()) return fail(Fault::not_found, "this transaction has no message open");
        file = found->second.duplicate();
    }
    return disk_.sync_data(file.get());
}

Result<MaildirStore::Changes> MaildirStore::claim_room(const MessageId& transaction,
                                                       const Recipients& recipients, Bytes size)
{
    Changes changes;
    changes.reserve(recipients.size());
    for (const auto& recipient : recipients) {
        const UsageBook::Claim claim{.transaction = transaction,
                                     .inbox = *recipient.folders,
                                     .capacity = recipient.capacity,
                                     .octets = size,
                                     .space = recipient.space.get()};
        auto change = usage_.landing(claim);
        if (!change) return pass(change);
        changes.push_back(std::move(*change));
    }
    return changes;
}

Result<MaildirStore::Landing> MaildirStore::land(Parcel& parcel)
{
    Landing landing;
    const auto* const whole = std::get_if<WholeMessage>(&parcel.message);
    if (whole) {
        landing.shipment.text = whole->text;
    } else {
        auto file = take(parcel.transaction);
        if (!file) return pass(file);
        const auto finished = check_finished(file->get(), parcel);
        if (!finished) return pass(finished);
        landing.shipment.file = file->get();
        landing.file = std::move(*file);
    }
    const auto written = whole ? whole->written() : std::get<Written>(parcel.message);
    auto recipients = open_all(parcel.inboxes);
    if (!recipients) return pass(recipients);
    auto changes = claim_room(parcel.transaction, *recipients, written.size);
    if (!changes) return pass(changes);
    for (const auto& recipient : *recipients)
        landing.shipment.inboxes.push_back(recipient.folders);
    landing.shipment.name = make_message_name(clock_.now(), parcel.transaction, written);
    landing.size = written.size;
    landing.recipients = std::move(*recipients);
    landing.changes = std::move(*changes);
    return landing;
}

void MaildirStore::end(Landing& landing)
{
    if (landing.shipment.outcome)
        for (auto& change : landing.changes)
            change.added(landing.size);
    else
        for (const auto& inbox : landing.shipment.inboxes)
            folders_.forget(inbox->place.inbox); // one of them may be worn out
}

void MaildirStore::deliver(std::span<Parcel* const> parcels)
{
    std::vector<Landing> landings;
    std::vector<Parcel*> landed;
    std::vector<Shipment> shipments;
    landings.reserve(parcels.size());
    landed.reserve(parcels.size());
    shipments.reserve(parcels.size());
    for (auto* const parcel : parcels) {
        auto landing = land(*parcel);
        if (!landing) {
            parcel->outcome = pass(landing);
            continue;
        }
        shipments.push_back(std::move(landing->shipment));
        landings.push_back(std::move(*landing));
        landed.push_back(parcel);
    }
    maildir::deliver(disk_, shipments);
    for (std::size_t i = 0; i < landed.size(); ++i)
        landed[i]->outcome = shipments[i].outcome;
    for (std::size_t i = 0; i < landed.size(); ++i) {
        landings[i].shipment = std::move(shipments[i]);
        end(landings[i]);
    }
    for (const auto* const parcel : parcels)
        usage_.release(parcel->transaction);
}

Result<void> MaildirStore::commit(const MessageId& transaction, const std::vector<InboxFacts>& inboxes,
                                  const Written& written)
{
    Parcel parcel{.transaction = transaction, .inboxes = inboxes, .message = written};
    Parcel* const parcels[] = {&parcel};
    deliver(parcels);
    return std::move(parcel.outcome);
}

} // namespace metka::maildir
