#include "core/control/json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include "core/base/bytes.h"
#include "core/base/text.h"

namespace metka::control {

namespace {

// Thrown through Poco's parser by our handler, and caught at the door below.
struct Refused {
    std::string why;
};

// Builds our values out of Poco's events; what Poco lets pass, it refuses.
class Builder final : public Poco::JSON::Handler {
  public:
    explicit Builder(JsonLimits limits) : limits_(limits) {}

    void reset() override {}
    void startObject() override { open(Json(JsonObject{})); }
    void endObject() override { close(); }
    void startArray() override { open(Json(JsonArray{})); }
    void endArray() override { close(); }
    void null() override { add(Json()); }
    void value(int number) override { add(Json(std::int64_t{number})); }
    void value(unsigned number) override { add(Json(std::int64_t{number})); }
    void value(Poco::Int64 number) override { add(Json(static_cast<std::int64_t>(number))); }
    void value(Poco::UInt64) override { throw Refused{"a number in it is too large"}; }
    void value(const std::string& text) override
    {
        check(text);
        add(Json(text));
    }
    void value(double number) override
    {
        if (!std::isfinite(number)) throw Refused{"a number in it is too large"};
        Json json;
        json.value = number;
        add(std::move(json));
    }
    void value(bool truth) override { add(Json(truth)); }
    void key(const std::string& name) override
    {
        check(name);
        if (open_.back().json.member(name) != nullptr)
            throw Refused{fmt::format("“{}” is given twice", escaped(name, 40))};
        open_.back().key = name;
    }

    Result<Json> finish()
    {
        if (!whole_ || !open_.empty()) return fail(Fault::invalid, "that is not JSON: it ends too early");
        return std::move(*whole_);
    }

  private:
    struct Open {
        Json json;
        std::string key = {};
    };

    // \u0000 would cut a name short in C libraries; half a surrogate pair is no text at all.
    static void check(std::string_view text)
    {
        if (text.contains('\0')) throw Refused{"a text in it contains U+0000"};
        if (!is_utf8(text)) throw Refused{"a text in it is not Unicode"};
    }
    void open(Json json)
    {
        if (open_.size() >= limits_.depth)
            throw Refused{fmt::format("it is nested more than {} deep", limits_.depth)};
        open_.push_back({std::move(json)});
    }
    void close()
    {
        Json json = std::move(open_.back().json);
        open_.pop_back();
        add(std::move(json));
    }
    void add(Json json)
    {
        if (open_.empty()) {
            whole_ = std::move(json);
            return;
        }
        auto& in = open_.back();
        if (auto* const array = std::get_if<JsonArray>(&in.json.value))
            array->push_back(std::move(json));
        else
            std::get<JsonObject>(in.json.value).push_back({std::move(in.key), std::move(json)});
    }

    JsonLimits limits_;
    std::vector<Open> open_;
    std::optional<Json> whole_;
};

void write(std::string& out, const Json& json);

void write_text(std::string& out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    out += '"';
}

void write_array(std::string& out, const JsonArray& array)
{
    out += '[';
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i > 0) out += ',';
        write(out, array[i]);
    }
    out += ']';
}

void write_object(std::string& out, const JsonObject& object)
{
    out += '{';
    for (std::size_t i = 0; i < object.size(); ++i) {
        if (i > 0) out += ',';
        write_text(out, object[i].name);
        out += ':';
        write(out, object[i].value);
    }
    out += '}';
}

void write(std::string& out, const Json& json)
{
    if (const auto* const truth = json.truth())
        out += *truth ? "true" : "false";
    else if (const auto* const number = json.number())
        out += fmt::to_string(*number);
    else if (const auto* const real = std::get_if<double>(&json.value))
        out += fmt::to_string(*real);
    else if (const auto* const text = json.text())
        write_text(out, *text);
    else if (const auto* const array = json.array())
        write_array(out, *array);
    else if (const auto* const object = json.object())
        write_object(out, *object);
    else
        out += "null";
}

} // namespace

// Here and not in the header, where Member is not complete yet.
Json::Json() : value(nullptr) {}
Json::Json(bool truth) : value(truth) {}
Json::Json(std::int64_t number) : value(number) {}
Json::Json(std::string text) : value(std::move(text)) {}
Json::Json(std::string_view text) : value(std::string(text)) {}
Json::Json(const char* text) : value(std::string(text)) {}
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;
Json::Json(JsonArray array) : value(std::move(array)) {}
Json::Json(JsonObject object) : value(std::move(object)) {}

bool Json::is_null() const
{
    return std::holds_alternative<std::nullptr_t>(value);
}

const bool* Json::truth() const
{
    return std::get_if<bool>(&value);
}

const std::int64_t* Json::number() const
{
    return std::get_if<std::int64_t>(&value);
}

const std::string* Json::text() const
{
    return std::get_if<std::string>(&value);
}

const JsonArray* Json::array() const
{
    return std::get_if<JsonArray>(&value);
}

const JsonObject* Json::object() const
{
    return std::get_if<JsonObject>(&value);
}

Json Json::count(std::uint64_t number)
{
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    return Json(static_cast<std::int64_t>(std::min(number, most)));
}

const Json* Json::member(std::string_view name) const
{
    const auto* const members = object();
    if (members == nullptr) return nullptr;
    const auto found = std::ranges::find(*members, name, &Member::name);
    return found == members->end() ? nullptr : &found->value;
}

bool Json::operator==(const Json&) const = default;

Result<Json> parse_json(std::string_view text, JsonLimits limits)
{
    if (text.size() > limits.bytes)
        return fail(Fault::invalid, "it is longer than {}", Bytes{limits.bytes}.show());
    if (!is_utf8(text)) return fail(Fault::invalid, "that is not JSON: it is not UTF-8");
    try {
        Poco::SharedPtr<Builder> builder(new Builder(limits));
        Poco::JSON::Parser parser(builder);
        parser.setAllowNullByte(false); // it would cut names at one before we see them
        parser.setDepth(limits.depth + 1);
        parser.parse(std::string(text));
        return builder->finish();
    } catch (const Refused& refused) {
        return fail(Fault::invalid, "{}", refused.why);
    } catch (const Poco::Exception& fault) {
        return fail(Fault::invalid, "that is not JSON: {}", escaped(fault.message(), 120));
    }
}

std::string to_text(const Json& json)
{
    std::string out;
    write(out, json);
    return out;
}

} // namespace metka::control
