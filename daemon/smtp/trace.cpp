#include "daemon/smtp/trace.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/wire/mail_date.h"

namespace metka::smtp {

namespace {

// A client may say anything in EHLO; in a header only what a name or an address literal is made of, and
// `signs`.
std::string fit_for_header(std::string_view text, std::string_view signs = ".-_:[]")
{
    constexpr std::size_t most = 255;
    std::string fit(text.substr(0, most));
    std::ranges::replace_if(
        fit,
        [&](char c) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            return !letter && !signs.contains(c);
        },
        '?');
    return fit;
}

// RFC 5321 §4.1.3
std::string address_literal(std::string_view peer)
{
    if (peer == "local") return "local"; // a Unix socket
    return fmt::format("[{}{}]", peer.contains(':') ? "IPv6:" : "", peer);
}

} // namespace

std::string trace_fields(const Trace& trace)
{
    auto fields = fmt::format("Return-Path: <{}>\n", trace.sender.text());
    if (trace.only_recipient) fields += fmt::format("Delivered-To: {}\n", trace.only_recipient->text());
    fields +=
        fmt::format("Received: from {} ({})\n", fit_for_header(trace.helo), address_literal(trace.peer));
    if (!trace.tls.empty()) fields += fmt::format("\t(using {})\n", fit_for_header(trace.tls, "._- "));
    fields += fmt::format("\tby {} with {} id {}", trace.host, trace.protocol, trace.id);
    if (trace.only_recipient) fields += fmt::format("\n\tfor <{}>", trace.only_recipient->text());
    fields += fmt::format(";\n\t{}\n", wire::mail_date(trace.now));
    return fields;
}

wire::MissingFields submission_fields(const Trace& trace)
{
    const auto author = trace.sender.text();
    return wire::MissingFields{
        .from = author.empty() ? std::string() : fmt::format("From: {}\n", author),
        .date = fmt::format("Date: {}\n", wire::mail_date(trace.now)),
        .message_id = fmt::format("Message-ID: <{}@{}>\n", trace.id, trace.host),
    };
}

} // namespace metka::smtp
