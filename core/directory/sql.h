#pragma once
// The text of a statement: a literal of the program, or several joined by the compiler. There is no way from
// a value to a text, so nothing can be pasted into one.
//
//     constexpr auto by_name = sqlite::joined<"SELECT id FROM domain", " WHERE name = $1">;

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace metka::sqlite {

template <std::size_t Size>
struct Literal {
    consteval Literal(const char (&literal)[Size]) { std::copy_n(literal, Size, text.begin()); }
    std::array<char, Size> text{};
};

class Sql {
  public:
    template <std::size_t Size>
    consteval Sql(const char (&literal)[Size]) : text_(literal, Size - 1)
    {
    }
    template <std::size_t Size>
    consteval explicit Sql(const std::array<char, Size>& joined) : text_(joined.data(), Size - 1)
    {
    }
    constexpr std::string_view text() const { return text_; } // followed by a NUL

  private:
    std::string_view text_;
};

template <Literal... parts>
struct Joined {
    static consteval auto join()
    {
        std::array<char, (0 + ... + (parts.text.size() - 1)) + 1> text{};
        auto end = text.begin();
        ((end = std::copy_n(parts.text.begin(), parts.text.size() - 1, end)), ...);
        return text;
    }
    static constexpr auto whole = join();
};

template <Literal... parts>
inline constexpr Sql joined{Joined<parts...>::whole};

} // namespace metka::sqlite
