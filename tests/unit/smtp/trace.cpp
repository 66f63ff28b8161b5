#include "daemon/smtp/trace.h"

#include <doctest/doctest.h>

using namespace metka;

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
