#pragma once
// An SMTP reply (RFC 5321 §4.2) with its enhanced status code (RFC 2034). The texts are fixed: they never
// hold bytes of the peer, our version, or an inner error.

#include <span>
#include <string>
#include <string_view>

namespace metka::wire {

struct Reply {
    int code;                  // 211–554
    std::string_view enhanced; // "5.1.1"; empty where RFC 2034 §4 wants none (220, 334, EHLO)
    std::string_view text;     // printable ASCII

    bool is_refusal() const { return code >= 400; }
};

std::string render(const Reply& reply); // one line with its CRLF
// `reply` with a word of ours behind its text: a message's id, this host's name.
std::string render(const Reply& reply, std::string_view detail);
// One reply of several lines, "250-…" and at last "250 …"; `lines` is not empty.
std::string render(int code, std::span<const std::string> lines);

} // namespace metka::wire
