#include "core/dns/protocol.h"

#include <algorithm>
#include <functional>

#include "core/base/text.h"

namespace metka::dns {

namespace {

constexpr std::size_t most_host = 253; // RFC 1035 §2.3.4, without the root's byte
constexpr std::size_t most_label = 63;

bool is_host_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

bool is_label(std::string_view label)
{
    return !label.empty() && label.size() <= most_label && std::ranges::all_of(label, is_host_byte);
}

void cut(std::vector<std::string>& texts)
{
    std::vector<std::string> kept;
    std::size_t left = most_text_in_all;
    for (auto& text : texts) {
        if (kept.size() == most_texts) break;
        if (text.size() > most_text || text.size() > left) continue;
        left -= text.size();
        kept.push_back(std::move(text));
    }
    texts = std::move(kept);
}

bool is_sender_policy(const std::string& text)
{
    constexpr std::string_view version = "v=spf1";
    return same_ignoring_case(std::string_view(text).substr(0, version.size()), version);
}

bool is_within_bounds(const std::vector<std::string>& texts)
{
    const auto fits = [](const std::string& text) { return text.size() <= most_text; };
    return texts.size() <= most_texts && std::ranges::all_of(texts, fits);
}

} // namespace

bool is_host(std::string_view name)
{
    return name.empty() || (name.size() <= most_host && std::ranges::all_of(split(name, '.'), is_label));
}

policy::DomainRecords cut_to_fit(policy::DomainRecords records)
{
    std::ranges::sort(records.mx, {}, &policy::MxRecord::preference);
    if (records.mx.size() > most_mx) records.mx.resize(most_mx);
    std::ranges::sort(records.texts, std::greater(), is_sender_policy);
    cut(records.texts);
    cut(records.proofs);
    return records;
}

Result<void> check(const Answer& answer)
{
    const auto& [mx, texts, proofs] = answer.records;
    const auto names_host = [](const policy::MxRecord& each) { return is_host(each.host); };
    if (mx.size() <= most_mx && std::ranges::all_of(mx, names_host) && is_within_bounds(texts) &&
        is_within_bounds(proofs))
        return {};
    return fail(Fault::internal, "metka-resolver gave an answer beyond its bounds");
}

} // namespace metka::dns
