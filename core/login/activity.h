#pragma once
// What metkad asks metka-auth about one account: its last log-in, and what it has sent.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/domain/objects.h"
#include "core/login/authenticator.h"

namespace metka::login {

struct AskLastLogin {
    static constexpr std::uint16_t kind = 0x0128;
    InboxId account;
    void fields(auto& each) { each(account); }
};
struct KnownLogin {
    Service service = Service::submission;
    Instant at;
    std::string peer; // the client's IP address as text
    Id key;           // which app password; empty: the main password
    void fields(auto& each) { each(service), each(at), each(peer), each(key); }
};
struct LastLogin {
    static constexpr std::uint16_t kind = 0x0129;
    std::vector<KnownLogin> logins; // one, or none that is known
    void fields(auto& each) { each(logins); }
};

struct AskSent {
    static constexpr std::uint16_t kind = 0x012e;
    InboxId account;
    void fields(auto& each) { each(account); }
};
struct Sent { // messages, as the limits count them
    static constexpr std::uint16_t kind = 0x012f;
    std::uint64_t in_hour = 0;
    std::uint64_t in_day = 0;
    void fields(auto& each) { each(in_hour), each(in_day); }
};

} // namespace metka::login
