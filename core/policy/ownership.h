#pragma once
// Whose is a foreign domain (rule 7), and which DNS records should be published for a domain of ours. Pure:
// records in, verdict out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/objects.h"

namespace metka::policy {

struct MxRecord {
    std::uint16_t preference = 0;
    std::string host; // lower case, no dot at its end; empty: the null MX (RFC 7505)
    void fields(auto& each)
    {
        auto number = std::uint64_t{preference};
        each(number), each(host);
        preference = static_cast<std::uint16_t>(number);
    }
};

// What DNS said of one domain. Each TXT record is one text, its strings joined (RFC 7208 §3.3).
struct DomainRecords {
    std::vector<MxRecord> mx;
    std::vector<std::string> texts;  // TXT of the domain itself
    std::vector<std::string> proofs; // TXT of _metka.<domain>
};

enum class Proof { mx, txt };

struct ProofFacts {
    std::string host;          // this machine's name in MX records
    std::string token;         // of the domain
    bool was_anothers = false; // it was here under another customer: only TXT proves it
};
std::optional<Proof> proof_in(const DomainRecords& records, const ProofFacts& facts);

// One record that the owner of a domain should publish, or that the zone snippet of a local zone has.
struct WantedRecord {
    std::string name;    // where, without a dot at its end
    std::string type;    // "MX", "TXT"
    std::string value;   // as in a zone file, a text without its quotes
    std::string purpose; // "mail", "sender policy (RFC 7208)", "proof of ownership"
};
std::vector<WantedRecord> records_for(const Domain& domain, std::string_view host);

struct ComparedRecord {
    WantedRecord wanted;
    std::string found; // empty: nothing
    enum class Verdict { right, missing, differs } verdict = Verdict::missing;
};
std::vector<ComparedRecord> compare(const std::vector<WantedRecord>& wanted, const DomainRecords& found);
std::string_view name(ComparedRecord::Verdict);

// The lines of the zone snippet for one local domain, relative to its zone: "moja-firma\tIN\tMX\t10
// mail.example.org.".
std::string snippet_for(const Domain& domain, const DomainName& zone, std::string_view host);

} // namespace metka::policy
