#pragma once
// A compiled gettext catalogue (.mo) in memory, made by msgfmt(1) from one of ours.

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace metka::language {

class Catalogue {
  public:
    // `file` outlives the catalogue. What is no catalogue of this machine's byte order is an empty one.
    explicit Catalogue(std::string_view file);

    std::optional<std::string_view> find(std::string_view text) const;
    // Of a text with a plural: the form with this number, counted from 0.
    std::optional<std::string_view> find(std::string_view one, std::size_t form) const;

  private:
    std::unordered_map<std::string_view, std::string_view> texts_; // by the singular, to all forms
};

std::string_view polish_catalogue(); // generated when Metka is built

} // namespace metka::language
