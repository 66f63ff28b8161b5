#pragma once
// The child's side of being one of metkad's programs: it is started with one wire to metkad on descriptor 3,
// is handed everything else over it (wires to its peers, listening sockets, certificates), answers health,
// and drains when metkad says so or is gone. Every wire that ever exists between two programs stands in
// `wires` below.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <asio/io_context.hpp>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/net/wire.h"
#include "core/sys/descriptor.h"

namespace metka::household {

enum class Program { store, auth, smtp, access, count_ };

std::string_view name(Program);  // "store"
std::string executable(Program); // "metka-store"
std::optional<Program> program_named(std::string_view name);

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
constexpr int configuration_descriptor = 5; // its engine file, in sealed memory: what metkad has verified

// metkad → child. A descriptor comes with each.
struct GiveWire {
    static constexpr std::uint16_t kind = 0x0001;
    Program peer = Program::store;
    void fields(auto& each) { each(peer); }
};
struct GiveListener {
    static constexpr std::uint16_t kind = 0x0002;
    std::string name;    // "smtp", "submission", "submissions", "pop3s", "pop3"
    std::string address; // "127.0.0.1:2525"
    void fields(auto& each) { each(name), each(address); }
};
// No new connections there; what the kernel has accepted already is still served, and sessions go on.
struct DropListener {
    static constexpr std::uint16_t kind = 0x0008;
    std::string name;
    std::string address;
    void fields(auto& each) { each(name), each(address); }
};
// All certificates at once, in the place of those it had. A descriptor of sealed memory: a CertificateSet, as
// sys::encode() writes its fields.
struct GiveCertificates {
    static constexpr std::uint16_t kind = 0x0009;
    void fields(auto&) {}
};
struct HostCertificate {
    std::string host;  // whom SNI (RFC 6066 §3) asks for; empty: for everybody else
    std::string chain; // PEM, the host's own first
    Secret key;        // PEM
    void fields(auto& each) { each(host), each(chain), each(key); }
};
struct CertificateSet {
    static constexpr std::uint16_t kind = 0x000a;
    std::vector<HostCertificate> certificates;
    void fields(auto& each) { each(certificates); }
};
// Another generation, with a descriptor of its engine file in sealed memory. It holds for all that begins
// from now on; sessions under way finish under theirs. The answer is Adopted, or an error, and then nothing
// has changed.
struct Adopt {
    static constexpr std::uint16_t kind = 0x000b;
    void fields(auto&) {}
};
struct Adopted {
    static constexpr std::uint16_t kind = 0x000c;
    std::uint64_t generation = 0;
    void fields(auto& each) { each(generation); }
};
// Everything has been handed over: begin to serve. With a descriptor: standard error from now on; until then
// it was a pipe to metkad, which tells why a start failed.
struct Start {
    static constexpr std::uint16_t kind = 0x0004;
    void fields(auto&) {}
};
struct Drain { // close the listeners, end idle sessions, let busy ones finish
    static constexpr std::uint16_t kind = 0x0005;
    bool is_replaced = false; // another serves already: idle sessions may go on for a while, too
    void fields(auto& each) { each(is_replaced); }
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
