#include "core/base/receipt.h"

#include "core/base/id.h"
#include "core/base/text.h"

namespace metka {

namespace {

// Without 0 and O, 1 and I.
constexpr std::string_view letters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr unsigned bits_of_letter = 5;
constexpr unsigned length = 8;
constexpr std::uint64_t all_bits = (std::uint64_t{1} << (bits_of_letter * length)) - 1;

static_assert(letters.size() == 1U << bits_of_letter);

constexpr char in_capitals(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

} // namespace

ReceiptCode ReceiptCode::make()
{
    const auto id = Id::make({});
    std::uint64_t bits = 0;
    for (std::size_t i = 9; i < id.bytes().size(); ++i) // behind the time and the two marks of an id
        bits = bits << 8 | id.bytes()[i];
    return of_bits(bits);
}

ReceiptCode ReceiptCode::of_bits(std::uint64_t bits)
{
    return ReceiptCode(bits & all_bits);
}

Result<ReceiptCode> ReceiptCode::parse(std::string_view text)
{
    std::uint64_t bits = 0;
    unsigned read = 0;
    auto rest = text;
    if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
    for (const char c : rest) {
        if (c == '-' && read == length / 2) continue;
        const auto letter = letters.find(in_capitals(c));
        if (letter == std::string_view::npos || ++read > length) {
            read = 0;
            break;
        }
        bits = bits << bits_of_letter | letter;
    }
    if (read == length) return ReceiptCode(bits);
    return fail(Fault::invalid,
                "“{}” is not the code of a refusal; it stands in brackets at the end of the reply, like "
                "K7Q2-M3TX",
                escaped(text, 40));
}

std::string ReceiptCode::text() const
{
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        if (i == length / 2) text += '-';
        text += letters[bits_ >> (bits_of_letter * (length - 1 - i)) & (letters.size() - 1)];
    }
    return text;
}

} // namespace metka
