#pragma once
// The end of a certificate, in days of the operator's calendar: what is said of it, and which notice is due.

#include <cstdint>
#include <optional>
#include <string>

#include "core/domain/date.h"
#include "daemon/metkad/configuration/certificates.h"

namespace metka::metkad {

struct CertificateEnd {
    Date last;             // the day on which it ends
    std::int64_t left = 0; // days until then; below 0: since then
    bool is_over = false;  // on that day, this says it
};

// invalid: no such time zone.
Result<CertificateEnd> end_of(const CertificateRow& row, Instant now, const std::string& zone);

// 21, 7, or 0 once it has ended; none: it is too early. A late look sends one notice and not all.
std::optional<std::uint16_t> certificate_notice_due(const CertificateEnd& end);

// “the certificate of mail.example.org ends on 2026-12-01, in 9 days; …”; empty: nothing needs to be done.
std::string expiry_problem(const CertificateRow& row, const CertificateEnd& end);
std::string too_early_problem(const CertificateRow& row, Instant now, const std::string& zone);

} // namespace metka::metkad
