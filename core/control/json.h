#pragma once
// JSON values (RFC 8259) as the control socket carries them: one door to Poco::JSON, with the checks it
// lacks.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"

namespace metka::control {

struct Json;
struct Member;
using JsonArray = std::vector<Json>;
using JsonObject = std::vector<Member>; // in the order of its text, no name twice

struct Json {
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, JsonArray, JsonObject> value;

    Json(); // null
    Json(bool truth);
    Json(std::int64_t number);
    Json(std::string text);
    Json(std::string_view text);
    Json(const char* text);
    Json(JsonArray array);
    Json(JsonObject object);
    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(const Json&);
    Json& operator=(Json&&) noexcept;
    ~Json();

    // Sizes and counts from elsewhere; beyond 2^63-1 they stay there.
    static Json count(std::uint64_t);

    bool is_null() const;
    const bool* truth() const;
    const std::int64_t* number() const;
    const std::string* text() const;
    const JsonArray* array() const;
    const JsonObject* object() const;
    const Json* member(std::string_view name) const; // none: not an object, or not in it

    bool operator==(const Json&) const;
};

struct Member {
    std::string name;
    Json value;
    bool operator==(const Member&) const = default;
};

struct JsonLimits {
    std::size_t bytes = std::size_t{1} << 20;
    std::size_t depth = 16;
};

// One value and nothing after it. Refused (invalid) besides broken grammar: bytes that are not UTF-8, a name
// twice in one object, what goes beyond the limits, and U+0000 in a text.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

std::string to_text(const Json&); // on one line

} // namespace metka::control
