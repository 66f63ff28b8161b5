#include "daemon/metkad/provisioning/moves.h"

#include <fmt/chrono.h>

#include "core/sys/log.h"
#include "daemon/metkad/engine/household.h"

namespace metka::metkad {

using directory::Move;
using maildir::Pass;

namespace {

asio::awaitable<Result<void>> carry_all(Office& office, const Move& move, Pass pass_now)
{
    const maildir::CarryMessages step{
        .from = place_in(move.from, move.mailbox), .to = place_in(move.to, move.mailbox), .pass = pass_now};
    for (;;) { // what was carried is there, so that each step has less to do
        const auto all = co_await office.trees.carry(step);
        if (!all) co_return pass(all);
        if (*all) co_return Result<void>();
    }
}

// While it is replaced, two of them serve; and each waits for its own landings alone (landings.h).
Result<void> refuse_beside_two_stores(const Office& office)
{
    const auto store = household::executable(household::Program::store);
    for (const auto& program : office.programs())
        if (program.name == store && program.state == "draining")
            return fail(Fault::unavailable, "{} is being replaced; try again in half a minute", store);
    return {};
}

asio::awaitable<Result<void>> copy_and_close(Office& office, Move move)
{
    const auto made = co_await office.trees.make(place_in(move.to, move.mailbox));
    if (!made) co_return pass(made);
    const auto copied = co_await carry_all(office, move, Pass::copying);
    if (!copied) co_return copied;
    move.closed = true;
    const auto closed = office.registry.note_move(move);
    if (!closed) co_return closed;
    auto settled = co_await carry_all(office, move, Pass::last);
    co_return settled;
}

Result<std::string> show_space(Office& office, const std::optional<InboxId>& shell)
{
    if (!shell) return std::string("the paid mailboxes");
    const auto login = inbox_name(office, *shell);
    if (!login) return login;
    return "the space of " + *login;
}

} // namespace

MoveGuard::MoveGuard(Office& office, const InboxId& mailbox)
    : office_(office), mailbox_(mailbox), is_first_(office.moving.insert(mailbox).second)
{
}

MoveGuard::~MoveGuard()
{
    if (is_first_) office_.moving.erase(mailbox_);
}

asio::awaitable<Result<void>> prepare_move(Office& office, Move move)
{
    const auto alone = refuse_beside_two_stores(office);
    if (!alone) co_return alone;
    const auto noted = office.registry.note_move(move);
    if (!noted) co_return noted;
    auto prepared = co_await copy_and_close(office, move);
    if (prepared) co_return prepared;
    const auto undone = co_await end_move(office, move);
    if (!undone)
        sys::log(sys::Level::warning, "move.left",
                 {{"mailbox", move.mailbox.hex()}, {"reason", undone.error().text}});
    co_return prepared;
}

asio::awaitable<Result<void>> end_move(Office& office, Move move)
{
    const auto mailbox = office.registry.mailbox(move.mailbox);
    if (!mailbox) co_return pass(mailbox);
    if (!*mailbox)
        co_return fail(Fault::internal, "the mailbox {} moves and is not there", move.mailbox.hex());
    const bool has_switched = (*mailbox)->shell == move.to;
    if (!has_switched) { // open first: mail comes again even if the copies cannot be taken away now
        move.closed = false;
        const auto opened = office.registry.note_move(move);
        if (!opened) co_return opened;
    }
    const auto gone =
        co_await office.trees.remove(place_in(has_switched ? move.from : move.to, move.mailbox));
    if (!gone) co_return pass(gone);
    co_return office.registry.end_move(move.mailbox);
}

asio::awaitable<Result<void>> finish_moves_of(Office& office, InboxId inbox)
{
    const auto moves = office.registry.moves_of(inbox);
    if (!moves) co_return pass(moves);
    for (const auto& move : *moves) {
        const MoveGuard guard(office, move.mailbox);
        const auto shown = show_move(office, move);
        if (!shown) co_return pass(shown);
        if (!guard.is_first()) co_return fail(Fault::unavailable, "{}; try again in a moment", *shown);
        const auto ended = co_await end_move(office, move);
        if (!ended)
            co_return fail(ended.error().fault, "{}, and that cannot be ended now: {}", *shown,
                           ended.error().text);
    }
    co_return Result<void>();
}

asio::awaitable<std::vector<Phrase>> finish_moves(Office& office)
{
    std::vector<Phrase> problems;
    const auto moves = office.registry.moves();
    if (!moves) problems.push_back(phrase("what is left of moves could not be read: {}", moves.error().text));
    if (!moves) co_return problems;
    for (const auto& move : *moves) {
        const MoveGuard guard(office, move.mailbox);
        if (!guard.is_first()) continue;
        const auto ended = co_await end_move(office, move);
        if (ended) {
            sys::log(sys::Level::info, "move.ended", {{"mailbox", move.mailbox.hex()}});
            continue;
        }
        sys::log(sys::Level::warning, "move.left",
                 {{"mailbox", move.mailbox.hex()}, {"reason", ended.error().text}});
        const auto shown = show_move(office, move);
        problems.push_back(phrase("{}: {}", shown.value_or(move.mailbox.hex()), ended.error().text));
    }
    co_return problems;
}

Result<std::string> show_move(Office& office, const Move& move)
{
    const auto name = inbox_name(office, move.mailbox);
    if (!name) return name;
    const auto from = show_space(office, move.from);
    if (!from) return from;
    const auto to = show_space(office, move.to);
    if (!to) return to;
    return fmt::format("{} has been on its way from {} to {} since {:%F %H:%M} UTC", *name, *from, *to,
                       fmt::gmtime(std::chrono::system_clock::to_time_t(
                           std::chrono::floor<std::chrono::seconds>(move.since))));
}

} // namespace metka::metkad
