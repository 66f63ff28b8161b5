#include "daemon/auth/app_password.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>

#include <openssl/evp.h>
#include <sys/random.h>

#include "core/base/text.h"

namespace metka::auth {

namespace {

constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyz"; // no i, l, o
constexpr std::size_t most_letters = 20;
constexpr std::size_t group = 4;
constexpr std::string_view purpose = "metka app password 1";

// Each letter as likely as any other: bytes beyond the last whole multiple are thrown again.
char random_letter()
{
    constexpr std::size_t fair = 256 / alphabet.size() * alphabet.size();
    std::uint8_t byte = 0;
    do {
        if (getrandom(&byte, 1, 0) != 1) std::abort();
    } while (byte >= fair);
    return alphabet.at(byte % alphabet.size());
}

} // namespace

Secret make_app_password()
{
    std::string password;
    password.reserve(most_letters + most_letters / group);
    for (std::size_t i = 0; i < most_letters; ++i) {
        if (i != 0 && i % group == 0) password += ' ';
        password += random_letter();
    }
    return Secret::take(std::move(password));
}

std::optional<Secret> read_app_password(std::string_view typed)
{
    std::string letters;
    letters.reserve(most_letters);
    bool is_one = true;
    for (const char c : typed) {
        if (c == ' ' || c == '-') continue;
        const char letter = lower(c);
        is_one = alphabet.contains(letter) && letters.size() < most_letters;
        if (!is_one) break;
        letters += letter;
    }
    is_one = is_one && letters.size() == most_letters;
    auto read = Secret::take(std::move(letters));
    return is_one ? std::optional(std::move(read)) : std::nullopt;
}

std::string digest_of(const InboxId& account, const Secret& letters)
{
    const std::string_view id(reinterpret_cast<const char*>(account.bytes().data()), account.bytes().size());
    std::string text; // of parts that each have one length only
    text.reserve(purpose.size() + id.size() + letters.reveal().size());
    for (const auto part : {purpose, id, letters.reveal()})
        text += part;
    std::array<unsigned char, 32> digest{};
    unsigned int size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) std::abort();
    wipe(text);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * digest.size());
    for (const auto byte : digest) {
        hex += digits.at(byte >> 4U);
        hex += digits.at(byte & 0x0FU);
    }
    return hex;
}

} // namespace metka::auth
