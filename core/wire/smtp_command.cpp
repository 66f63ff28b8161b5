#include "core/wire/smtp_command.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/wire/smtp_parameters.h"
#include "core/wire/smtp_path.h"

namespace metka::wire {

namespace {

constexpr std::size_t most_verb = 16;
constexpr std::size_t most_chunk_digits = 20; // RFC 3030 §2

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
    const auto fault = take_parameters(command, arguments);
    if (fault) return std::unexpected(*fault);
    const bool too_wide = command.letters == Letters::ascii && !command.from.is_ascii();
    if (too_wide) return std::unexpected(CommandFault::not_ascii);
    return command;
}

std::expected<RcptCommand, CommandFault> parse_rcpt(std::string_view arguments, Letters letters)
{
    RcptCommand command;
    auto to = take_addressed(arguments, "TO:");
    if (!to) return std::unexpected(to.error());
    const bool bare_postmaster = to->domain.empty() && same_ignoring_case(to->local, "postmaster");
    if (to->domain.empty() && !bare_postmaster) return std::unexpected(CommandFault::path);
    command.to = std::move(*to);
    const auto fault = take_parameters(command, arguments);
    if (fault) return std::unexpected(*fault);
    const bool too_wide = letters == Letters::ascii && !command.to.is_ascii();
    if (too_wide) return std::unexpected(CommandFault::not_ascii);
    return command;
}

std::optional<BdatCommand> parse_bdat(std::string_view arguments)
{
    const auto digits = arguments.substr(0, arguments.find(' '));
    const auto size = digits.size() <= most_chunk_digits ? parse_number(digits) : std::nullopt;
    if (!size) return std::nullopt;
    const auto rest = without_leading_spaces(arguments.substr(digits.size()));
    if (rest.empty()) return BdatCommand{.chunk = BdatCommand::Chunk::more, .size = *size};
    if (!same_ignoring_case(rest, "LAST")) return std::nullopt;
    return BdatCommand{.chunk = BdatCommand::Chunk::last, .size = *size};
}

} // namespace metka::wire
