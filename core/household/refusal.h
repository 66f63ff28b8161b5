#pragma once
// What metka-smtp remembers of a refusal by its receipt code (DESIGN §6), and how metkad asks for it.

#include <cstdint>
#include <string>

#include "core/base/clock.h"

namespace metka::household {

// metkad → metka-smtp. The answer is Refusal, or not_found: it never gave this code, or has forgotten it
// since.
struct AskRefusal {
    static constexpr std::uint16_t kind = 0x0020;
    std::string code; // as ReceiptCode::text() has it
    void fields(auto& each) { each(code); }
};

// Bytes of the peer are escaped and cut. A text that is empty: nothing of it was known yet.
struct Refusal {
    static constexpr std::uint16_t kind = 0x0021;
    Instant at;
    std::string session; // its name in the log
    std::string listener;
    std::string peer;      // the client's IP address
    std::string login;     // the account that had logged in
    std::string command;   // the verb that was refused
    std::string sender;    // "<>": the null one, of receipts and bounces
    std::string recipient; // or how many there were
    std::string reply;     // without the code in brackets
    std::string rule;      // which rule refused it
    std::string remedy;    // what would change it
    void fields(auto& each)
    {
        each(at), each(session), each(listener), each(peer), each(login), each(command);
        each(sender), each(recipient), each(reply), each(rule), each(remedy);
    }
};

} // namespace metka::household
