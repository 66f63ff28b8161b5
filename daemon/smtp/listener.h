#pragma once
// The three doors of SMTP: 25 (RFC 5321), 587 (RFC 6409) and 465 (RFC 8314 §3.3).

#include <array>
#include <string_view>

namespace metka::smtp {

enum class Tls { offered, at_once };
enum class Login { offered, required }; // required: nobody sends without TLS and a log-in

struct Listener {
    std::string_view name; // as metkad hands it over
    Tls tls;
    Login login;
};

inline constexpr std::array<Listener, 3> listeners{{
    {"smtp", Tls::offered, Login::offered},
    {"submission", Tls::offered, Login::required},
    {"submissions", Tls::at_once, Login::required},
}};

constexpr const Listener* listener_named(std::string_view name)
{
    for (const auto& listener : listeners)
        if (listener.name == name) return &listener;
    return nullptr;
}

} // namespace metka::smtp
