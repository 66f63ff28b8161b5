#include "cli/order.h"

#include "core/base/secret.h"

namespace metka::metkactl {

namespace {

constexpr std::int64_t request_id = 1; // a connection has one request under way at a time

// What is wrong with metka.yaml is no fault of the words that were said.
int status_of(const control::Verb& verb, const Error& error)
{
    const bool of_settings = verb.noun == "config" || verb.method() == "daemon.reload";
    const bool of_words = verb.parameter(error.field) != nullptr;
    return of_settings && error.fault == Fault::invalid && !of_words ? status::configuration
                                                                     : exit_code(error.fault);
}

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
    if (!result) return stop(status_of(verb, result.error()), result.error().text);
    return std::move(*result);
}

} // namespace metka::metkactl
