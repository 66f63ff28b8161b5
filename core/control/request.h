#pragma once
// JSON-RPC 2.0, one object a line, as metkactl and metkad speak it. No batches, no notifications: every
// request has an id and gets one answer. Both directions of both sides are here.

#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "core/control/json.h"
#include "core/control/verbs.h"

namespace metka::control {

// A request as it came: its method is in the table, its parameters are not read yet (arguments.h), since who
// may ask is looked at first.
struct Request {
    Json id; // a text or a whole number
    const Verb* verb = nullptr;
    Json params;
};

// JSON-RPC 2.0 §5.1. What a handler refuses has its Fault in `data.fault`, and always this code.
enum class Code {
    not_json = -32700,
    bad_request = -32600,
    unknown_method = -32601,
    bad_params = -32602,
    refused = -32000,
};

struct Refusal {
    Json id; // null where the request's could not be read
    Code code = Code::refused;
    Error error;
};

std::expected<Request, Refusal> parse_request(std::string_view line);

// One line with its LF.
std::string request_line(std::int64_t id, const Verb& verb, Json params);
std::string answer_line(const Json& id, Json result);
std::string refusal_line(const Refusal& refusal);

// What metkactl reads: the result, or the error with its fault and field. An answer to another id, or none at
// all by its form, is internal.
Result<Json> parse_answer(std::string_view line, std::int64_t id);

} // namespace metka::control
