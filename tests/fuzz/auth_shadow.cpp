// Any bytes as passwd(5) and shadow(5): a line is read whole or not at all, and a locked one opens nothing.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/auth/kept_hash.h"
#include "daemon/auth/shadow.h"

namespace {

using namespace metka::auth;

void require(bool holds)
{
    if (!holds) std::abort();
}

void check_entry(const std::string& text, const std::string& login)
{
    if (const auto uid = find_uid(text, login)) {
        const auto behind = ":" + std::to_string(*uid) + ":";
        require(!login.empty() && ("\n" + text).contains("\n" + login + ":"));
        require(text.contains(behind) || text.contains(":0"));
    }
    const auto entry = find_shadow(text, login);
    if (!entry) return;
    require(text.contains(entry->line));
    require(entry->line.starts_with(login + ":" + entry->hash + ":"));
    require(!entry->line.contains('\n') && std::ranges::count(entry->line, ':') == 8);
    require(("\n" + text + "\n").contains("\n" + entry->line + "\n"));
    // "*" alone is no password, and not locked.
    const bool is_starred = entry->hash.starts_with('*') && entry->hash.size() > 1;
    const bool is_locked = entry->hash.empty() || entry->hash[0] == '!' || is_starred;
    for (const std::int64_t day : {0, 1, 20'000, 1'000'000'000})
        require(!is_locked || !is_open(*entry, day));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(bytes), size);
    check_entry(text, "anna");
    check_entry(text, text.substr(0, text.find(':')));
    const auto hash = check_hash(text.substr(0, text.find('\n')));
    require(hash.has_value() || !hash.error().text.empty());
    return 0;
}
