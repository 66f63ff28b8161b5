#pragma once
// Tables for terminals, by libsmartcols.

#include <span>
#include <string>
#include <string_view>

#include "cli/show.h"

namespace metka::metkactl {

std::string heading(std::string_view field, Language language); // "valid_until" -> "valid until"
std::string table(std::span<const control::Field> fields, const control::JsonArray& rows, Style style);

} // namespace metka::metkactl
