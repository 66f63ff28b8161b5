#include "daemon/smtp/trace.h"

#include <doctest/doctest.h>

#include <vector>

using namespace metka;

TEST_CASE("dates are written as RFC 5322 wants them")
{
    struct Row {
        std::int64_t ms;
        std::string_view date;
    };
    const std::vector<Row> rows{
        {0, "Thu, 01 Jan 1970 00:00:00 +0000"},
        {951'782'400'000, "Tue, 29 Feb 2000 00:00:00 +0000"},
        {1'798'761'599'999, "Thu, 31 Dec 2026 23:59:59 +0000"},
        {2'147'483'648'000, "Tue, 19 Jan 2038 03:14:08 +0000"}, // one second more than 32 bits hold
    };
    for (const auto& row : rows)
        CHECK(smtp::mail_date(from_unix_ms(row.ms)) == row.date);
}

TEST_CASE("a trace names the client by an address literal, IPv6 with its tag")
{
    smtp::Trace trace{.host = "poczta.example.org", .helo = "klient", .protocol = "SMTP", .id = "1"};
    trace.peer = "2001:db8::1";
    CHECK(smtp::trace_fields(trace).contains("Received: from klient ([IPv6:2001:db8::1])\n"));
    CHECK(smtp::trace_fields(trace).starts_with("Return-Path: <>\n"));
    trace.peer = "192.0.2.7";
    CHECK(smtp::trace_fields(trace).contains("([192.0.2.7])\n"));
}

TEST_CASE("nothing that a trace is told writes a field of its own")
{
    const std::string nasty("a\r\nBcc: x\n\ty\0z <b> \xC5\xBC \x1B[0m", 26);
    smtp::Trace trace{.host = "poczta.example.org",
                      .helo = nasty,
                      .peer = "192.0.2.7",
                      .protocol = "ESMTPS",
                      .tls = nasty,
                      .id = "1",
                      .sender = {.local = "a\"b\\ c", .domain = "example.org"},
                      .only_recipient = wire::MailPath{.local = "żaneta", .domain = "example.org"}};
    const auto fields = smtp::trace_fields(trace);
    CHECK(fields.starts_with("Return-Path: <\"a\\\"b\\\\ c\"@example.org>\nDelivered-To: żaneta@example.org\n"
                             "Received: from a??Bcc:?x"));
    CHECK_FALSE(fields.contains('\r'));
    CHECK_FALSE(fields.contains("\nBcc"));
    CHECK_FALSE(fields.contains("\n\ty"));
    trace.helo = std::string(1000, 'x');
    CHECK(smtp::trace_fields(trace).contains(" from " + std::string(255, 'x') + " ("));
}
