#include "core/wire/smtp_parameters.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/base/text.h"
#include "core/wire/utf8.h"
#include "core/wire/xtext.h"

namespace metka::wire {

namespace {

constexpr std::size_t most_size_digits = 20;         // RFC 1870 §4
constexpr std::size_t most_envelope_id = 100;        // RFC 3461 §4.4
constexpr std::size_t most_original_recipient = 500; // §4.2

struct Parameter {
    std::string_view keyword;
    std::optional<std::string_view> value;
};

// esmtp-keyword ["=" esmtp-value], divided by spaces.
std::expected<Parameter, CommandFault> take_parameter(std::string_view& rest)
{
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto equals = word.find('=');
    Parameter parameter{.keyword = word.substr(0, equals), .value = std::nullopt};
    if (equals != std::string_view::npos) parameter.value = word.substr(equals + 1);
    const bool has_value = !parameter.value || !parameter.value->empty();
    if (parameter.keyword.empty() || !has_value || has_control(word))
        return std::unexpected(CommandFault::bad_parameter);
    return parameter;
}

using ParameterValue = std::optional<std::string_view>;

template <class Command>
struct ParameterRow {
    std::string_view keyword;
    bool (*take)(Command&, const ParameterValue&);
};

template <class Command>
std::optional<CommandFault> take_all(Command& command, std::string_view rest,
                                     std::span<const ParameterRow<Command>> rows)
{
    constexpr std::size_t most_rows = 8;
    std::array<bool, most_rows> seen{};
    while (!rest.empty()) {
        const auto parameter = take_parameter(rest);
        if (!parameter) return parameter.error();
        command.has_parameters = true;
        const auto row = std::ranges::find_if(
            rows, [&](const auto& each) { return same_ignoring_case(each.keyword, parameter->keyword); });
        if (row == rows.end()) return CommandFault::unknown_parameter;
        auto& twice = seen.at(static_cast<std::size_t>(row - rows.begin()));
        if (twice || !row->take(command, parameter->value)) return CommandFault::bad_parameter;
        twice = true;
    }
    return std::nullopt;
}

bool take_size(MailCommand& command, const ParameterValue& value)
{
    if (!value || value->size() > most_size_digits) return false;
    command.size = parse_number(*value);
    return command.size.has_value();
}

// BINARYMIME (RFC 3030 §3) is not offered, and no other value is known.
bool take_body(MailCommand& command, const ParameterValue& value)
{
    const bool eight = value && same_ignoring_case(*value, "8BITMIME");
    const bool seven = value && same_ignoring_case(*value, "7BIT");
    command.body = eight ? BodyKind::eight_bit : BodyKind::seven_bit;
    return eight || seven;
}

bool take_smtputf8(MailCommand& command, const ParameterValue& value) // RFC 6531 §3.4
{
    command.letters = Letters::utf8;
    return !value;
}

// Who first submitted it, by the word of whoever sends it: we trust nobody's, and may ignore it (RFC 4954
// §5).
bool take_submitter(MailCommand&, const ParameterValue& value)
{
    return value && (*value == "<>" || decode_xtext(*value));
}

bool take_returned(MailCommand& command, const ParameterValue& value)
{
    const bool header = value && same_ignoring_case(*value, "HDRS");
    const bool whole = value && same_ignoring_case(*value, "FULL");
    command.returned = header ? Returned::header : Returned::whole;
    return header || whole;
}

bool take_envelope_id(MailCommand& command, const ParameterValue& value)
{
    const auto id = value ? decode_xtext(*value) : std::nullopt;
    if (!id || id->size() > most_envelope_id || has_control(*id)) return false;
    if (std::ranges::any_of(*id, is_beyond_ascii)) return false;
    command.envelope_id = *id;
    return true;
}

bool take_notify(RcptCommand& command, const ParameterValue& value)
{
    struct Row {
        std::string_view word;
        bool Notify::* wanted;
    };
    constexpr std::array<Row, 3> rows{{
        {"SUCCESS", &Notify::success},
        {"FAILURE", &Notify::failure},
        {"DELAY", &Notify::delay},
    }};
    if (!value) return false;
    Notify notify;
    if (!same_ignoring_case(*value, "NEVER")) {
        for (const auto word : split(*value, ',')) {
            const auto row = std::ranges::find_if(
                rows, [&](const auto& each) { return same_ignoring_case(each.word, word); });
            if (row == rows.end() || notify.*(row->wanted)) return false;
            notify.*(row->wanted) = true;
        }
    }
    command.notify = notify;
    return true;
}

bool take_original(RcptCommand& command, const ParameterValue& value)
{
    if (!value || value->size() > most_original_recipient) return false;
    const auto semicolon = value->find(';');
    if (semicolon == std::string_view::npos) return false;
    OriginalRecipient original{.type = lower(value->substr(0, semicolon)), .address = {}};
    const auto in_type = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    if (original.type.empty() || !std::ranges::all_of(original.type, in_type)) return false;
    const auto encoded = value->substr(semicolon + 1);
    auto address = original.type == "utf-8" ? decode_utf8_xtext(encoded) : decode_xtext(encoded);
    // It ends up in a field of a report: nothing of it may end that field.
    if (!address || has_control(*address) || !is_clean_utf8(*address)) return false;
    original.address = std::move(*address);
    command.original = std::move(original);
    return true;
}

constexpr std::array<ParameterRow<MailCommand>, 6> mail_parameters{{
    {"SIZE", take_size},
    {"BODY", take_body},
    {"SMTPUTF8", take_smtputf8},
    {"AUTH", take_submitter},
    {"RET", take_returned},
    {"ENVID", take_envelope_id},
}};

constexpr std::array<ParameterRow<RcptCommand>, 2> rcpt_parameters{{
    {"NOTIFY", take_notify},
    {"ORCPT", take_original},
}};

} // namespace

std::optional<CommandFault> take_parameters(MailCommand& command, std::string_view rest)
{
    return take_all<MailCommand>(command, rest, mail_parameters);
}

std::optional<CommandFault> take_parameters(RcptCommand& command, std::string_view rest)
{
    return take_all<RcptCommand>(command, rest, rcpt_parameters);
}

} // namespace metka::wire
