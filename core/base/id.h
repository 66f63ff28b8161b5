#pragma once
// 128-bit ids, time-ordered (UUID version 7, RFC 9562 §5.7), made before the write, so that every write can
// be repeated. IdOf<T> keeps a customer's id from being used as an inbox's.

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace metka {

class Id {
  public:
    Id() = default;
    static Id make(Instant now);                   // the rest from getrandom(2)
    static Result<Id> parse(std::string_view hex); // 32 hex digits
    static Id from_bytes(const std::array<std::uint8_t, 16>& bytes);

    std::string hex() const;       // 32 lower-case hex digits
    std::string last_byte() const; // 2 hex digits: the folder it is kept in, evenly spread
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    bool empty() const { return *this == Id{}; }
    auto operator<=>(const Id&) const = default;

  private:
    std::array<std::uint8_t, 16> bytes_{};
};

template <class Of>
class IdOf : public Id {
  public:
    IdOf() = default;
    explicit IdOf(const Id& id) : Id(id) {}
    static IdOf make(Instant now) { return IdOf(Id::make(now)); }
};

} // namespace metka

template <>
struct std::hash<metka::Id> {
    std::size_t operator()(const metka::Id& id) const noexcept;
};

template <class Of>
struct std::hash<metka::IdOf<Of>> {
    std::size_t operator()(const metka::IdOf<Of>& id) const noexcept { return std::hash<metka::Id>{}(id); }
};
