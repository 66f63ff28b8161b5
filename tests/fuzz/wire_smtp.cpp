// What is taken for MAIL or RCPT is taken for the same when it is written again, and fits a header line.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/wire/smtp_command.h"

using namespace metka::wire;

namespace {

void check_path(const MailPath& path)
{
    const auto text = path.text();
    const bool printable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
    if (!printable || text.size() > 600) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view line(reinterpret_cast<const char*>(bytes), size);
    const auto split = split_smtp_line(line);
    if (split.verb.size() > 16) std::abort();
    for (const auto arguments : {line, split.arguments}) {
        if (const auto mail = parse_mail(arguments)) {
            check_path(mail->from);
            const auto again = parse_mail("FROM:<" + mail->from.text() + ">");
            if (!again || again->from != mail->from) std::abort();
        }
        if (const auto rcpt = parse_rcpt(arguments)) {
            check_path(rcpt->to);
            if (rcpt->to.local.empty()) std::abort();
            const auto again = parse_rcpt("TO:<" + rcpt->to.text() + ">");
            if (!again || again->to != rcpt->to) std::abort();
        }
    }
    return 0;
}
