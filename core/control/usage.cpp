#include <array>

#include <fmt/format.h>

#include "core/control/verbs.h"

namespace metka::control {

namespace {

constexpr std::array<std::string_view, 25> placeholders{
    "ADDRESS",
    "CONTACT",
    "DOMAIN",
    "NAME",
    "LOGIN",
    "ADDRESS|LOGIN",
    "SIZE",
    "DATE",
    "TEXT",
    "NUMBER",
    "PERCENT",
    "NUMBER|plan",
    "DAYS|plan",
    "DOMAIN|none",
    "NAME",
    "PLAN",
    "KEY|GENERATION",
    "GENERATION",
    "CODE",
    "NAME",
    "ADDRESS|LOGIN|IP|NETWORK",
    "FILE",
    "",
    "",
    "",
};

std::string usage_of(const Parameter& parameter)
{
    if (!parameter.is_said()) return "";
    if (parameter.need == Need::optional_key) return fmt::format(" [{}]", placeholder(parameter));
    if (parameter.is_key() || parameter.type == Type::objects) return " " + placeholder(parameter);
    std::string form = parameter.flag();
    if (parameter.type == Type::password)
        form = "--password-stdin|--generate";
    else if (parameter.type != Type::flag)
        form += " " + placeholder(parameter);
    return parameter.need == Need::required ? " " + form : " [" + form + "]";
}

} // namespace

std::string Parameter::flag() const
{
    std::string flag = "--";
    for (const char c : word.empty() ? name : word)
        flag += c == '_' ? '-' : c;
    return flag;
}

bool Parameter::is_said() const
{
    return type != Type::password || name != "current";
}

std::string placeholder(const Parameter& parameter)
{
    if (parameter.type == Type::choice) return fmt::format("{}", fmt::join(parameter.choices, "|"));
    return std::string(placeholders[static_cast<std::size_t>(parameter.type)]);
}

std::string usage(const Verb& verb)
{
    auto line = fmt::format("metkactl {}", verb.words());
    for (const auto& parameter : verb.parameters)
        line += usage_of(parameter);
    return line;
}

} // namespace metka::control
