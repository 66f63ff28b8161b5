#include "core/wire/smtp_command.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "core/wire/smtp_path.h"

namespace metka::wire {

namespace {

constexpr std::size_t most_verb = 16;
constexpr std::size_t most_size_digits = 20; // RFC 1870 §4

char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

std::string_view without_leading_spaces(std::string_view text)
{
    const auto start = text.find_first_not_of(" \t");
    return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

// Takes "FROM:" or "TO:" in any case, and the spaces that some clients write behind it.
bool take_keyword(std::string_view& rest, std::string_view keyword)
{
    if (!same_ignoring_case(rest.substr(0, keyword.size()), keyword)) return false;
    rest = without_leading_spaces(rest.substr(keyword.size()));
    return true;
}

struct Parameter {
    std::string_view keyword;
    std::optional<std::string_view> value;
};

// RFC 5321 §4.1.2: esmtp-keyword ["=" esmtp-value], divided by spaces.
std::expected<Parameter, CommandFault> take_parameter(std::string_view& rest)
{
    const auto word = rest.substr(0, rest.find(' '));
    rest = without_leading_spaces(rest.substr(word.size()));
    const auto equals = word.find('=');
    Parameter parameter{.keyword = word.substr(0, equals), .value = std::nullopt};
    if (equals != std::string_view::npos) parameter.value = word.substr(equals + 1);
    const bool has_value = !parameter.value || !parameter.value->empty();
    if (parameter.keyword.empty() || !has_value || has_control(word))
        return std::unexpected(CommandFault::bad_parameter);
    return parameter;
}

using ParameterValue = std::optional<std::string_view>;

bool take_size(MailCommand& command, const ParameterValue& value)
{
    if (!value || value->size() > most_size_digits) return false;
    command.size = parse_number(*value);
    return command.size.has_value();
}

bool take_body(MailCommand& command, const ParameterValue& value)
{
    const bool eight = value && same_ignoring_case(*value, "8BITMIME");
    const bool seven = value && same_ignoring_case(*value, "7BIT");
    command.body = eight ? BodyKind::eight_bit : BodyKind::seven_bit;
    return eight || seven;
}

// Who first submitted it, by the word of whoever sends it: we trust nobody's, and may ignore it (RFC 4954
// §5).
bool take_submitter(MailCommand&, const ParameterValue& value)
{
    return value.has_value();
}

struct ParameterRow {
    std::string_view keyword;
    bool (*take)(MailCommand&, const ParameterValue&);
};

constexpr std::array<ParameterRow, 3> mail_parameters{{
    {"SIZE", take_size},
    {"BODY", take_body},
    {"AUTH", take_submitter},
}};

std::optional<CommandFault> take_mail_parameters(MailCommand& command, std::string_view rest)
{
    std::array<bool, mail_parameters.size()> seen{};
    while (!rest.empty()) {
        const auto parameter = take_parameter(rest);
        if (!parameter) return parameter.error();
        const auto row = std::ranges::find_if(mail_parameters, [&](const auto& each) {
            return same_ignoring_case(each.keyword, parameter->keyword);
        });
        if (row == mail_parameters.end()) return CommandFault::unknown_parameter;
        auto& twice = seen[static_cast<std::size_t>(row - mail_parameters.begin())];
        if (twice || !row->take(command, parameter->value)) return CommandFault::bad_parameter;
        twice = true;
    }
    return std::nullopt;
}

// The path behind `keyword`; `arguments` is left at what follows it.
std::expected<MailPath, CommandFault> take_addressed(std::string_view& arguments, std::string_view keyword)
{
    if (!take_keyword(arguments, keyword)) return std::unexpected(CommandFault::syntax);
    auto path = take_path(arguments);
    if (!path) return path;
    if (!arguments.empty() && arguments.front() != ' ') return std::unexpected(CommandFault::path);
    arguments = without_leading_spaces(arguments);
    return path;
}

} // namespace

SmtpLine split_smtp_line(std::string_view line)
{
    const auto space = line.find_first_of(" \t");
    SmtpLine split;
    split.verb = std::string(line.substr(0, std::min(space, most_verb)));
    std::ranges::transform(split.verb, split.verb.begin(), upper);
    if (space != std::string_view::npos) split.arguments = trim(line.substr(space));
    return split;
}

std::expected<MailCommand, CommandFault> parse_mail(std::string_view arguments)
{
    MailCommand command;
    auto from = take_addressed(arguments, "FROM:");
    if (!from) return std::unexpected(from.error());
    const bool half = !from->local.empty() && from->domain.empty();
    if (half) return std::unexpected(CommandFault::path);
    command.from = std::move(*from);
    const auto fault = take_mail_parameters(command, arguments);
    if (fault) return std::unexpected(*fault);
    return command;
}

std::expected<RcptCommand, CommandFault> parse_rcpt(std::string_view arguments)
{
    auto to = take_addressed(arguments, "TO:");
    if (!to) return std::unexpected(to.error());
    const bool bare_postmaster = to->domain.empty() && same_ignoring_case(to->local, "postmaster");
    if (to->domain.empty() && !bare_postmaster) return std::unexpected(CommandFault::path);
    if (!arguments.empty()) {
        const auto parameter = take_parameter(arguments);
        return std::unexpected(parameter ? CommandFault::unknown_parameter : parameter.error());
    }
    return RcptCommand{.to = std::move(*to)};
}

} // namespace metka::wire
