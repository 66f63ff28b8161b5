#include "core/control/request.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::control;

TEST_CASE("a request that metkactl makes is the request that metkad reads")
{
    const auto& verb = *verb_of("alias.add");
    const auto line = request_line(7, verb, Json(JsonObject{{"address", "a@b.pl"}, {"to", "anna"}}));
    CHECK(line == R"({"jsonrpc":"2.0","id":7,"method":"alias.add","params":{"address":"a@b.pl","to":"anna"}})"
                  "\n");
    const auto request = parse_request(std::string_view(line).substr(0, line.size() - 1));
    REQUIRE(request.has_value());
    CHECK(request->verb == &verb);
    CHECK(request->id == Json(std::int64_t{7}));
    CHECK(to_text(request->params) == R"({"address":"a@b.pl","to":"anna"})");
}

TEST_CASE("a bad request is refused with the code of JSON-RPC and the field at fault")
{
    struct Row {
        std::string_view line;
        Code code;
        std::string_view field;
        std::string_view says;
    };
    const Row rows[] = {
        {"{", Code::not_json, "", "not JSON"},
        {"[]", Code::bad_request, "", "one JSON object"},
        {R"({"id":1,"method":"version"})", Code::bad_request, "jsonrpc", "2.0"},
        {R"({"jsonrpc":2.0,"id":1,"method":"version"})", Code::bad_request, "jsonrpc", "2.0"},
        {R"({"jsonrpc":"2.0","method":"version"})", Code::bad_request, "id", "id"},
        {R"({"jsonrpc":"2.0","id":{},"method":"version"})", Code::bad_request, "id", "id"},
        {R"({"jsonrpc":"2.0","id":1})", Code::bad_request, "method", "method"},
        {R"({"jsonrpc":"2.0","id":1,"method":5})", Code::bad_request, "method", "text"},
        {R"({"jsonrpc":"2.0","id":1,"method":"version","extra":1})", Code::bad_request, "extra", "extra"},
        {R"({"jsonrpc":"2.0","id":1,"method":"version","as":5})", Code::bad_request, "as", "log-in"},
        {R"({"jsonrpc":"2.0","id":1,"method":"version","language":"de"})", Code::bad_request, "language",
         "“pl” or “en”"},
        {R"({"jsonrpc":"2.0","id":1,"method":"version","language":1})", Code::bad_request, "language",
         "“pl”"},
        {R"({"jsonrpc":"2.0","id":1,"method":"mailbox.ad"})", Code::unknown_method, "method", "mailbox.add"},
        {R"({"jsonrpc":"2.0","id":1,"method":"x","method":"version"})", Code::not_json, "", "twice"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.line);
        const auto request = parse_request(row.line);
        REQUIRE_FALSE(request.has_value());
        CHECK(request.error().code == row.code);
        CHECK(request.error().error.field == row.field);
        CHECK_MESSAGE(request.error().error.text.contains(row.says), request.error().error.text);
    }
}

TEST_CASE("a refusal keeps the id where it could be read")
{
    const auto request = parse_request(R"({"jsonrpc":"2.0","id":"x","method":"nothing"})");
    REQUIRE_FALSE(request.has_value());
    CHECK(request.error().id == Json("x"));
}

TEST_CASE("an answer comes out of its line as the result, or as the error with fault and field")
{
    const auto result = parse_answer(answer_line(Json(std::int64_t{1}), Json("yes")), 1);
    REQUIRE(result.has_value());
    CHECK(*result == Json("yes"));

    const Refusal refusal{
        Json(std::int64_t{1}), Code::refused, {Fault::limit, "“5” is the limit", "capacity"}};
    const auto refused = parse_answer(refusal_line(refusal), 1);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().fault == Fault::limit);
    CHECK(refused.error().text == "“5” is the limit");
    CHECK(refused.error().field == "capacity");
}

TEST_CASE("an answer that is none is an internal fault")
{
    for (const std::string_view line :
         {"", "x", "[]", "{}", R"({"jsonrpc":"2.0","id":2,"result":1})", R"({"jsonrpc":"2.0","id":1})",
          R"({"jsonrpc":"2.0","id":1,"error":5})"}) {
        CAPTURE(line);
        const auto answer = parse_answer(line, 1);
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().fault == Fault::internal);
    }
}

TEST_CASE("in whose place and in which language is asked stands beside the method, where it is said at all")
{
    const auto& verb = *verb_of("my.show");
    const auto line = request_line(1, verb, {}, {.as = "anna", .language = Language::english});
    CHECK(line == R"({"jsonrpc":"2.0","id":1,"method":"my.show","as":"anna","language":"en","params":null})"
                  "\n");
    const auto request = parse_request(line);
    REQUIRE(request.has_value());
    CHECK(request->as == "anna");
    CHECK(request->language == Language::english);
    const auto plain = parse_request(request_line(1, verb, {}));
    REQUIRE(plain.has_value());
    CHECK_FALSE(plain->as.has_value());
    CHECK_FALSE(plain->language.has_value());
}

TEST_CASE("progress that metkad tells is the progress that metkactl reads, and an answer is none")
{
    const Progress progress{.done = 3, .total = 12'000, .what = "mailboxes"};
    const auto line = progress_line(progress);
    CHECK(line ==
          R"({"jsonrpc":"2.0","method":"progress","params":{"done":3,"total":12000,"what":"mailboxes"}})"
          "\n");
    CHECK(parse_progress(line) == progress);
    CHECK(parse_progress(R"({"jsonrpc":"2.0","method":"progress","params":{"done":-1}})") == Progress{});
    for (const std::string_view other :
         {"", "[]", R"({"jsonrpc":"2.0","id":1,"result":{"method":"progress"}})",
          R"({"jsonrpc":"2.0","method":"other","params":{}})", R"({"method":"progress"})"})
        CHECK_FALSE(parse_progress(other).has_value());
}
