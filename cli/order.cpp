#include "cli/order.h"

#include "core/base/secret.h"

namespace metka::metkactl {

namespace {

constexpr std::int64_t request_id = 1; // a connection has one request under way at a time

} // namespace

control::Envelope envelope_of(const CommandLine& line, Language user)
{
    return {.as = line.as, .language = user};
}

Outcome<control::Json> order(Connection& connection, const control::Verb& verb, control::JsonObject params,
                             const control::Envelope& envelope, const Told& told)
{
    auto request = control::request_line(request_id, verb, control::Json(std::move(params)), envelope);
    const auto answer = connection.ask(request, told);
    wipe(request); // it may hold a password
    if (!answer) return std::unexpected(answer.error());
    auto result = control::parse_answer(*answer, request_id);
    if (!result) return stop(exit_code(result.error().fault), result.error().text);
    return std::move(*result);
}

} // namespace metka::metkactl
