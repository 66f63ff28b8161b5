#include "daemon/metkad/configuration/certificate_expiry.h"

#include <cstdlib>

#include "core/policy/lifetime.h"
#include "daemon/metkad/machine/time_zone.h"

namespace metka::metkad {

namespace {

const NoticeDays notice_days{21, 7};

std::string days(std::int64_t count)
{
    return count == 1 ? "1 day" : fmt::format("{} days", count);
}

} // namespace

Result<CertificateEnd> end_of(const CertificateRow& row, Instant now, const std::string& zone)
{
    const auto last = day_of(row.not_after, zone);
    if (!last) return pass(last);
    const auto today = day_of(now, zone);
    if (!today) return pass(today);
    return CertificateEnd{.last = *last,
                          .left = (last->days() - today->days()).count(),
                          .is_over = now > row.not_after}; // RFC 5280 §4.1.2.5: valid through notAfter
}

std::optional<std::uint16_t> certificate_notice_due(const CertificateEnd& end)
{
    if (end.is_over) return 0;
    return policy::notice_due(notice_days, end.left);
}

std::string expiry_problem(const CertificateRow& row, const CertificateEnd& end)
{
    if (!certificate_notice_due(end)) return {};
    const auto when = end.left == 0  ? std::string("today")
                      : end.left > 0 ? fmt::format("in {}", days(end.left))
                                     : fmt::format("{} ago", days(-end.left));
    return fmt::format("the certificate of {} {} on {}, {}; renew it, Metka takes the new file by itself",
                       row.called(), end.is_over ? "ended" : "ends", end.last.text(), when);
}

std::string too_early_problem(const CertificateRow& row, Instant now, const std::string& zone)
{
    if (now >= row.not_before) return {};
    const auto first = day_of(row.not_before, zone);
    return fmt::format("the certificate of {} is not valid before {}; is the clock right?", row.called(),
                       first ? first->text() : "a later day");
}

} // namespace metka::metkad
