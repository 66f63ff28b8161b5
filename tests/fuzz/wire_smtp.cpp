// What is taken for MAIL or RCPT is taken for the same when it is written again, and fits a header line.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/text.h"
#include "core/wire/smtp_command.h"
#include "core/wire/utf8.h"
#include "core/wire/xtext.h"

using namespace metka::wire;

namespace {

void check_text(std::string_view text)
{
    if (metka::has_control(text) || !is_clean_utf8(text) || text.size() > 600) std::abort();
}

void check_mail(const MailCommand& mail)
{
    check_text(mail.from.text());
    check_text(mail.envelope_id);
    if (mail.letters == Letters::ascii && !mail.from.is_ascii()) std::abort();
    if (mail.envelope_id.size() > 100) std::abort();
    auto written = "FROM:<" + mail.from.text() + ">";
    if (mail.letters == Letters::utf8) written += " SMTPUTF8";
    if (!mail.envelope_id.empty()) written += " ENVID=" + encode_xtext(mail.envelope_id);
    const auto again = parse_mail(written);
    if (!again || again->from != mail.from || again->envelope_id != mail.envelope_id) std::abort();
}

void check_rcpt(const RcptCommand& rcpt, Letters letters)
{
    check_text(rcpt.to.text());
    if (rcpt.to.local.empty()) std::abort();
    if (letters == Letters::ascii && !rcpt.to.is_ascii()) std::abort();
    if (rcpt.original) {
        check_text(rcpt.original->type);
        check_text(rcpt.original->address);
        if (rcpt.original->address.empty()) std::abort();
    }
    const auto again = parse_rcpt("TO:<" + rcpt.to.text() + ">", letters);
    if (!again || again->to != rcpt.to) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view line(reinterpret_cast<const char*>(bytes), size);
    const auto split = split_smtp_line(line);
    if (split.verb.size() > 16) std::abort();
    for (const auto arguments : {line, split.arguments}) {
        if (const auto mail = parse_mail(arguments)) check_mail(*mail);
        for (const auto letters : {Letters::ascii, Letters::utf8})
            if (const auto rcpt = parse_rcpt(arguments, letters)) check_rcpt(*rcpt, letters);
        const auto bdat = parse_bdat(arguments);
        if (bdat && !(arguments.front() >= '0' && arguments.front() <= '9')) std::abort();
    }
    return 0;
}
