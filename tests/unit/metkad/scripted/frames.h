#pragma once
// What a test asks a scripted program besides what metkad does. Its engine file is its script, a word and
// what it means a line:
//
//     generation 12
//     check refuse | hang              what --check comes to
//     start refuse | hang | stray      before it is ready; stray: it says that it runs generation 99
//     adopt refuse | die | late        when it is given this file; late: not before it is asked for Answer
//     certificates refuse
//     listener refuse | late

#include <string>
#include <vector>

#include "core/household/household.h"

namespace metka::scripted {

struct AskReport {
    static constexpr std::uint16_t kind = 0x7001;
    void fields(auto&) {}
};
struct Report {
    static constexpr std::uint16_t kind = 0x7002;
    std::uint64_t pid = 0;
    std::uint64_t generation = 0;
    std::uint64_t adoptions = 0;
    std::string certificates;
    std::vector<std::string> listeners; // "smtp 127.0.0.1:2525"
    void fields(auto& each)
    {
        each(pid), each(generation), each(adoptions), each(certificates), each(listeners);
    }
};
// The report of a peer, as this program gets it over its wire.
struct AskPeer {
    static constexpr std::uint16_t kind = 0x7003;
    household::Program peer = household::Program::store;
    void fields(auto& each) { each(peer); }
};
// Its report, but not before it is asked for Answer, or a client says “answer”.
struct AskLater {
    static constexpr std::uint16_t kind = 0x7005;
    void fields(auto&) {}
};
// Answers what was kept waiting.
struct Answer {
    static constexpr std::uint16_t kind = 0x7004;
    void fields(auto&) {}
};

} // namespace metka::scripted
