// sweep quota: measures everything afresh, compares with what the kernel says, sends the notices that were
// missed, re-arms, and reports what is over its limit (DOMAIN "Capacity and disk limits").

#include <algorithm>

#include "core/maildir/protocol.h"
#include "daemon/metkad/provisioning/moves.h"
#include "daemon/metkad/provisioning/spaces.h"
#include "daemon/metkad/provisioning/sweep.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

constexpr std::size_t page = 200;

class QuotaSweep {
  public:
    QuotaSweep(Order& order, Rehearsal rehearsal)
        : order_(order), office_(order.office), rehearsal_(rehearsal)
    {
    }

    asio::awaitable<Result<Json>> run()
    {
        const auto totals = office_.registry.totals();
        if (!totals) co_return pass(totals);
        const auto total = totals->mailboxes + totals->shells;
        co_await end_what_moves_left();
        InboxId behind;
        for (;;) {
            const auto inboxes = office_.registry.inboxes(behind, page);
            if (!inboxes) co_return pass(inboxes);
            if (inboxes->empty()) break;
            for (const auto& inbox : *inboxes) {
                co_await look_at(inbox);
                order_.progress(++measured_, total, "inboxes");
            }
            behind = inboxes->back().id;
        }
        if (rehearsal_ == Rehearsal::no) {
            const auto turn =
                co_await order_.writers->enter(); // not into anybody's batch, which may be dropped
            const auto noted = office_.registry.note_sweep(directory::Sweep::quota, office_.clock.now());
            if (!noted) co_return pass(noted);
        }
        co_return card();
    }

  private:
    void problem(Phrase text)
    {
        if (problems_.size() < most_steps) problems_.push_back(std::move(text));
    }

    // Not into anybody's batch, which may be dropped.
    asio::awaitable<void> end_what_moves_left()
    {
        if (rehearsal_ != Rehearsal::no) co_return;
        const auto turn = co_await order_.writers->enter();
        const auto left = co_await finish_moves(office_);
        for (const auto& each : left)
            problem(each);
    }

    // One account that cannot be measured stops nobody else's turn.
    asio::awaitable<void> look_at(const directory::InboxRecord& inbox)
    {
        if (inbox.kind == directory::InboxKind::shell) co_await look_at_shell(inbox);
        auto asking = rehearsal_ == Rehearsal::no ? office_.trees.check(inbox.id) : as_if_checked(inbox);
        const auto checked = co_await std::move(asking);
        if (!checked) {
            problem(phrase("{} could not be counted: {}", inbox.login, checked.error().text));
            co_return;
        }
        noticed_ += checked->noticed ? 1 : 0;
        if (!checked->untold.empty())
            problem(phrase("{} is nearly full, and there was no room to say so in its inbox: {}", inbox.login,
                           checked->untold));
        if (checked->skipped > 0)
            problem(phrase("{} holds entries that are no mail and are not counted: {}", inbox.login,
                           checked->skipped));
        const bool is_shell = inbox.kind == directory::InboxKind::shell;
        const auto used = is_shell ? checked->space : checked->used;
        if (inbox.capacity && used > *inbox.capacity && over_.size() < most_steps)
            over_.push_back(phrase("{} uses {} of {}", inbox.login, used.show(), inbox.capacity->show()));
        if (is_shell) compare_with_kernel(inbox, checked->space);
    }

    // The same numbers without their consequences.
    asio::awaitable<Result<maildir::Checked>> as_if_checked(const directory::InboxRecord& inbox)
    {
        maildir::Checked checked;
        maildir::InboxPlace place{.inbox = inbox.id, .inbox_kind = inbox.kind, .shell = {}};
        const bool is_shell = inbox.kind == directory::InboxKind::shell;
        if (!is_shell && inbox.shell) place.shell = *inbox.shell;
        const auto usage = co_await office_.trees.usage(place);
        if (!usage) co_return pass(usage);
        checked.used = usage->used;
        checked.messages = usage->messages;
        const auto shell =
            is_shell ? office_.registry.shell_account(inbox.id) : Result<std::optional<ShellAccount>>();
        if (!shell || !*shell) co_return checked;
        const auto use = co_await use_of(office_, **shell);
        if (use) checked.space = use->all();
        co_return checked;
    }

    asio::awaitable<void> look_at_shell(const directory::InboxRecord& inbox)
    {
        const auto shell = office_.registry.shell_account(inbox.id);
        if (!shell || !*shell) co_return;
        const auto name = office_.users.name_of((*shell)->uid);
        if (name != (*shell)->login) {
            problem(
                phrase("shell account {} has uid {}, which is {} on this machine: its user is nobody here",
                       (*shell)->login, (*shell)->uid, name ? "the user " + *name : std::string("nobody's")));
            co_return;
        }
        if (rehearsal_ != Rehearsal::no) co_return;
        const auto measured = co_await measure_home(office_, *order_.writers, **shell);
        if (!measured)
            problem(
                phrase("the home of {} could not be measured: {}", (*shell)->login, measured.error().text));
        else if (measured->unreadable > 0)
            problem(phrase("the home of {} has folders that could not be read: {}", (*shell)->login,
                           measured->unreadable));
    }

    void compare_with_kernel(const directory::InboxRecord& inbox, Bytes counted)
    {
        const auto shell = office_.registry.shell_account(inbox.id);
        if (!shell || !*shell) return;
        const auto report = office_.fences.look(**shell);
        for (const auto& each : report.problems)
            problem(phrase("{}: {}", inbox.login, each));
        const auto allowed = counted.count + counted.count / 10 + fence_slack.count;
        if (report.used && report.used->count > allowed)
            problem(
                phrase("{}: the kernel counts {}, Metka {}; something lies there that Metka does not know",
                       inbox.login, report.used->show(), counted.show()));
    }

    Json card() const
    {
        const auto summary =
            fmt::format("{}{} inboxes measured: {} told that they are nearly full, {} over their limit, "
                        "{} problems",
                        rehearsal_ == Rehearsal::no ? "" : "rehearsal: ", measured_, noticed_, over_.size(),
                        problems_.size());
        return Json(control::JsonObject{{"summary", summary},
                                        {"inboxes", Json::count(measured_)},
                                        {"noticed", Json::count(noticed_)},
                                        {"over", sentences(over_)},
                                        {"problems", sentences(problems_)}});
    }

    Order& order_;
    Office& office_;
    Rehearsal rehearsal_;
    std::uint64_t measured_ = 0, noticed_ = 0;
    std::vector<Phrase> over_, problems_;
};

constexpr std::array<std::string_view, static_cast<std::size_t>(maildir::Notice::count_)> notice_names{
    "near_expiry", "expired", "nearly_full", "certificate", "sending_limit", "sender_limited"};

} // namespace

asio::awaitable<Result<Json>> sweep_quota(Order& order)
{
    const SweepGuard guard(order.office.sweeps.quota);
    if (!guard.is_first()) co_return fail(Fault::unavailable, "a quota sweep runs already; wait for its end");
    QuotaSweep sweep(order, order.is_dry_run() ? Rehearsal::today : Rehearsal::no);
    auto done = co_await sweep.run();
    co_return done;
}

asio::awaitable<Result<Json>> notices_list(Order& order)
{
    constexpr std::uint64_t usual = 100;
    constexpr std::uint64_t most_rows = 100'000;
    auto& office = order.office;
    InboxId inbox;
    if (const auto* const named = order.arguments.find<control::InboxName>("inbox"); named != nullptr) {
        const auto* const address = std::get_if<Address>(named);
        if (address != nullptr) {
            const auto mailbox = find_mailbox(office, *address);
            if (!mailbox) co_return pass(mailbox);
            inbox = mailbox->id;
        } else {
            const auto shell = find_shell(office, std::get<std::string>(*named));
            if (!shell) co_return pass(shell);
            inbox = shell->id;
        }
    }
    const auto* const most = order.arguments.find<std::uint64_t>("most");
    const auto rows =
        co_await office.trees.notices(inbox, std::min(most != nullptr ? *most : usual, most_rows));
    if (!rows) co_return pass(rows);
    control::JsonArray list;
    for (const auto& row : *rows) {
        const bool is_before = row.notice == maildir::Notice::near_expiry ||
                               (row.notice == maildir::Notice::certificate && row.days > 0);
        const auto days = is_before ? fmt::format(", {} days before", row.days) : "";
        list.emplace_back(
            control::JsonObject{{"at", show_instant(from_unix_ms(static_cast<std::int64_t>(row.at)))},
                                {"to", row.login},
                                {"notice", notice_names.at(static_cast<std::size_t>(row.notice))},
                                {"about", row.about + days}});
    }
    co_return Json(std::move(list));
}

} // namespace metka::metkad
