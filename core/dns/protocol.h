#pragma once
// The one question that metkad puts to metka-resolver(8), and its answer. Each question has a process of its
// own, with one wire on household::metkad_descriptor.

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/policy/ownership.h"
#include "core/sys/frame.h"

namespace metka::dns {

constexpr std::size_t most_mx = 32;
constexpr std::size_t most_texts = 64; // and as many proofs
constexpr std::size_t most_text = 4096;
constexpr std::size_t most_text_in_all = 24 * 1024; // of texts, and of proofs: an answer is one frame
constexpr std::size_t most_servers = 8;

// metkad → metka-resolver: the MX and TXT records of `domain`, and the TXT records of _metka.`domain`.
struct Question {
    static constexpr std::uint16_t kind = 0x0601;
    std::string domain;               // A-labels, no dot at its end
    std::vector<std::string> servers; // "192.0.2.1@53"; empty: those of resolv.conf(5)
    void fields(auto& each)
    {
        each(domain);
        each(servers);
    }
};

// The answer, or an Error: unavailable, with a sentence.
struct Answer {
    static constexpr std::uint16_t kind = 0x0602;
    policy::DomainRecords records;
    void fields(auto& each)
    {
        each(records.mx);
        each(records.texts);
        each(records.proofs);
    }
};

// A host name as MX records have it: labels of a-z 0-9 - _, at most 253 bytes; empty: the null MX.
bool is_host(std::string_view name);

// Keeps what fits into an answer, sender policies before other texts.
policy::DomainRecords cut_to_fit(policy::DomainRecords records);

// internal: an answer that no metka-resolver in its right mind gives.
Result<void> check(const Answer& answer);

} // namespace metka::dns
