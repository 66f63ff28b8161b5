#include "daemon/metkad/configuration/certificate_watch.h"

#include <algorithm>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "core/sys/log.h"

namespace metka::metkad {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 5s;
constexpr auto longest_replacement = 30s; // between the new certificate and its key
constexpr auto notices_every = 1h;
constexpr auto notices_again = 1min; // after one that could not be sent

std::string joined(std::string_view one, std::string_view other)
{
    if (one.empty() || other.empty()) return fmt::format("{}{}", one, other);
    return fmt::format("{}; {}", one, other);
}

std::string names_in(const CertificateInventory& inventory)
{
    std::string names;
    for (const auto& row : inventory.rows)
        names += (names.empty() ? "" : ", ") + row.called();
    return names.empty() ? "none" : names;
}

} // namespace

CertificateWatch::CertificateWatch(const asio::any_io_executor& loop, CertificateOffice office,
                                   OnChange on_change)
    : office_(office), on_change_(std::move(on_change)), pause_(loop)
{
}

void CertificateWatch::use(settings::Settings settings, CertificateInventory in_use)
{
    ++uses_;
    settings_ = std::move(settings);
    in_use_ = std::move(in_use);
    end_trouble();
    next_notices_.reset();
}

asio::awaitable<void> CertificateWatch::run()
{
    while (!stopping_) {
        co_await step(Steady::now());
        if (stopping_) co_return;
        pause_.expires_after(look_every);
        asio::error_code ignored;
        co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

void CertificateWatch::stop()
{
    stopping_ = true;
    pause_.cancel();
}

asio::awaitable<void> CertificateWatch::step(Steady::time_point now)
{
    co_await look(now);
    if (next_notices_ && now < *next_notices_) co_return;
    co_await tell_operator(now);
}

// --- looking
// -----------------------------------------------------------------------------------------------------

asio::awaitable<void> CertificateWatch::look(Steady::time_point now)
{
    if (holds_ > 0) co_return;
    // While the new ones are refused, these are still the marks of the old: it is tried at every look.
    if (look_at_certificates(settings_) == in_use_.marks) {
        end_trouble();
        co_return;
    }
    const auto looked = co_await look_now(now);
    (void)looked; // refuse() has taken note of it
}

asio::awaitable<Result<void>> CertificateWatch::look_now(Steady::time_point now)
{
    auto fresh = read_certificates(settings_);
    if (!fresh) {
        refuse(fresh.error(), now);
        co_return pass(fresh);
    }
    auto taken = co_await take(std::move(*fresh), now);
    co_return taken;
}

// In use is what the programs have taken, and nothing else: what they refused is tried again at the next
// look.
asio::awaitable<Result<void>> CertificateWatch::take(Certificates fresh, Steady::time_point now)
{
    auto inventory = fresh.inventory;
    const auto uses = uses_;
    const bool are_new = is_new(inventory);
    if (are_new) {
        const auto presented = co_await on_change_(std::move(fresh));
        if (!presented) {
            refuse(presented.error(), now);
            co_return pass(presented);
        }
    }
    if (uses != uses_) co_return Result<void>(); // a switch has brought others meanwhile
    in_use_ = std::move(inventory);
    end_trouble();
    if (!are_new) co_return Result<void>(); // touched, or copied over with the same bytes
    next_notices_.reset();
    sys::log(sys::Level::info, "certificates.changed", {{"names", names_in(in_use_)}});
    co_return Result<void>();
}

void CertificateWatch::refuse(const Error& error, Steady::time_point now)
{
    if (!trouble_) trouble_ = Trouble{.since = now, .why = {}};
    trouble_->why = of_settings(error).text;
    if (trouble_->is_told || now - trouble_->since < longest_replacement) return;
    trouble_->is_told = true;
    sys::log(sys::Level::warning, "certificates.refused", {{"why", trouble_->why}});
}

void CertificateWatch::end_trouble()
{
    if (trouble_ && trouble_->is_told) sys::log(sys::Level::info, "certificates.mended");
    trouble_.reset();
}

// --- telling
// -----------------------------------------------------------------------------------------------------

asio::awaitable<void> CertificateWatch::tell_operator(Steady::time_point now)
{
    next_notices_ = now + notices_every; // a change meanwhile brings it forward
    const auto sent = co_await send_notices();
    const auto why = sent ? std::string() : sent.error().text;
    if (!sent && next_notices_) next_notices_ = now + notices_again;
    if (!why.empty() && why != untold_) sys::log(sys::Level::warning, "certificates.untold", {{"why", why}});
    untold_ = why;
}

// All are tried; the first fault is told.
asio::awaitable<Result<void>> CertificateWatch::send_notices()
{
    Result<void> outcome;
    const auto rows = in_use_.rows; // may be replaced while one is sent
    for (const auto& row : rows) {
        auto sent = co_await tell(row);
        if (!sent && outcome) outcome = std::move(sent);
    }
    co_return outcome;
}

asio::awaitable<Result<void>> CertificateWatch::tell(CertificateRow row)
{
    const auto end = end_of(row, office_.clock.now(), settings_.operator_time_zone);
    if (!end) co_return pass(end);
    const auto due = certificate_notice_due(*end);
    if (!due) co_return Result<void>();
    const auto inbox = operator_inbox();
    if (!inbox) co_return pass(inbox);
    maildir::SendNotice notice;
    notice.inbox = *inbox;
    notice.notice = maildir::Notice::certificate;
    notice.about = end->last.text();
    notice.days = *due;
    notice.left = static_cast<std::uint64_t>(std::max<std::int64_t>(end->left, 0));
    notice.of = row.called();
    notice.language = name(settings_.operator_language);
    const auto sent = co_await office_.trees.send(notice);
    if (!sent)
        co_return fail(sent.error().fault, "the operator could not be told of the certificate of {}: {}",
                       row.called(), sent.error().text);
    co_return Result<void>();
}

Result<InboxId> CertificateWatch::operator_inbox() const
{
    if (!settings_.operator_inbox)
        return fail(Fault::not_found, "nobody is told that a certificate ends: operator.inbox is not set");
    const auto& address = *settings_.operator_inbox;
    const auto record = office_.registry.login(address.text());
    if (!record) return pass(record);
    if (!*record)
        return fail(Fault::not_found,
                    "nobody is told that a certificate ends: operator.inbox is {}, and there is no such "
                    "mailbox",
                    address.show());
    return (*record)->id;
}

// --- showing
// -----------------------------------------------------------------------------------------------------

std::vector<CertificateRow> CertificateWatch::rows() const
{
    const auto now = office_.clock.now();
    const auto& zone = settings_.operator_time_zone;
    auto rows = in_use_.rows;
    for (auto& row : rows) {
        const auto end = end_of(row, now, zone);
        if (end) row.problem = joined(expiry_problem(row, *end), row.problem);
        row.problem = joined(too_early_problem(row, now, zone), row.problem);
    }
    return rows;
}

std::vector<std::string> CertificateWatch::problems() const
{
    std::vector<std::string> problems;
    for (auto& row : rows())
        if (!row.problem.empty()) problems.push_back(std::move(row.problem));
    if (trouble_ && trouble_->is_told)
        problems.push_back("the new certificate files cannot be used, so the old ones stay: " +
                           trouble_->why);
    if (!untold_.empty()) problems.push_back(untold_);
    return problems;
}

} // namespace metka::metkad
