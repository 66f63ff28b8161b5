// Any bytes as the name of a file in new/ or cur/: whatever they claim, the uid is fit for POP3 and stays
// while flags change, and what we name ourselves reads back as it was.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/maildir/message_name.h"

namespace {

using namespace metka;
using namespace metka::maildir;

void require(bool holds)
{
    if (!holds) std::abort();
}

// ",S=0012" somewhere behind the base, as a part of its own.
bool has_claim(std::string_view key, std::string_view letter, std::uint64_t number)
{
    const auto parts = split(key, ',');
    return std::any_of(parts.begin() + 1, parts.end(), [&](std::string_view part) {
        if (!part.starts_with(letter)) return false;
        return parse_number(part.substr(letter.size())) == number;
    });
}

std::string uid_of(const MessageName& name)
{
    return has_fit_base(name) ? std::string(name.base) : hashed_uid(name.key);
}

void check_any_name(const std::string& file)
{
    const auto name = parse_message_name(file);
    require(file.starts_with(name.key));
    require(name.key.starts_with(name.base));
    require(!name.size || *name.size <= INT64_MAX);
    require(!name.octets || *name.octets <= INT64_MAX);
    for (const auto& [letter, claim] : {std::pair{"S=", name.size}, std::pair{"W=", name.octets}})
        require(!claim || has_claim(name.key, letter, *claim));

    const auto uid = uid_of(name);
    require(!uid.empty() && uid.size() <= 70);
    require(std::ranges::all_of(uid, [](char c) { return c >= 0x21 && c <= 0x7E; }));

    if (name.key.empty() || name.key.starts_with(':')) return;
    const auto flagged = std::string(name.key) + ":2,FRS";
    require(uid_of(parse_message_name(flagged)) == uid);
    require(parse_message_name(flagged).key == name.key);
}

void check_own_name(const std::uint8_t* bytes, std::size_t size)
{
    struct {
        std::uint32_t seconds;
        std::uint32_t octets;
        std::uint32_t lines;
        std::array<std::uint8_t, 16> id;
    } parts{};
    std::memcpy(&parts, bytes, std::min(size, sizeof parts));
    const MessageId id(Id::from_bytes(parts.id));
    const auto file = make_message_name(from_unix_ms(std::int64_t{parts.seconds} * 1000), id,
                                        {.size = {parts.octets}, .lines = parts.lines});
    const auto name = parse_message_name(file);
    require(name.seconds == parts.seconds);
    require(name.size == parts.octets);
    require(name.octets == std::uint64_t{parts.octets} + parts.lines);
    require(uid_of(name) == name.base);
    require(file.size() < 255);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    check_any_name(std::string(reinterpret_cast<const char*>(bytes), size));
    check_own_name(bytes, size);
    return 0;
}
