#pragma once
// JSON-RPC 2.0, one object a line, as metkactl and metkad speak it. No batches: every request has an id and
// gets one answer. Before the answer of a verb that sweeps, metkad may send notifications of its progress.
// Both directions of both sides are here.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/control/json.h"
#include "core/control/verbs.h"
#include "core/domain/objects.h"

namespace metka::control {

// What a request says beside its method and parameters.
struct Envelope {
    std::optional<std::string> as;    // a log-in, whose rights alone count then; for administrators
    std::optional<Language> language; // what the answer of a `my` verb is written in
};

// A request as it came: its method is in the table, its parameters are not read yet (arguments.h), since who
// may ask is looked at first.
struct Request {
    Json id; // a text or a whole number
    const Verb* verb = nullptr;
    Json params;
    std::optional<std::string> as = {};
    std::optional<Language> language = {};
};

// How far a verb that sweeps has come.
struct Progress {
    std::uint64_t done = 0;
    std::uint64_t total = 0; // 0: nobody knows yet
    std::string what;        // a few words: “mailboxes”

    bool operator==(const Progress&) const = default;
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
std::string request_line(std::int64_t id, const Verb& verb, Json params, const Envelope& envelope = {});
std::string progress_line(const Progress& progress);
std::string answer_line(const Json& id, Json result);
std::string refusal_line(const Refusal& refusal);

// Of a line that metkad sent: nothing if it is no notification of progress.
std::optional<Progress> parse_progress(std::string_view line);

// What metkactl reads: the result, or the error with its fault and field. An answer to another id, or none at
// all by its form, is internal.
Result<Json> parse_answer(std::string_view line, std::int64_t id);

} // namespace metka::control
