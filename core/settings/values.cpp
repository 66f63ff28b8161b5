#include "core/settings/values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "core/base/text.h"

namespace metka::settings {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 4> level_names{"error", "warning", "info", "debug"};

struct TimeUnit {
    std::string_view name;
    std::int64_t count; // of milliseconds
};
constexpr std::array<TimeUnit, 5> time_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::string_view size_units = "EPTGMK";

std::unexpected<Error> not_of_kind(std::string_view word, const Row& row)
{
    return fail(Fault::invalid, "“{}” is not what it takes: {}", escaped(word, 80), row_of(row.kind).takes);
}

bool is_of(std::string_view text, std::string_view also)
{
    return std::ranges::all_of(text, [&](char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || also.contains(c);
    });
}

bool is_path(std::string_view text)
{
    return text.starts_with('/') && text.size() < 4096 && !has_control(text) && is_utf8(text);
}

bool is_socket(std::string_view text)
{
    return is_path(text) && text.size() <= 107; // sun_path, unix(7)
}

bool is_name(std::string_view text)
{
    const bool begins = !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || text[0] == '_');
    return begins && text.size() <= 32 && is_of(text, "_-") && lower(text) == text;
}

// Also a single label: a machine may have no domain, and it is still a host name (RFC 1123 §2.1).
bool is_host(std::string_view text)
{
    const auto is_label = [](std::string_view label) {
        return !label.empty() && label.size() <= 63 && is_of(label, "-") && label.front() != '-' &&
               label.back() != '-';
    };
    const auto labels = split(text, '.');
    const bool is_number = std::ranges::all_of(labels.back(), [](char c) { return c >= '0' && c <= '9'; });
    return text.size() <= 253 && !is_number && std::ranges::all_of(labels, is_label);
}

bool is_zone(std::string_view text)
{
    return !text.empty() && text.size() <= 64 && is_of(text, "/_+-") && text.front() != '/' &&
           text.back() != '/';
}

struct TextRule {
    Kind kind;
    bool (*holds)(std::string_view);
};
constexpr std::array<TextRule, 5> text_rules{{{Kind::path, is_path},
                                              {Kind::socket, is_socket},
                                              {Kind::name, is_name},
                                              {Kind::host, is_host},
                                              {Kind::zone, is_zone}}};

Result<void> read(std::string& value, std::string_view word, const Row& row)
{
    const auto* const rule = std::ranges::find(text_rules, row.kind, &TextRule::kind);
    if (rule == text_rules.end() || !rule->holds(word)) return not_of_kind(word, row);
    value = row.kind == Kind::host ? lower(word) : std::string(word);
    return {};
}

Result<void> read(std::uint64_t& value, std::string_view word, const Row& row)
{
    const auto number = parse_number(word);
    if (!number) return not_of_kind(word, row);
    value = *number;
    return {};
}

Result<void> read(milliseconds& value, std::string_view word, const Row& row)
{
    constexpr std::uint64_t most = 1ULL << 50; // 35,000 years: above every bound, and no overflow below it
    const auto digits = word.substr(0, word.find_first_not_of("0123456789"));
    const auto number = parse_number(digits);
    const auto* const unit = std::ranges::find(time_units, word.substr(digits.size()), &TimeUnit::name);
    if (!number || unit == time_units.end()) return not_of_kind(word, row);
    const auto length = static_cast<std::uint64_t>(unit->count);
    value = milliseconds(static_cast<std::int64_t>(*number > most / length ? most : *number * length));
    return {};
}

Result<void> read(Bytes& value, std::string_view word, const Row& row)
{
    const auto size = Bytes::parse(word);
    if (!size) return not_of_kind(word, row);
    value = *size;
    return {};
}

Result<void> read(Capacity& value, std::string_view word, const Row& row)
{
    const auto capacity = parse_capacity(word);
    if (!capacity) return not_of_kind(word, row);
    value = *capacity;
    return {};
}

Result<void> read(LogLevel& value, std::string_view word, const Row& row)
{
    const auto* const found = std::ranges::find(level_names, word);
    if (found == level_names.end()) return not_of_kind(word, row);
    value = static_cast<LogLevel>(found - level_names.begin());
    return {};
}

Result<void> read(Language& value, std::string_view word, const Row& row)
{
    const auto language = language_named(word);
    if (!language) return not_of_kind(word, row);
    value = *language;
    return {};
}

Result<void> read(bool& value, std::string_view word, const Row& row)
{
    if (word != "yes" && word != "no") return not_of_kind(word, row);
    value = word == "yes";
    return {};
}

Result<void> read(NoticeDays& value, std::string_view word, const Row& row)
{
    const auto days = parse_notice_days(word);
    if (!days) return not_of_kind(word, row);
    value = *days;
    return {};
}

Result<void> read(std::optional<DomainName>& value, std::string_view word, const Row&)
{
    auto domain = DomainName::parse(word);
    if (!domain) return pass(domain);
    value = std::move(*domain);
    return {};
}

Result<void> read(std::optional<Address>& value, std::string_view word, const Row&)
{
    auto address = Address::parse(word);
    if (!address) return pass(address);
    value = std::move(*address);
    return {};
}

Result<void> read(std::vector<DomainName>& value, std::string_view word, const Row&)
{
    auto domain = DomainName::parse(word);
    if (!domain) return pass(domain);
    if (std::ranges::find(value, *domain) != value.end())
        return fail(Fault::invalid, "{} is in the list already", domain->text());
    value.push_back(std::move(*domain));
    return {};
}

Result<void> read(std::vector<ListenAddress>& value, std::string_view word, const Row&)
{
    auto address = ListenAddress::parse(word);
    if (!address) return pass(address);
    value.push_back(std::move(*address));
    return {};
}

template <class Value>
concept Bounded = std::same_as<Value, std::uint64_t> || std::same_as<Value, milliseconds> ||
                  std::same_as<Value, Bytes> || std::same_as<Value, Capacity>;

template <class Value>
bool is_less(const Value& a, const Value& b)
{
    return a < b;
}

bool is_less(const Capacity& a, const Capacity& b) // no value is unlimited: above everything
{
    return a && (!b || *a < *b);
}

template <class Value>
Result<void> check_bounds(const Value&, std::string_view, const Row&)
{
    return {};
}

template <Bounded Value>
Result<void> check_bounds(const Value& value, std::string_view word, const Row& row)
{
    const auto blank = row.unit.empty() ? "" : " ";
    Value bound{};
    if (!row.least.empty() && read(bound, row.least, row) && is_less(value, bound))
        return fail(Fault::invalid, "“{}” is too small; the least is {}{}{}", escaped(word, 80), row.least,
                    blank, row.unit);
    if (!row.most.empty() && read(bound, row.most, row) && is_less(bound, value))
        return fail(Fault::invalid, "“{}” is too much; the most is {}{}{}", escaped(word, 80), row.most,
                    blank, row.unit);
    return {};
}

std::vector<std::string> written(const std::string& value)
{
    return value.empty() ? std::vector<std::string>{} : std::vector{value};
}

std::vector<std::string> written(std::uint64_t value)
{
    return {fmt::to_string(value)};
}

std::vector<std::string> written(milliseconds value)
{
    const auto fits = [&](const TimeUnit& unit) { return value.count() % unit.count == 0; };
    const auto* const unit = std::ranges::find_if(time_units, fits);
    return value.count() == 0 ? std::vector<std::string>{"0s"}
                              : std::vector{fmt::format("{}{}", value.count() / unit->count, unit->name)};
}

std::vector<std::string> written(Bytes value)
{
    for (std::size_t i = 0; i < size_units.size() && value.count != 0; ++i) {
        const auto shift = 10 * (size_units.size() - i);
        if ((value.count >> shift) << shift == value.count)
            return {fmt::format("{}{}", value.count >> shift, size_units[i])};
    }
    return {fmt::to_string(value.count)};
}

std::vector<std::string> written(const Capacity& value)
{
    return value ? written(*value) : std::vector<std::string>{"unlimited"};
}

std::vector<std::string> written(LogLevel value)
{
    return {std::string(level_names.at(static_cast<std::size_t>(value)))};
}

std::vector<std::string> written(Language value)
{
    return {std::string(name(value))};
}

std::vector<std::string> written(bool value)
{
    return {value ? "yes" : "no"};
}

std::vector<std::string> written(const NoticeDays& value)
{
    return value.empty() ? std::vector<std::string>{} : std::vector{metka::show(value)};
}

template <class Named>
std::vector<std::string> written(const std::optional<Named>& value)
{
    return value ? std::vector{value->text()} : std::vector<std::string>{};
}

template <class Item>
std::vector<std::string> written(const std::vector<Item>& value)
{
    std::vector<std::string> words;
    for (const auto& item : value)
        words.push_back(item.text());
    return words;
}

bool is_ip(int family, const std::string& host)
{
    std::array<unsigned char, 16> address{};
    return inet_pton(family, host.c_str(), address.data()) == 1;
}

} // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text)
{
    const auto colon = text.rfind(':');
    const auto front = text.substr(0, colon);
    const bool bracketed = front.starts_with('[') && front.ends_with(']');
    const std::string host(bracketed ? front.substr(1, front.size() - 2) : front);
    const auto port = colon == std::string_view::npos ? std::nullopt : parse_number(text.substr(colon + 1));
    const bool good_host = bracketed ? is_ip(AF_INET6, host) : host == "*" || is_ip(AF_INET, host);
    if (!port || *port == 0 || *port > 65535)
        return fail(Fault::invalid,
                    "“{}” has no port of 1 to 65535; write it like \"*:25\" or \"127.0.0.1:2525\"",
                    escaped(text, 80));
    if (!good_host || host.contains('\0'))
        return fail(Fault::invalid,
                    "“{}” does not begin with an IP address; write it like \"127.0.0.1:25\", "
                    "\"[::1]:25\" or \"*:25\"",
                    escaped(text, 80));
    return ListenAddress{.host = host, .port = static_cast<std::uint16_t>(*port)};
}

std::string ListenAddress::text() const
{
    return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<void> take(Settings& settings, const Row& row, std::string_view word)
{
    return std::visit(
        [&](auto member) -> Result<void> {
            auto read_so_far = settings.*member;
            const auto is_right = read(read_so_far, word, row);
            if (!is_right) return pass(is_right);
            const auto in_bounds = check_bounds(read_so_far, word, row);
            if (!in_bounds) return pass(in_bounds);
            settings.*member = std::move(read_so_far);
            return {};
        },
        row.member);
}

void clear(Settings& settings, const Row& row)
{
    std::visit([&](auto member) { settings.*member = {}; }, row.member);
}

std::vector<std::string> words_of(const Settings& settings, const Row& row)
{
    return std::visit([&](auto member) { return written(settings.*member); }, row.member);
}

std::string yaml_of(std::span<const std::string> words, const Row& row)
{
    if (words.empty()) return "none";
    if (!is_list(row)) return quoted(words.front());
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ", ") + quoted(word);
    return "[" + text + "]";
}

std::string quoted(std::string_view word)
{
    const bool plain = !word.empty() && is_of(word, "_./+-:") && is_of(word.substr(0, 1), "/") &&
                       !word.ends_with(':') && !same_ignoring_case(word, "null");
    if (plain) return std::string(word);
    std::string text = "\"";
    for (const char c : word) {
        if (c == '"' || c == '\\') text += '\\';
        if (has_control({&c, 1}))
            text += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
        else
            text += c;
    }
    return text + '"';
}

bool is_list(const Row& row)
{
    return std::holds_alternative<std::vector<DomainName> Settings::*>(row.member) ||
           std::holds_alternative<std::vector<ListenAddress> Settings::*>(row.member);
}

} // namespace metka::settings
