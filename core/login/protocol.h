#pragma once
// What travels on the wires to metka-auth: programs ask about log-ins, metkad keeps the secrets.

#include <cstdint>
#include <string>

#include "core/base/secret.h"
#include "core/login/authenticator.h"

namespace metka::login {

// metka-smtp, metka-access → auth
struct CheckLogin {
    static constexpr std::uint16_t kind = 0x0101;
    Service service = Service::submission;
    std::string name;
    Secret password;
    std::string peer;
    void fields(auto& each) { each(service), each(name), each(password), each(peer); }
};
struct LoginChecked { // with one descriptor when the verdict lets a POP3 client in: the session's end of its
                      // inbox wire
    static constexpr std::uint16_t kind = 0x0102;
    Verdict verdict = Verdict::wrong;
    InboxId account;
    std::string login;
    void fields(auto& each) { each(verdict), each(account), each(login); }
};

// metkad → auth
struct Stored {
    static constexpr std::uint16_t kind = 0x0110;
    void fields(auto&) {}
};
struct SetPassword { // hashed and durable before Stored
    static constexpr std::uint16_t kind = 0x0111;
    InboxId account;
    Secret password;
    void fields(auto& each) { each(account), each(password); }
};
struct RemoveSecrets { // safe to repeat
    static constexpr std::uint16_t kind = 0x0112;
    InboxId account;
    void fields(auto& each) { each(account); }
};

} // namespace metka::login
