// What is taken for MAIL, RCPT or BDAT is taken for the same when it is written again, with each of its
// parameters, and fits a header line.

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
    if (mail.size) written += " SIZE=" + std::to_string(*mail.size);
    if (mail.body == BodyKind::eight_bit) written += " BODY=8BITMIME";
    if (mail.returned) written += *mail.returned == Returned::header ? " RET=HDRS" : " RET=FULL";
    const auto again = parse_mail(written);
    if (!again || again->from != mail.from || again->envelope_id != mail.envelope_id) std::abort();
    if (again->size != mail.size || again->body != mail.body || again->returned != mail.returned)
        std::abort();
    if (again->letters != mail.letters) std::abort();
}

std::string written(const Notify& notify)
{
    std::string words;
    if (notify.success) words += ",SUCCESS";
    if (notify.failure) words += ",FAILURE";
    if (notify.delay) words += ",DELAY";
    return " NOTIFY=" + (words.empty() ? "NEVER" : words.substr(1));
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
    auto line = "TO:<" + rcpt.to.text() + ">";
    if (rcpt.notify) line += written(*rcpt.notify);
    // With letters beyond ASCII it has no form in xtext.
    const bool is_xtext = rcpt.original && rcpt.original->type != "utf-8";
    if (is_xtext) line += " ORCPT=" + rcpt.original->type + ";" + encode_xtext(rcpt.original->address);
    const auto again = parse_rcpt(line, letters);
    if (!again || again->to != rcpt.to || again->notify != rcpt.notify) std::abort();
    if (is_xtext && again->original != rcpt.original) std::abort();
}

void check_bdat(std::string_view arguments)
{
    const auto bdat = parse_bdat(arguments);
    if (!bdat) return;
    const bool is_last = bdat->chunk == BdatCommand::Chunk::last;
    const auto digits = arguments.substr(0, arguments.find(' '));
    if (metka::parse_number(digits) != bdat->size) std::abort();
    if (is_last != metka::lower(arguments).ends_with("last")) std::abort();
    const auto again = parse_bdat(std::to_string(bdat->size) + (is_last ? " LAST" : ""));
    if (!again || again->size != bdat->size || again->chunk != bdat->chunk) std::abort();
}

// Verb and arguments are the line, but for blanks around them and the case of the verb.
void check_split(std::string_view line, const SmtpLine& split)
{
    if (split.verb.size() > 16 || split.verb.find_first_of(" \t") != std::string::npos) std::abort();
    if (!metka::same_ignoring_case(line.substr(0, split.verb.size()), split.verb)) std::abort();
    if (split.arguments != metka::trim(split.arguments)) std::abort();
    const bool is_cut = split.verb.size() == 16;
    if (!is_cut && metka::trim(line.substr(split.verb.size())) != split.arguments) std::abort();
    if (!metka::trim(line).ends_with(split.arguments)) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view line(reinterpret_cast<const char*>(bytes), size);
    const auto split = split_smtp_line(line);
    check_split(line, split);
    for (const auto arguments : {line, split.arguments}) {
        if (const auto mail = parse_mail(arguments)) check_mail(*mail);
        for (const auto letters : {Letters::ascii, Letters::utf8})
            if (const auto rcpt = parse_rcpt(arguments, letters)) check_rcpt(*rcpt, letters);
        check_bdat(arguments);
    }
    return 0;
}
