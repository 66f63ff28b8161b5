#include "core/language/catalogue.h"

#include <cstdint>
#include <cstring>

namespace metka::language {

namespace {

// GNU gettext manual, "The Format of GNU MO Files": magic, revision, how many, where the table of the
// originals is, where that of the translations; a table has the length and the place of each text.
constexpr std::uint32_t magic = 0x950412de;

std::uint32_t number_at(std::string_view file, std::size_t place)
{
    std::uint32_t number = 0;
    if (file.size() < sizeof number || place > file.size() - sizeof number) return 0;
    std::memcpy(&number, file.data() + place, sizeof number);
    return number;
}

std::string_view text_at(std::string_view file, std::size_t row)
{
    const std::size_t length = number_at(file, row);
    const std::size_t place = number_at(file, row + 4);
    if (place > file.size() || length > file.size() - place) return {};
    return file.substr(place, length);
}

// Forms stand one behind another, each but the last with a NUL after it.
std::optional<std::string_view> form_of(std::string_view forms, std::size_t form)
{
    for (; form > 0; --form) {
        const auto end = forms.find('\0');
        if (end == std::string_view::npos) return std::nullopt;
        forms.remove_prefix(end + 1);
    }
    return forms.substr(0, forms.find('\0'));
}

} // namespace

Catalogue::Catalogue(std::string_view file)
{
    if (number_at(file, 0) != magic) return;
    const std::size_t count = number_at(file, 8);
    const std::size_t originals = number_at(file, 12);
    const std::size_t translations = number_at(file, 16);
    if (count > file.size() / 16) return;
    for (std::size_t i = 0; i < count; ++i) {
        const auto original = text_at(file, originals + 8 * i);
        texts_.emplace(original.substr(0, original.find('\0')), text_at(file, translations + 8 * i));
    }
}

std::optional<std::string_view> Catalogue::find(std::string_view text) const
{
    return find(text, 0);
}

std::optional<std::string_view> Catalogue::find(std::string_view one, std::size_t form) const
{
    if (one.empty()) return std::nullopt; // the catalogue's own header
    const auto found = texts_.find(one);
    if (found == texts_.end()) return std::nullopt;
    return form_of(found->second, form);
}

} // namespace metka::language
