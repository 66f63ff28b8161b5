// Whatever somebody types as an app password is read as its twenty letters or not at all, however it is
// divided and in whatever case; the digest that is kept tells two of them, and two accounts, apart.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/text.h"
#include "daemon/auth/app_password.h"

namespace {

using namespace metka;
using namespace metka::auth;

void require(bool holds)
{
    if (!holds) std::abort();
}

std::string plainly_read(std::string_view typed)
{
    auto letters = lower(typed);
    std::erase_if(letters, [](char c) { return c == ' ' || c == '-'; });
    const bool is_one =
        letters.size() == 20 && letters.find_first_not_of("abcdefghjkmnpqrstuvwxyz") == std::string::npos;
    return is_one ? letters : "";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string typed(reinterpret_cast<const char*>(bytes), size);
    const auto letters = plainly_read(typed);
    const auto read = read_app_password(typed);
    require(read.has_value() == !letters.empty());
    const auto made = make_app_password();
    const auto read_back = read_app_password(made.reveal());
    require(read_back.has_value());
    if (!read) return 0;
    require(read->reveal() == letters);

    const InboxId account;
    const InboxId another(Id::from_bytes({1}));
    const auto digest = digest_of(account, *read);
    require(digest.size() == 64 && digest == digest_of(account, Secret(letters)));
    require(digest != digest_of(another, *read) && digest != digest_of(account, *read_back));
    auto other = letters;
    other[size % letters.size()] = letters[0] == 'a' ? 'b' : 'a';
    require((digest == digest_of(account, Secret(other))) == (other == letters));
    return 0;
}
