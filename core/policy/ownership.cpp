#include "core/policy/ownership.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.h"

namespace metka::policy {

namespace {

using Verdict = ComparedRecord::Verdict;

constexpr std::string_view sender_policy = "v=spf1 mx -all";

std::string proof_name(std::string_view domain)
{
    return fmt::format("_metka.{}", domain);
}

std::string mx_value(std::uint16_t preference, std::string_view host)
{
    return fmt::format("{} {}.", preference, host);
}

bool is_sender_policy(std::string_view text)
{
    constexpr std::string_view version = "v=spf1";
    return same_ignoring_case(text.substr(0, version.size()), version) &&
           (text.size() == version.size() || text[version.size()] == ' ');
}

// RFC 7208 §5.1: what stands behind `all` is never looked at.
bool lets_mx_send(std::string_view policy)
{
    for (const auto term : split(policy, ' ')) {
        if (same_ignoring_case(term, "mx") || same_ignoring_case(term, "+mx")) return true;
        if (same_ignoring_case(term.substr(term.find_first_not_of("+-?~") == 1 ? 1 : 0), "all")) return false;
    }
    return false;
}

bool is_among(const std::vector<std::string>& texts, std::string_view wanted)
{
    return std::ranges::find(texts, wanted) != texts.end();
}

std::string listed(const std::vector<std::string>& texts)
{
    std::string list;
    for (const auto& text : texts)
        list += (list.empty() ? "" : "; ") + text;
    return list;
}

// Right: this host is among those that are tried first (RFC 5321 §5.1).
ComparedRecord compare_mx(const WantedRecord& wanted, const DomainRecords& found)
{
    if (found.mx.empty()) return {.wanted = wanted, .found = {}};
    auto there = found.mx;
    std::ranges::sort(there, {}, [](const MxRecord& each) { return std::pair(each.preference, each.host); });
    const auto host = std::string_view(wanted.value).substr(wanted.value.find(' ') + 1);
    const auto is_wanted = [&](const MxRecord& each) {
        return each.preference == there.front().preference && same_ignoring_case(each.host + ".", host);
    };
    std::vector<std::string> shown;
    for (const auto& each : there)
        shown.push_back(mx_value(each.preference, each.host));
    const auto right = std::ranges::any_of(there, is_wanted);
    return {.wanted = wanted, .found = listed(shown), .verdict = right ? Verdict::right : Verdict::differs};
}

// Two of them are as good as none (RFC 7208 §4.5).
ComparedRecord compare_sender_policy(const WantedRecord& wanted, const DomainRecords& found)
{
    std::vector<std::string> policies;
    std::ranges::copy_if(found.texts, std::back_inserter(policies), is_sender_policy);
    if (policies.empty()) return {.wanted = wanted, .found = {}};
    const bool right =
        policies.size() == 1 && (policies.front() == wanted.value || lets_mx_send(policies.front()));
    return {
        .wanted = wanted, .found = listed(policies), .verdict = right ? Verdict::right : Verdict::differs};
}

ComparedRecord compare_proof(const WantedRecord& wanted, const DomainRecords& found)
{
    if (found.proofs.empty()) return {.wanted = wanted, .found = {}};
    const bool right = is_among(found.proofs, wanted.value);
    return {.wanted = wanted,
            .found = listed(found.proofs),
            .verdict = right ? Verdict::right : Verdict::differs};
}

struct Comparison {
    std::string_view purpose;
    ComparedRecord (*compare)(const WantedRecord&, const DomainRecords&);
};
constexpr std::string_view for_mail = "mail";
constexpr std::string_view for_sender_policy = "sender policy (RFC 7208)";
constexpr std::string_view for_proof = "proof of ownership";
constexpr std::array<Comparison, 3> comparisons{{
    {for_mail, compare_mx},
    {for_sender_policy, compare_sender_policy},
    {for_proof, compare_proof},
}};

constexpr std::uint16_t preference = 10;

} // namespace

std::optional<Proof> proof_in(const DomainRecords& records, const ProofFacts& facts)
{
    if (!facts.token.empty() && is_among(records.proofs, facts.token)) return Proof::txt;
    if (facts.was_anothers || facts.host.empty()) return std::nullopt;
    const auto is_this = [&](const MxRecord& each) { return same_ignoring_case(each.host, facts.host); };
    if (std::ranges::any_of(records.mx, is_this)) return Proof::mx;
    return std::nullopt;
}

std::vector<WantedRecord> records_for(const Domain& domain, std::string_view host)
{
    const auto& zone = domain.name.text();
    std::vector<WantedRecord> wanted{
        {.name = zone, .type = "MX", .value = mx_value(preference, host), .purpose = std::string(for_mail)},
        {.name = zone,
         .type = "TXT",
         .value = std::string(sender_policy),
         .purpose = std::string(for_sender_policy)}};
    if (domain.state == DomainState::pending)
        wanted.push_back({.name = proof_name(zone),
                          .type = "TXT",
                          .value = domain.token,
                          .purpose = std::string(for_proof)});
    return wanted;
}

std::vector<ComparedRecord> compare(const std::vector<WantedRecord>& wanted, const DomainRecords& found)
{
    std::vector<ComparedRecord> compared;
    for (const auto& each : wanted) {
        const auto* const row = std::ranges::find(comparisons, each.purpose, &Comparison::purpose);
        if (row != comparisons.end()) compared.push_back(row->compare(each, found));
    }
    return compared;
}

std::string_view name(ComparedRecord::Verdict verdict)
{
    constexpr std::array<std::string_view, 3> names{"right", "missing", "differs"};
    return names.at(static_cast<std::size_t>(verdict));
}

std::string snippet_for(const Domain& domain, const DomainName& zone, std::string_view host)
{
    const auto& full = domain.name.text();
    const auto label = full.substr(0, full.size() - zone.text().size() - 1);
    return fmt::format("{0}\tIN\tMX\t{1}\n{0}\tIN\tTXT\t\"{2}\"\n", label, mx_value(preference, host),
                       sender_policy);
}

} // namespace metka::policy
