#include "core/base/phrase.h"

#include <fmt/args.h>

namespace metka {

namespace {

std::string filled(std::string_view format, const std::vector<std::string>& values)
{
    fmt::dynamic_format_arg_store<fmt::format_context> store;
    for (const auto& value : values)
        store.push_back(value);
    return fmt::vformat(fmt::string_view(format.data(), format.size()), store);
}

} // namespace

std::string Phrase::in(std::string_view translation) const
{
    try {
        return filled(translation, values);
    } catch (const fmt::format_error&) {
        return translation == format ? std::string(format) : text();
    }
}

} // namespace metka
