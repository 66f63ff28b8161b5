// The rest of maildir_store.h: messages that no client sends, ours and those of a mailbox that moves.

#include <algorithm>
#include <chrono>

#include "core/maildir/carrying.h"
#include "core/maildir/delivery.h"
#include "core/maildir/maildir_store.h"
#include "core/maildir/message_name.h"
#include "core/sys/file.h"

namespace metka::maildir {

namespace {

constexpr std::chrono::seconds longest_step{5}; // far below the deadline of a question on a wire

Result<bool> has_message(Disk& disk, const InboxFolders& folders, const MessageId& id)
{
    const auto ending = "." + id.hex();
    for (const auto folder : {Subfolder::fresh, Subfolder::seen}) {
        const auto files = disk.names(descriptor_of(folders, folder));
        if (!files) return pass(files);
        const auto is_it = [&](const auto& file) { return parse_message_name(file).base.ends_with(ending); };
        if (std::ranges::any_of(*files, is_it)) return true;
    }
    return false;
}

} // namespace

Result<bool> MaildirStore::put(const InboxFacts& inbox, const MessageId& id, const std::string& text)
{
    const auto folders = folders_.open(inbox);
    if (!folders) return pass(folders);
    const auto has = has_message(disk_, **folders, id);
    if (!has) return pass(has);
    if (*has) return false;
    const Written written{.size = {text.size()},
                          .lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n'))};
    auto change = usage_.change(**folders);
    Shipment letter{
        .name = make_message_name(clock_.now(), id, written), .text = text, .inboxes = {*folders}};
    maildir::deliver(disk_, {&letter, 1});
    if (!letter.outcome) return pass(letter.outcome);
    change.added(written.size);
    return true;
}

Result<bool> MaildirStore::carry(const InboxFacts& from, const InboxFacts& to, Pass pass_now)
{
    const auto source = folders_.open(from);
    if (!source) return pass(source);
    const auto target = folders_.open(to);
    if (!target) return pass(target);
    auto hold = locks_.take(**source);
    if (!hold) return pass(hold);
    const auto turn = locks_.keep(std::move(*hold)); // keeps sessions out until its end
    if (!turn) return pass(turn);
    auto change = usage_.change(**target);
    const auto end = std::chrono::steady_clock::now() + longest_step;
    const auto go_on = [end]() -> Result<bool> { return std::chrono::steady_clock::now() < end; };
    return maildir::carry(disk_, **source, **target, {.change = change, .go_on = go_on, .pass = pass_now});
}

} // namespace metka::maildir
