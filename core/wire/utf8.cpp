#include "core/wire/utf8.h"

#include "core/base/text.h"

namespace metka::wire {

bool is_clean_utf8(std::string_view text)
{
    if (!is_utf8(text)) return false;
    for (auto at = text.find('\xC2'); at != std::string_view::npos; at = text.find('\xC2', at + 1))
        if (static_cast<unsigned char>(text[at + 1]) < 0xA0) return false;
    return true;
}

bool append_utf8(std::string& text, char32_t point)
{
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point == 0 || point > 0x10FFFF || surrogate) return false;
    const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
    if (point < 0x80) {
        text += static_cast<char>(point);
    } else if (point < 0x800) {
        text += static_cast<char>(0xC0 | (point >> 6));
    } else if (point < 0x10000) {
        text += static_cast<char>(0xE0 | (point >> 12));
        tail(6);
    } else {
        text += static_cast<char>(0xF0 | (point >> 18));
        tail(12);
        tail(6);
    }
    if (point >= 0x80) tail(0);
    return true;
}

} // namespace metka::wire
