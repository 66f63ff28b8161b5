#pragma once
// The two doors of POP3: 995, under TLS from the first byte (RFC 8314 §3.3), and 110, where nothing is to be
// had before STLS (RFC 2595 §4). The second is there only if the operator wants it.

#include <array>
#include <string_view>

namespace metka::access {

enum class Tls { at_once, by_stls };

struct Listener {
    std::string_view name; // as metkad hands it over
    Tls tls;
};

inline constexpr std::array<Listener, 2> listeners{{
    {"pop3s", Tls::at_once},
    {"pop3", Tls::by_stls},
}};

constexpr const Listener* listener_named(std::string_view name)
{
    for (const auto& listener : listeners)
        if (listener.name == name) return &listener;
    return nullptr;
}

} // namespace metka::access
