#pragma once
// What travels on the wires to metka-auth: programs ask about log-ins, metkad keeps the secrets.

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/secret.h"
#include "core/domain/app_password.h"
#include "core/login/authenticator.h"
#include "core/login/sending_counter.h"

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
    std::uint64_t wait = 0; // milliseconds; the session waits so long before it says a refusal
    void fields(auto& each) { each(verdict), each(account), each(login), each(wait); }
};

// metka-access → auth, told where there is a pop3.login_delay: the log-in that it was just let in with opened
// nothing (the inbox was in use, or could not be read). It does not count for the delay.
struct CameToNothing {
    static constexpr std::uint16_t kind = 0x0106;
    InboxId account;
    void fields(auto& each) { each(account); }
};

// metka-smtp → auth: this account is about to send a message to so many. Counted where it is allowed, from
// that moment on.
struct CountSending {
    static constexpr std::uint16_t kind = 0x0103;
    InboxId account;
    std::uint64_t recipients = 0;
    void fields(auto& each) { each(account), each(recipients); }
};
struct SendingCounted {
    static constexpr std::uint16_t kind = 0x0104;
    SendingVerdict verdict = SendingVerdict::limit;
    Instant at;               // when it was counted
    std::uint64_t most = 0;   // never: so many in an hour,
    bool is_of_a_day = false; // or in a day
    void fields(auto& each) { each(verdict), each(at), each(most), each(is_of_a_day); }
};
// metka-smtp → auth, told to the one that counted, and never answered: that message was not accepted. Where
// either of them ends before, what was counted goes with its hour and its day.
struct GiveBackSending {
    static constexpr std::uint16_t kind = 0x0105;
    InboxId account;
    std::uint64_t recipients = 0;
    Instant at; // as SendingCounted has it
    void fields(auto& each) { each(account), each(recipients), each(at); }
};

// auth → metkad: an account has reached what it may send; its owner and the operator are to know. Answered by
// Stored when both letters are durable.
struct SendingStopped {
    static constexpr std::uint16_t kind = 0x0117;
    InboxId account;
    std::uint64_t most = 0;   // messages
    bool is_of_a_day = false; // else of an hour
    void fields(auto& each) { each(account), each(most), each(is_of_a_day); }
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
struct RemoveSecrets { // all of the account's, app passwords too; safe to repeat
    static constexpr std::uint16_t kind = 0x0112;
    InboxId account;
    void fields(auto& each) { each(account); }
};

// metkad → auth: app passwords (core/domain/app_password.h).
struct AddAppPassword { // made by metka-auth, and durable before its answer. conflict: the name is taken
    static constexpr std::uint16_t kind = 0x0120;
    InboxId account;
    std::string name;
    std::string until;      // its last day; empty: no end
    std::uint64_t ends = 0; // the instant that day ends, in ms since 1970
    void fields(auto& each) { each(account), each(name), each(until), each(ends); }
};
struct AppPasswordMade { // the only time that it is seen
    static constexpr std::uint16_t kind = 0x0121;
    Secret password;
    void fields(auto& each) { each(password); }
};
struct ListAppPasswords {
    static constexpr std::uint16_t kind = 0x0122;
    InboxId account;
    void fields(auto& each) { each(account); }
};
struct AppPasswordRow {
    AppPasswordId id;
    std::string name;
    std::string until;      // empty: no end
    std::uint64_t ends = 0; // ms since 1970
    Instant made;
    Instant used; // the last time; 1970: never, as far as is known
    Service service = Service::submission;
    std::string peer;
    void fields(auto& each)
    {
        each(id), each(name), each(until), each(ends), each(made), each(used), each(service), each(peer);
    }
};
struct AppPasswords { // by their names
    static constexpr std::uint16_t kind = 0x0123;
    std::vector<AppPasswordRow> rows;
    void fields(auto& each) { each(rows); }
};
struct RemoveAppPasswords { // all of the account's, at once; safe to repeat
    static constexpr std::uint16_t kind = 0x0125;
    InboxId account;
    void fields(auto& each) { each(account); }
};
struct RemoveAppPassword { // opens nothing from Stored on. not_found: there is none of that name
    static constexpr std::uint16_t kind = 0x0124;
    InboxId account;
    std::string name;
    void fields(auto& each) { each(account), each(name); }
};

} // namespace metka::login
