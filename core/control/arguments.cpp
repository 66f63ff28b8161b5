#include "core/control/arguments.h"

#include <algorithm>
#include <array>

#include "core/base/receipt.h"
#include "core/base/text.h"
#include "core/domain/app_password.h"
#include "core/domain/date.h"
#include "core/domain/objects.h"

namespace metka::control {

namespace {

template <class T>
Result<Value> as_value(Result<T> parsed)
{
    if (!parsed) return pass(parsed);
    return Value(std::move(*parsed));
}

Result<Value> read_address(const Parameter&, const std::string& text)
{
    return as_value(Address::parse(text));
}

// Mail for people who may live anywhere: enough is checked to catch a slip, not to judge foreign local parts.
Result<Value> read_contact(const Parameter&, const std::string& text)
{
    const auto at = text.rfind('@');
    const bool plain = !has_control(text) && !text.contains(' ') && text.size() <= 254;
    if (at == std::string::npos || at == 0 || !plain || text.find('@') != at)
        return fail(Fault::invalid, "“{}” is not an address: write it like name@example.org",
                    escaped(text, 80));
    const auto domain = DomainName::parse(std::string_view(text).substr(at + 1));
    if (!domain) return pass(domain);
    return Value(text);
}

Result<Value> read_domain(const Parameter&, const std::string& text)
{
    return as_value(DomainName::parse(text));
}

Result<Value> read_name(const Parameter&, const std::string& text)
{
    return as_value(parse_name(text, "customer"));
}

Result<Value> read_login(const Parameter&, const std::string& text)
{
    return as_value(parse_name(text, "shell account"));
}

Result<Value> read_inbox(const Parameter&, const std::string& text)
{
    if (text.contains('@')) {
        auto address = Address::parse(text);
        if (!address) return pass(address);
        return Value(InboxName(std::move(*address)));
    }
    auto login = parse_name(text, "shell account");
    if (!login) return pass(login);
    return Value(InboxName(std::move(*login)));
}

Result<Value> read_capacity(const Parameter&, const std::string& text)
{
    auto capacity = parse_capacity(text);
    if (!capacity) return pass(capacity);
    return Value(*capacity);
}

Result<Value> read_date(const Parameter&, const std::string& text)
{
    if (text == "none") return Value(DateText{text});
    const Date any_day(std::chrono::year(2000) / 1 / 1);
    const auto date = Date::parse(text, any_day);
    if (!date) return pass(date);
    return Value(DateText{text});
}

Result<Value> read_text(const Parameter&, const std::string& text)
{
    return as_value(parse_title(text));
}

Result<Value> read_number(const Parameter&, const std::string& text)
{
    const auto number = parse_number(text);
    if (!number) return fail(Fault::invalid, "“{}” is not a whole number", escaped(text, 40));
    return Value(*number);
}

Result<Value> read_generation(const Parameter&, const std::string& text)
{
    const auto number = parse_number(text);
    if (!number || *number == 0)
        return fail(Fault::invalid,
                    "“{}” is not the number of a generation; `metkactl config history` has them",
                    escaped(text, 40));
    return Value(*number);
}

Result<Value> read_receipt(const Parameter&, const std::string& text)
{
    const auto code = ReceiptCode::parse(text);
    if (!code) return pass(code);
    return Value(code->text());
}

Result<Value> read_password_name(const Parameter&, const std::string& text)
{
    return as_value(parse_app_password_name(text));
}

Result<Value> read_percent(const Parameter&, const std::string& text)
{
    const auto number =
        parse_number(text.ends_with('%') ? std::string_view(text).substr(0, text.size() - 1) : text);
    if (!number || *number > 1000)
        return fail(Fault::invalid, "“{}” is not a percentage; write it like 90%", escaped(text, 40));
    return Value(*number);
}

Result<Value> read_override_number(const Parameter&, const std::string& text)
{
    constexpr std::uint64_t most = 100'000;
    if (text == "plan") return Value(NumberOverride{});
    const auto number = parse_number(text);
    if (!number || *number > most)
        return fail(Fault::invalid, "“{}” is neither a number of at most {} nor “plan”", escaped(text, 40),
                    most);
    return Value(NumberOverride{*number});
}

Result<Value> read_override_days(const Parameter&, const std::string& text)
{
    if (text == "plan") return Value(DaysOverride{});
    auto days = parse_notice_days(text);
    if (!days) return pass(days);
    return Value(DaysOverride{std::move(*days)});
}

Result<Value> read_override_domain(const Parameter&, const std::string& text)
{
    if (text == "none") return Value(DomainOverride{});
    auto name = DomainName::parse(text);
    if (!name) return pass(name);
    return Value(DomainOverride{std::move(*name)});
}

Result<Value> read_local_name(const Parameter&, const std::string& text)
{
    const auto address = Address::parse(text + "@example.org");
    if (!address || text.contains('@'))
        return fail(Fault::invalid, "“{}” is not a name in the host domain: 1 to 64 of a-z 0-9 . _ -",
                    escaped(text, 40));
    return Value(address->local());
}

Result<Value> read_plan(const Parameter&, const std::string& text)
{
    return as_value(parse_name(text, "plan"));
}

Result<Value> read_choice(const Parameter& parameter, const std::string& text)
{
    if (std::ranges::find(parameter.choices, text) != parameter.choices.end()) return Value(text);
    return fail(Fault::invalid, "“{}” is not one of {}", escaped(text, 40),
                fmt::format("{}", fmt::join(parameter.choices, ", ")));
}

Result<Value> read_password(const Parameter& parameter, const std::string& text)
{
    const auto most = parameter.is_said() ? most_new_password : most_current_password;
    if (text.empty() || text.size() > most || has_control(text))
        return fail(Fault::invalid, "a password has 1 to {} bytes and no control characters", most);
    return Value(Secret(text));
}

using Reader = Result<Value> (*)(const Parameter&, const std::string&);
constexpr std::array<Reader, 25> readers{
    read_address,
    read_contact,
    read_domain,
    read_name,
    read_login,
    read_inbox,
    read_capacity,
    read_date,
    read_text,
    read_number,
    read_percent,
    read_override_number,
    read_override_days,
    read_override_domain,
    read_local_name,
    read_plan,
    read_text, // a setting
    read_generation,
    read_receipt,
    read_password_name,
    read_text, // a guesser
    nullptr,
    read_choice,
    nullptr,
    read_password, // the two are no texts
};

bool takes_number(Type type)
{
    return type == Type::number || type == Type::percent || type == Type::override_number ||
           type == Type::generation;
}

Result<Value> read_value(const Parameter& parameter, const Json& json)
{
    if (parameter.type == Type::flag) {
        if (const auto* const truth = json.truth()) return Value(*truth);
        return fail(Fault::invalid, "“{}” must be true or false", parameter.name);
    }
    if (parameter.type == Type::capacity) {
        if (const auto* const number = json.number(); number != nullptr && *number >= 0)
            return Value(Capacity(Bytes{static_cast<std::uint64_t>(*number)}));
        if (json.is_null()) return Value(Capacity());
    }
    if (parameter.type == Type::objects) {
        if (json.array() == nullptr)
            return fail(Fault::invalid, "“{}” must be a list of objects", parameter.name);
        return Value(json);
    }
    if (const auto* const number = json.number();
        number != nullptr && *number >= 0 && takes_number(parameter.type))
        return readers[static_cast<std::size_t>(parameter.type)](parameter, fmt::to_string(*number));
    const auto* const text = json.text();
    if (text == nullptr) return fail(Fault::invalid, "“{}” must be a text", parameter.name);
    return readers[static_cast<std::size_t>(parameter.type)](parameter, *text);
}

std::unexpected<Error> refuse_unknown(const Verb& verb, std::string_view name)
{
    std::vector<std::string_view> known;
    for (const auto& parameter : verb.parameters)
        known.push_back(parameter.name);
    const auto near = nearest(name, known);
    const auto hint = near ? fmt::format("; did you mean “{}”?", *near) : std::string();
    const auto refused =
        fail(Fault::invalid, "{} has no parameter “{}”{}", verb.method(), escaped(name, 40), hint);
    return fail_field(name.empty() ? "params" : escaped(name, 40), refused.error());
}

// A dry run makes no account, so it needs no password.
bool is_missing(const Parameter& parameter, const Arguments& arguments)
{
    if (parameter.is_optional() || arguments.has(parameter.name)) return false;
    return parameter.type != Type::password || !arguments.flag("dry_run");
}

void wipe_texts(Json& params)
{
    if (auto* const members = std::get_if<JsonObject>(&params.value))
        for (auto& member : *members)
            if (auto* const text = std::get_if<std::string>(&member.value.value)) wipe(*text);
}

} // namespace

Result<Arguments> Arguments::read(const Verb& verb, Json params, Passwords passwords)
{
    Arguments arguments;
    const auto* const members = params.object();
    if (members == nullptr && !params.is_null())
        return fail_field("params",
                          fail(Fault::invalid, "“params” must be an object with named parameters").error());
    static const JsonObject none;
    for (const auto& [name, json] : members != nullptr ? *members : none) {
        const auto* const parameter = verb.parameter(name);
        if (parameter == nullptr) return refuse_unknown(verb, name);
        auto value = read_value(*parameter, json);
        if (!value) return fail_field(name, value.error());
        arguments.values_.insert_or_assign(name, std::move(*value));
    }
    wipe_texts(params);
    for (const auto& parameter : verb.parameters)
        if (is_missing(parameter, arguments) &&
            (parameter.type != Type::password || passwords == Passwords::here))
            return fail_field(parameter.name,
                              fail(Fault::invalid, "{} needs “{}”", verb.method(), parameter.name).error());
    return arguments;
}

bool Arguments::flag(std::string_view name) const
{
    const auto* const truth = find<bool>(name);
    return truth != nullptr && *truth;
}

Secret Arguments::take_secret(std::string_view name)
{
    const auto found = values_.find(name);
    if (found == values_.end()) return {};
    return std::move(std::get<Secret>(found->second));
}

} // namespace metka::control
