#include "core/control/request.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace metka::control {

namespace {

constexpr std::array<std::string_view, 6> request_members{"jsonrpc", "id", "method",
                                                          "params",  "as", "language"};
constexpr std::string_view progress_method = "progress";
constexpr std::size_t most_progress = 1000; // bytes of such a line: answers are not parsed twice

Refusal refuse(const Json& id, Code code, std::string_view field, std::string text)
{
    return {id, code, Error{Fault::invalid, std::move(text), std::string(field)}};
}

bool is_id(const Json* id)
{
    const bool text = id != nullptr && id->text() != nullptr && id->text()->size() <= 100;
    return text || (id != nullptr && id->number() != nullptr);
}

std::string unknown_method(std::string_view method)
{
    std::vector<std::string> methods;
    for (const auto& verb : verbs())
        methods.push_back(verb.method());
    const std::vector<std::string_view> candidates(methods.begin(), methods.end());
    const auto near = nearest(method, candidates);
    const auto hint = near ? fmt::format("; did you mean “{}”?", *near) : std::string();
    return fmt::format("there is no method “{}”{}", escaped(method, 40), hint);
}

std::unexpected<Error> refuse_answer(std::string_view why)
{
    return fail(Fault::internal, "metkad's answer makes no sense: {}", why);
}

Error error_of(const Json& error)
{
    Error read{Fault::internal, "metkad refused without saying why"};
    if (const auto* const message = error.member("message"); message != nullptr && message->text() != nullptr)
        read.text = *message->text();
    const auto* const data = error.member("data");
    if (data == nullptr) return read;
    if (const auto* const fault = data->member("fault"); fault != nullptr && fault->text() != nullptr)
        read.fault = fault_named(*fault->text()).value_or(Fault::internal);
    if (const auto* const field = data->member("field"); field != nullptr && field->text() != nullptr)
        read.field = *field->text();
    return read;
}

std::string line(JsonObject members)
{
    return to_text(Json(std::move(members))) + "\n";
}

// `as` and `language`, where they are given.
Result<Envelope> envelope_of(const Json& request)
{
    Envelope envelope;
    if (const auto* const as = request.member("as"); as != nullptr) {
        if (as->text() == nullptr)
            return fail_field("as", {Fault::invalid, "“as” must be a text: the log-in of an account"});
        envelope.as = *as->text();
    }
    if (const auto* const language = request.member("language"); language != nullptr) {
        if (language->text() != nullptr) envelope.language = language_named(*language->text());
        if (!envelope.language)
            return fail_field("language", {Fault::invalid, "“language” must be “pl” or “en”"});
    }
    return envelope;
}

std::uint64_t count_of(const Json* number)
{
    const bool counts = number != nullptr && number->number() != nullptr && *number->number() > 0;
    return counts ? static_cast<std::uint64_t>(*number->number()) : 0;
}

} // namespace

std::expected<Request, Refusal> parse_request(std::string_view text)
{
    auto json = parse_json(text);
    if (!json) return std::unexpected(refuse({}, Code::not_json, "", json.error().text));
    const auto* const given_id = json->member("id");
    const Json id = is_id(given_id) ? *given_id : Json();
    const auto bad = [&](std::string_view field, std::string why) {
        return std::unexpected(refuse(id, Code::bad_request, field, std::move(why)));
    };
    if (json->object() == nullptr) return bad("", "a request is one JSON object on one line");
    for (const auto& member : *json->object())
        if (std::ranges::find(request_members, member.name) == request_members.end())
            return bad(escaped(member.name, 40),
                       fmt::format("a request has no “{}”", escaped(member.name, 40)));
    const auto* const version = json->member("jsonrpc");
    if (version == nullptr || *version != Json("2.0")) return bad("jsonrpc", "“jsonrpc” must be “2.0”");
    if (!is_id(given_id)) return bad("id", "“id” must be a whole number, or a text of at most 100 bytes");
    const auto* const method = json->member("method");
    if (method == nullptr || method->text() == nullptr) return bad("method", "“method” must be a text");
    const auto* const verb = verb_of(*method->text());
    if (verb == nullptr)
        return std::unexpected(refuse(id, Code::unknown_method, "method", unknown_method(*method->text())));
    auto envelope = envelope_of(*json);
    if (!envelope) return bad(envelope.error().field, envelope.error().text);
    Request request{id, verb, {}, std::move(envelope->as), envelope->language};
    for (auto& member : std::get<JsonObject>(json->value))
        if (member.name == "params")
            request.params = std::move(member.value); // not copied: it may hold a password
    return request;
}

std::string request_line(std::int64_t id, const Verb& verb, Json params, const Envelope& envelope)
{
    JsonObject members{{"jsonrpc", "2.0"}, {"id", id}, {"method", verb.method()}};
    if (envelope.as) members.push_back({"as", *envelope.as});
    if (envelope.language) members.push_back({"language", name(*envelope.language)});
    members.push_back({"params", std::move(params)});
    return line(std::move(members));
}

std::string progress_line(const Progress& progress)
{
    JsonObject params{{"done", Json::count(progress.done)},
                      {"total", Json::count(progress.total)},
                      {"what", progress.what}};
    return line({{"jsonrpc", "2.0"}, {"method", progress_method}, {"params", std::move(params)}});
}

std::optional<Progress> parse_progress(std::string_view text)
{
    if (text.size() > most_progress) return std::nullopt;
    const auto json = parse_json(text);
    if (!json) return std::nullopt;
    const auto* const method = json->member("method");
    const auto* const params = json->member("params");
    if (method == nullptr || *method != Json(progress_method) || params == nullptr) return std::nullopt;
    const auto* const what = params->member("what");
    return Progress{.done = count_of(params->member("done")),
                    .total = count_of(params->member("total")),
                    .what = what != nullptr && what->text() != nullptr ? *what->text() : ""};
}

std::string answer_line(const Json& id, Json result)
{
    return line({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
}

std::string refusal_line(const Refusal& refusal)
{
    JsonObject data{{"fault", name(refusal.error.fault)}};
    if (!refusal.error.field.empty()) data.push_back({"field", refusal.error.field});
    JsonObject error{{"code", static_cast<std::int64_t>(refusal.code)},
                     {"message", refusal.error.text},
                     {"data", std::move(data)}};
    return line({{"jsonrpc", "2.0"}, {"id", refusal.id}, {"error", std::move(error)}});
}

Result<Json> parse_answer(std::string_view text, std::int64_t id)
{
    auto json = parse_json(text, {.bytes = std::size_t{64} << 20});
    if (!json) return refuse_answer(json.error().text);
    if (const auto* const error = json->member("error")) return std::unexpected(error_of(*error));
    const auto* const given_id = json->member("id");
    if (given_id == nullptr || *given_id != Json(id)) return refuse_answer("it belongs to another request");
    const auto* const result = json->member("result");
    if (result == nullptr) return refuse_answer("it holds neither a result nor an error");
    return *result;
}

} // namespace metka::control
