#pragma once
// Passwords as yescrypt hashes ($y$, crypt(5)). A hash takes about 20 ms and 16 MB, so it runs on the hash
// pool (hash_pool.h) and never in the event loop. Safe to call from several threads.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

namespace metka::auth {

constexpr std::size_t most_password_bytes = 511; // crypt(3) takes no more

// 1 to 511 bytes, none of them NUL.
Result<void> check_password(std::string_view password);

class Hasher {
  public:
    // `cost` as crypt_gensalt(3) counts for yescrypt: 1 to 11; 0 is its default.
    static Result<std::unique_ptr<Hasher>> make(unsigned long cost = 0);

    Result<std::string> hash(const Secret& password);
    // Takes what `stored` costs: when a wrong one is answered, another says (answer_time.h).
    Result<bool> verify(const Secret& password, const std::string& stored);
    bool is_ours(std::string_view stored) const;        // of the kind and the cost that hash() makes
    static bool knows(const std::string& stored);       // whether crypt(3) would take it for a hash
    const std::string& dummy() const { return dummy_; } // of a password that nobody has, at the same cost
    std::uint64_t hashes() const { return hashes_; }    // how many were computed
    std::chrono::nanoseconds effort() const
    {
        return effort_;
    } // of a processor, by one hash() when it was made

  private:
    explicit Hasher(unsigned long cost) : cost_(cost) {}
    Result<std::string> crypt(const Secret& password, const std::string& setting);

    unsigned long cost_;
    std::string dummy_;
    std::chrono::nanoseconds effort_{};
    std::atomic<std::uint64_t> hashes_ = 0;
};

} // namespace metka::auth
