#include "daemon/auth/kept_hash.h"

#include <algorithm>
#include <array>
#include <string>

#include <crypt.h>

#include "core/base/text.h"
#include "core/login/protocol.h"

namespace metka::auth {

namespace {

constexpr std::uint64_t most_bcrypt_cost = 14;
constexpr std::uint64_t most_rounds = 500'000;

enum class Family { yescrypt, bcrypt, sha };
struct Row {
    std::string_view prefix;
    Family family;
    std::size_t digest; // characters after the last $
};
constexpr std::array<Row, 7> rows{{
    {"$y$", Family::yescrypt, 43},
    {"$gy$", Family::yescrypt, 43},
    {"$2a$", Family::bcrypt, 53},
    {"$2b$", Family::bcrypt, 53},
    {"$2y$", Family::bcrypt, 53},
    {"$6$", Family::sha, 86},
    {"$5$", Family::sha, 43},
}};

bool is_plain(std::string_view text)
{
    constexpr std::string_view others = "./$=";
    return std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               others.contains(c);
    });
}

bool is_cheap_enough(Family family, std::string_view parameters)
{
    constexpr std::string_view rounds = "rounds=";
    const auto first = parameters.substr(0, parameters.find('$'));
    if (family == Family::bcrypt)
        return parse_number(first).value_or(most_bcrypt_cost + 1) <= most_bcrypt_cost;
    if (family == Family::sha && first.starts_with(rounds))
        return parse_number(first.substr(rounds.size())).value_or(most_rounds + 1) <= most_rounds;
    // Of yescrypt: flavour, then the logarithms of N and r, a character each in all that crypt_gensalt(3)
    // makes up to its cost 7.
    return family != Family::yescrypt ||
           (first.size() == 3 && first[0] == 'j' && first[1] <= 'B' && first[2] <= 'T');
}

} // namespace

Result<void> check_hash(std::string_view hash)
{
    const auto row =
        std::ranges::find_if(rows, [&](const Row& each) { return hash.starts_with(each.prefix); });
    if (row == rows.end())
        return fail(Fault::invalid,
                    "this is no hash that is strong enough; taken are $y$, $gy$, $2a$, $2b$, $2y$, "
                    "$6$ and $5$ of crypt(5)");
    const auto last = hash.substr(hash.rfind('$') + 1);
    if (hash.size() > login::most_hash_bytes || !is_plain(hash) || last.size() != row->digest ||
        crypt_checksalt(std::string(hash).c_str()) == CRYPT_SALT_INVALID)
        return fail(Fault::invalid, "this hash of a password is not whole: {}… must be as crypt(5) says",
                    row->prefix);
    if (!is_cheap_enough(row->family, hash.substr(row->prefix.size())))
        return fail(Fault::invalid, "this hash of a password costs too much at each log-in");
    return {};
}

} // namespace metka::auth
