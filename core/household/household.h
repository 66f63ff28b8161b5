#pragma once
// The child's side of being one of metkad's programs: it is started with one wire to metkad on descriptor 3,
// is handed everything else over it (wires to its peers, listening sockets, certificates), answers health,
// and drains when metkad says so or is gone. Every wire that ever exists between two programs stands in
// `wires` below.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>

#include "core/base/result.h"
#include "core/net/wire.h"
#include "core/sys/descriptor.h"

namespace metka::household {

enum class Program { store, auth, smtp, access, count_ };

std::string_view name(Program);  // "store"
std::string executable(Program); // "metka-store"

// Who asks whom. (metkad has a wire to every program besides; and at each POP3 log-in metka-auth makes one
// that reaches one inbox, and gives its ends to metka-access and metka-store.)
struct WirePlan {
    Program asks;
    Program answers;
};
inline constexpr std::array<WirePlan, 4> wires{{
    {Program::smtp, Program::auth},
    {Program::smtp, Program::store},
    {Program::access, Program::auth},
    {Program::auth, Program::store}, // a log-in's inbox wire goes this way to the store
}};

constexpr int metkad_descriptor = 3; // the wire to metkad, in every child
constexpr int lock_descriptor =
    4; // instance.lock, held open and never touched: the lock goes when all are gone

// metkad → child. A descriptor comes with each.
struct GiveWire {
    static constexpr std::uint16_t kind = 0x0001;
    Program peer = Program::store;
    void fields(auto& each) { each(peer); }
};
struct GiveListener {
    static constexpr std::uint16_t kind = 0x0002;
    std::string name; // "smtp", "submission", "submissions", "pop3s"
    void fields(auto& each) { each(name); }
};
struct GiveCertificate { // two descriptors: the chain and the key, PEM in sealed memory
    static constexpr std::uint16_t kind = 0x0003;
    std::string host;
    void fields(auto& each) { each(host); }
};
struct Start { // everything has been handed over: begin to serve
    static constexpr std::uint16_t kind = 0x0004;
    void fields(auto&) {}
};
struct Drain { // close the listeners, end idle sessions, let busy ones finish
    static constexpr std::uint16_t kind = 0x0005;
    void fields(auto&) {}
};
// child → metkad, as the answer to whatever was given, and to Start.
struct Taken {
    static constexpr std::uint16_t kind = 0x0007;
    void fields(auto&) {}
};
struct Started {
    static constexpr std::uint16_t kind = 0x0006;
    std::uint64_t generation = 0;
    std::vector<std::string> missing; // what the kernel could not confine
    void fields(auto& each)
    {
        each(generation);
        each(missing);
    }
};

} // namespace metka::household
