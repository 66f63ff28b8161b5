// sweep expiry: tells people in time, and ends what is over (DOMAIN "Life of a mailbox"). What a mailbox may
// do follows from dates alone; here only notices go out and mail goes away. Every step is whole by itself, so
// a sweep that was killed half way is simply run again.

#include <algorithm>

#include "core/policy/lifetime.h"
#include "daemon/metkad/machine/time_zone.h"
#include "daemon/metkad/provisioning/ends.h"
#include "daemon/metkad/provisioning/removals.h"
#include "daemon/metkad/provisioning/sweep.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

using maildir::Notice;
using policy::Purge;

constexpr std::size_t page = 500;

class ExpirySweep {
  public:
    ExpirySweep(Order& order, Rehearsal rehearsal, Instant now, Date today)
        : order_(order),
          office_(order.office),
          rehearsal_(rehearsal),
          now_(now),
          today_(today),
          commons_(office_)
    {
    }

    asio::awaitable<Result<Json>> run()
    {
        const auto totals = office_.registry.totals();
        if (!totals) co_return pass(totals);
        total_ = totals->mailboxes;
        const auto farthest = farthest_notice();
        if (!farthest) co_return pass(farthest);
        window_ = *farthest;
        const auto looked = co_await look_at_all();
        if (!looked) co_return pass(looked);
        const auto braked = find_brakes();
        if (!braked) co_return pass(braked);
        const auto ended = co_await end_what_is_over();
        if (!ended) co_return pass(ended);
        const auto turn = co_await order_.writers->enter(); // not into anybody's batch, which may be dropped
        const auto noted = note_end();
        if (!noted) co_return pass(noted);
        co_return card();
    }

  private:
    bool rehearses() const { return rehearsal_ != Rehearsal::no; }

    void say(Phrase step)
    {
        if (steps_.size() < most_steps) steps_.push_back(std::move(step));
    }

    // Whoever ends later than the longest notice day and a day is nobody's concern yet.
    Result<std::chrono::days> farthest_notice()
    {
        const auto own = office_.registry.longest_notice();
        if (!own) return pass(own);
        auto longest = *own;
        auto plans = office_.settings.plans;
        plans.push_back(office_.settings.standard());
        for (const auto& plan : plans)
            if (!plan.notice_days.empty())
                longest = std::max<std::uint64_t>(longest, plan.notice_days.front());
        return std::chrono::days(longest + 2);
    }

    // In its turn: outside, it could be what a rehearsal of `apply` supposes for a moment.
    asio::awaitable<Result<std::vector<Mailbox>>> next_page(directory::Ending behind)
    {
        const auto turn = co_await order_.writers->enter();
        auto due = office_.registry.mailboxes_ending(now_ + window_, behind, page);
        if (!due) co_return due;
        for (const auto& mailbox : *due) {
            const auto customer = commons_.customer(mailbox.customer);
            if (!customer) co_return pass(customer);
        }
        co_return due;
    }

    asio::awaitable<Result<void>> look_at_all()
    {
        directory::Ending behind{.ends = Instant::min(), .id = {}};
        for (;;) {
            const auto due = co_await next_page(behind);
            if (!due) co_return pass(due);
            if (due->empty()) co_return Result<void>();
            for (const auto& mailbox : *due) {
                const auto looked = co_await look_at(mailbox);
                if (!looked) co_return looked;
                order_.progress(++looked_at_, total_, "mailboxes");
            }
            behind = {.ends = due->back().validity->ends, .id = due->back().id};
        }
    }

    asio::awaitable<Result<void>> look_at(const Mailbox& mailbox)
    {
        const auto customer = commons_.customer(mailbox.customer);
        if (!customer) co_return pass(customer);
        const auto plan = office_.settings.plan(customer->plan);
        const auto& validity = *mailbox.validity;
        if (now_ >= validity.ends) {
            auto looked = co_await look_at_expired(mailbox, mailbox.grace_days.value_or(plan.grace_days));
            co_return looked;
        }
        const auto left = (validity.until.days() - today_.days()).count();
        const auto due = policy::notice_due(mailbox.notice_days.value_or(plan.notice_days), left);
        if (!due) co_return Result<void>();
        const auto told = co_await tell(mailbox, {.inbox = mailbox.id,
                                                  .notice = Notice::near_expiry,
                                                  .about = validity.until.text(),
                                                  .days = *due,
                                                  .left = static_cast<std::uint64_t>(left)});
        if (!told) co_return pass(told);
        co_return Result<void>();
    }

    asio::awaitable<Result<void>> look_at_expired(const Mailbox& mailbox, std::uint64_t grace)
    {
        const auto& validity = *mailbox.validity;
        const auto last = validity.until.plus_days(static_cast<int>(grace));
        const auto least = static_cast<std::int64_t>(policy::shortest_warning(grace));
        const auto left = std::max<std::int64_t>((last.days() - today_.days()).count(), least);
        const auto told = co_await tell(mailbox, {.inbox = mailbox.id,
                                                  .notice = Notice::expired,
                                                  .about = validity.until.text(),
                                                  .days = 0, // told once, whatever becomes of the grace
                                                  .left = static_cast<std::uint64_t>(left)});
        if (!told) co_return pass(told);
        const auto ends = end_of_day(last, office_.settings.operator_time_zone);
        if (!ends) co_return pass(ends);
        const policy::PurgeFacts facts{.grace_ends = *ends, .grace_days = grace, .told = *told, .now = now_};
        const auto judged = policy::judge_purge(facts);
        if (judged == Purge::due) to_purge_.push_back(mailbox.id);
        if (judged == Purge::wait_for_notice)
            held_.push_back(
                phrase("{} is kept: its user was not told long enough ago", mailbox.address.show()));
        co_return Result<void>();
    }

    // When it was told, or would be. A rehearsal of a later day supposes that the sweeps before it were run.
    asio::awaitable<Result<std::optional<Instant>>> tell(const Mailbox& mailbox, maildir::SendNotice notice)
    {
        const auto name = notice.notice == Notice::expired ? "expired" : "ends soon";
        auto asking = rehearses() ? ask(notice) : office_.trees.send(notice);
        const auto sent = co_await std::move(asking);
        if (!sent) {
            held_.push_back(phrase("{} could not be told: {}", mailbox.address.show(), sent.error().text));
            co_return std::optional<Instant>();
        }
        const bool is_new = rehearses() ? sent->at == 0 : sent->now;
        if (is_new) {
            ++(notice.notice == Notice::expired ? expired_ : noticed_);
            say(phrase("tell {}: {} ({})", mailbox.address.show(), name, notice.about));
        }
        if (sent->at != 0) co_return from_unix_ms(static_cast<std::int64_t>(sent->at));
        co_return rehearsal_ == Rehearsal::later_day ? std::optional(mailbox.validity->ends) : std::nullopt;
    }

    asio::awaitable<Result<maildir::NoticeSent>> ask(const maildir::SendNotice& notice)
    {
        maildir::AskNotice question;
        static_cast<maildir::SendNotice&>(question) = notice;
        auto sent = co_await office_.trees.sent(question);
        co_return sent;
    }

    Result<void> find_brakes()
    {
        const auto newest = office_.registry.newest_audit();
        if (!newest) return pass(newest);
        const auto last = office_.registry.last_sweep(directory::Sweep::expiry);
        if (!last) return pass(last);
        policy::BrakeFacts facts{.now = office_.clock.now(), // others have written since this sweep began
                                 .newest_audit = *newest,
                                 .last_sweep = *last,
                                 .to_purge = to_purge_.size(),
                                 .mailboxes = total_};
        if (rehearsal_ == Rehearsal::later_day) {
            facts.now = now_;
            facts.newest_audit = facts.last_sweep = std::nullopt;
        }
        for (auto& brake : policy::brakes_on(facts))
            brakes_.push_back(std::move(brake));
        return {};
    }

    asio::awaitable<Result<void>> end_what_is_over()
    {
        const auto removed = office_.registry.removed();
        if (!removed) co_return pass(removed);
        std::vector<Removed> trash;
        for (const auto& each : *removed)
            if (each.purge_after <= now_) trash.push_back(each);
        if (!brakes_.empty() && !order_.arguments.flag("yes")) {
            hold_back(trash.size());
            co_return Result<void>();
        }
        for (const auto& id : to_purge_) {
            const auto purged = co_await purge(id);
            if (!purged) co_return purged;
        }
        for (const auto& each : trash) {
            const auto emptied = co_await empty(each);
            if (!emptied) co_return emptied;
        }
        co_return Result<void>();
    }

    void hold_back(std::size_t trash)
    {
        if (to_purge_.empty() && trash == 0) return;
        for (const auto& brake : brakes_)
            held_.push_back(phrase("nothing is deleted ({} mailboxes, {} removed ones): {}", to_purge_.size(),
                                   trash, brake));
    }

    // By the grace of this moment, not of when it was looked at.
    asio::awaitable<Result<bool>> is_due(const Mailbox& mailbox)
    {
        const auto customer = find_customer(office_, mailbox.customer);
        if (!customer) co_return pass(customer);
        const auto grace = mailbox.grace_days.value_or(office_.settings.plan(customer->plan).grace_days);
        const auto ends = end_of_day(mailbox.validity->until.plus_days(static_cast<int>(grace)),
                                     office_.settings.operator_time_zone);
        if (!ends) co_return pass(ends);
        maildir::SendNotice notice;
        notice.inbox = mailbox.id;
        notice.notice = Notice::expired;
        notice.about = mailbox.validity->until.text();
        const auto sent = co_await ask(notice);
        if (!sent) co_return pass(sent);
        std::optional<Instant> told;
        if (sent->at != 0) told = from_unix_ms(static_cast<std::int64_t>(sent->at));
        if (rehearsal_ == Rehearsal::later_day) told = mailbox.validity->ends;
        co_return policy::judge_purge(
            {.grace_ends = *ends, .grace_days = grace, .told = told, .now = now_}) == Purge::due;
    }

    // Looked at again in its turn: it may have been renewed, or given a longer grace, meanwhile.
    asio::awaitable<Result<void>> purge(const InboxId& id)
    {
        const auto turn = co_await order_.writers->enter();
        const auto mailbox = office_.registry.mailbox(id);
        if (!mailbox) co_return pass(mailbox);
        if (!*mailbox || !(*mailbox)->validity || (*mailbox)->validity->ends > now_) co_return Result<void>();
        const auto still_due = co_await is_due(**mailbox);
        if (!still_due) co_return pass(still_due);
        if (!*still_due) co_return Result<void>();
        ++purged_;
        say(phrase("purge {} with its mail (it ended on {})", (*mailbox)->address.show(),
                   (*mailbox)->validity->until.text()));
        if (rehearses()) co_return Result<void>();
        Removal removal(order_, (*mailbox)->address.text());
        removal.set(Removal::Mail::goes_at_once);
        const auto taken = removal.take(**mailbox);
        if (!taken) co_return taken;
        const auto gone = co_await removal.carry_out();
        if (!gone) co_return pass(gone);
        co_return Result<void>();
    }

    asio::awaitable<Result<void>> empty(const Removed& removed)
    {
        const auto turn = co_await order_.writers->enter();
        ++emptied_;
        say(phrase("delete the mail of {}, which was removed", removed.login));
        if (rehearses()) co_return Result<void>();
        auto gone = co_await office_.keys.remove(removed.id); // unless that was done when it was removed
        if (gone) gone = co_await purge_tree(office_, removed);
        if (!gone)
            held_.push_back(
                phrase("the mail of {} could not be deleted: {}", removed.login, gone.error().text));
        co_return Result<void>();
    }

    Result<void> note_end()
    {
        if (rehearses()) return {};
        const bool may_end =
            brakes_.empty() || order_.arguments.flag("yes"); // a wrong clock ends none of them
        const auto ended = may_end ? office_.registry.end_quarantines(now_) : Result<void>();
        if (!ended) return ended;
        return office_.registry.note_sweep(directory::Sweep::expiry, now_);
    }

    Json card() const
    {
        const auto summary = fmt::format(
            "{}{} mailboxes: {} told that they end soon, {} that they have expired, {} purged; {} removed "
            "ones deleted{}",
            rehearses() ? "rehearsal: " : "", total_, noticed_, expired_, purged_, emptied_,
            held_.empty() ? "" : fmt::format("; {} held back", held_.size()));
        return Json(control::JsonObject{{"summary", summary},
                                        {"mailboxes", Json::count(looked_at_)},
                                        {"noticed", Json::count(noticed_)},
                                        {"expired", Json::count(expired_)},
                                        {"purged", Json::count(purged_)},
                                        {"trash", Json::count(emptied_)},
                                        {"held", sentences(held_)},
                                        {"steps", sentences(steps_)}});
    }

    Order& order_;
    Office& office_;
    Rehearsal rehearsal_;
    Instant now_;
    Date today_;
    Commons commons_;
    std::chrono::days window_{};
    std::uint64_t total_ = 0, looked_at_ = 0, noticed_ = 0, expired_ = 0, purged_ = 0, emptied_ = 0;
    std::vector<InboxId> to_purge_; // 16 bytes each: the one thing that grows with what is due
    std::vector<std::string> brakes_;
    std::vector<Phrase> held_;
    std::vector<Phrase> steps_;
};

// The day of --at, from its first instant on; today without it.
struct Moment {
    Instant now;
    Date today;
    Rehearsal rehearsal = Rehearsal::no;
};

Result<Moment> moment_of(const Order& order)
{
    const auto& zone = order.office.settings.operator_time_zone;
    const auto now = order.office.clock.now();
    const auto today = day_of(now, zone);
    if (!today) return pass(today);
    const auto* const at = order.arguments.find<control::DateText>("at");
    if (at == nullptr)
        return Moment{
            .now = now, .today = *today, .rehearsal = order.is_dry_run() ? Rehearsal::today : Rehearsal::no};
    const auto day = Date::parse(at->text, *today);
    if (!day) return fail_field("at", day.error());
    const auto begins = end_of_day(day->plus_days(-1), zone);
    if (!begins) return pass(begins);
    return Moment{.now = *begins, .today = *day, .rehearsal = Rehearsal::later_day};
}

} // namespace

Json sentences(const std::vector<Phrase>& phrases)
{
    control::JsonArray list;
    for (const auto& each : phrases)
        list.emplace_back(each.text());
    return Json(std::move(list));
}

SweepGuard::SweepGuard(bool& running) : running_(running), is_first_(!std::exchange(running, true)) {}

SweepGuard::~SweepGuard()
{
    if (is_first_) running_ = false;
}

asio::awaitable<Result<Json>> sweep_expiry(Order& order)
{
    const auto moment = moment_of(order);
    if (!moment) co_return pass(moment);
    const SweepGuard guard(order.office.sweeps.expiry);
    if (!guard.is_first())
        co_return fail(Fault::unavailable, "an expiry sweep runs already; wait for its end");
    ExpirySweep sweep(order, moment->rehearsal, moment->now, moment->today);
    auto done = co_await sweep.run();
    co_return done;
}

} // namespace metka::metkad
