#include "core/domain/app_password.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/text.h"

namespace metka {

namespace {

constexpr std::size_t most_letters = 40;

struct Range {
    char32_t first, last;
};
// What is not seen, or turns what is around it: two names must not look the same, nor other than they are.
constexpr std::array<Range, 9> unseen{{
    {0x00, 0x1F},
    {0x7F, 0xA0},
    {0xAD, 0xAD},
    {0x61C, 0x61C},
    {0x2000, 0x200F},
    {0x2028, 0x202F},
    {0x205F, 0x206F},
    {0xFEFF, 0xFEFF},
    {0xE0000, 0xE0FFF},
}};

// Of well-formed UTF-8.
std::u32string letters_of(std::string_view text)
{
    std::u32string letters;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) != 0x80U) {
            const unsigned mask = byte < 0x80 ? 0x7F : byte < 0xE0 ? 0x1F : byte < 0xF0 ? 0x0F : 0x07;
            letters += static_cast<char32_t>(byte & mask);
        } else {
            letters.back() = (letters.back() << 6U) | (byte & 0x3FU);
        }
    }
    return letters;
}

bool is_unseen(char32_t letter)
{
    return std::ranges::any_of(unseen,
                               [&](Range range) { return letter >= range.first && letter <= range.last; });
}

} // namespace

Result<std::string> parse_app_password_name(std::string_view text)
{
    const auto letters = is_utf8(text) ? letters_of(text) : std::u32string();
    if (letters.empty() || letters.size() > most_letters || letters.front() == U' ' ||
        letters.back() == U' ' || std::ranges::any_of(letters, is_unseen))
        return fail(Fault::invalid,
                    "“{}” is not a name for an app password: 1 to {} letters that can be seen, no blank "
                    "first or last",
                    escaped(text, 80), most_letters);
    return std::string(text);
}

Result<void> may_add_app_password(const std::vector<std::string>& present, std::string_view name)
{
    if (std::ranges::find(present, name) != present.end())
        return fail(Fault::conflict, "there is an app password “{}” already; choose another name", name);
    if (present.size() >= most_app_passwords)
        return fail(Fault::limit, "there are {} app passwords, which is the most; remove one first",
                    present.size());
    return {};
}

} // namespace metka
