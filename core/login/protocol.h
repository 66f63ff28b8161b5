#pragma once
// What travels on the wires to metka-auth: programs ask about log-ins, metkad keeps the secrets.

#include <cstdint>
#include <string>
#include <vector>

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
struct VerifyPassword { // for `my password`: counts as a log-in does, and says as little
    static constexpr std::uint16_t kind = 0x0113;
    InboxId account;
    Secret password;
    void fields(auto& each) { each(account), each(password); }
};
struct Verified {
    static constexpr std::uint16_t kind = 0x0114;
    bool right = false;
    void fields(auto& each) { each(right); }
};
constexpr std::size_t most_hash_bytes = 511;
struct KeptHash {
    InboxId account;
    Secret hash; // as crypt(5) writes it; at most 511 bytes
    void fields(auto& each) { each(account), each(hash); }
};
struct SetHashes { // for `metkactl apply`; all durable before Stored. As many as fit a frame
    static constexpr std::uint16_t kind = 0x0115;
    std::vector<KeptHash> hashes;
    void fields(auto& each) { each(hashes); }
};
struct PasswordChanged { // of a Unix user, elsewhere: what is remembered of it is forgotten
    static constexpr std::uint16_t kind = 0x0116;
    InboxId account;
    void fields(auto& each) { each(account); }
};
struct RemoveSecrets { // safe to repeat
    static constexpr std::uint16_t kind = 0x0112;
    InboxId account;
    void fields(auto& each) { each(account); }
};

} // namespace metka::login
