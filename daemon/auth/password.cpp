#include "daemon/auth/password.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <crypt.h>

namespace metka::auth {

static_assert(most_password_bytes < CRYPT_MAX_PASSPHRASE_SIZE);

namespace {

struct Wiped {
    void operator()(crypt_data* scratch) const
    {
        explicit_bzero(scratch, sizeof *scratch);
        delete scratch;
    }
};

// Of this thread: a machine that is busy does not make it more.
std::chrono::nanoseconds processor_time()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

Result<void> check_password(std::string_view password)
{
    if (password.empty()) return fail(Fault::invalid, "a password cannot be empty");
    if (password.size() > most_password_bytes)
        return fail(Fault::invalid, "a password has at most {} bytes, this one has {}", most_password_bytes,
                    password.size());
    if (password.contains('\0')) return fail(Fault::invalid, "a password cannot hold a NUL byte");
    return {};
}

Result<std::unique_ptr<Hasher>> Hasher::make(unsigned long cost)
{
    std::unique_ptr<Hasher> hasher(new Hasher(cost));
    const auto before = processor_time();
    auto dummy = hasher->hash(Secret::random_password());
    if (!dummy) return pass(dummy);
    hasher->effort_ = processor_time() - before;
    hasher->dummy_ = std::move(*dummy);
    hasher->hashes_ = 0;
    return hasher;
}

Result<std::string> Hasher::hash(const Secret& password)
{
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (crypt_gensalt_rn("$y$", cost_, nullptr, 0, setting.data(), static_cast<int>(setting.size())) ==
        nullptr)
        return fail_errno(errno, "making a salt for a password");
    return crypt(password, setting.data());
}

Result<bool> Hasher::verify(const Secret& password, const std::string& stored)
{
    const auto computed = crypt(password, stored);
    if (!computed) return pass(computed);
    return Secret(*computed).same_as(stored);
}

// "$y$", the parameters and "$" are the same.
bool Hasher::is_ours(std::string_view stored) const
{
    const auto parameters = dummy_.find('$', std::string_view("$y$").size());
    return stored.starts_with(std::string_view(dummy_).substr(0, parameters + 1));
}

bool Hasher::knows(const std::string& stored)
{
    const int salt = crypt_checksalt(stored.c_str());
    return salt != CRYPT_SALT_INVALID && salt != CRYPT_SALT_METHOD_DISABLED;
}

Result<std::string> Hasher::crypt(const Secret& password, const std::string& setting)
{
    const auto allowed = check_password(password.reveal());
    if (!allowed) return pass(allowed);
    ++hashes_;
    const std::unique_ptr<crypt_data, Wiped> scratch(new crypt_data{}); // 32 KB: not on a thread's stack
    std::string phrase(password.reveal());                              // with the NUL that crypt(3) wants
    errno = 0;
    const char* hashed = crypt_r(phrase.c_str(), setting.c_str(), scratch.get());
    wipe(phrase);
    if (hashed == nullptr || hashed[0] == '*')
        return fail_errno(errno != 0 ? errno : EINVAL, "hashing a password");
    return std::string(hashed);
}

} // namespace metka::auth
