#pragma once
// Where passwords are hashed: so many at once, so many more waiting, and beyond that unavailable, so that a
// storm of log-ins costs neither all memory nor all processors (SECURITY 32). The last of the waiting places
// are kept from strangers, who may be a storm: accounts that come from where they were opened before, and
// metkad, still find one. Callers are in one event loop and go on there.

#include <memory>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/thread_pool.hpp>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "daemon/auth/password.h"

namespace metka::auth {

struct HashLimits {
    std::size_t at_once = 2;
    std::size_t waiting = 64;
    std::size_t kept_from_strangers = 24; // of those that wait
};

enum class Asker { acquainted, stranger };

class HashPool {
  public:
    HashPool(std::unique_ptr<Hasher> hasher, HashLimits limits);
    ~HashPool(); // waits for the hashes under way; destroy it before its callers' event loop

    asio::awaitable<Result<std::string>> hash(const Secret& password); // the password must outlive the wait
    asio::awaitable<Result<bool>> verify(const Secret& password, const std::string& stored,
                                         Asker asker = Asker::acquainted);
    // For hashes that are asked for from now on; those under way or waiting are finished besides.
    void limit(std::size_t at_once);
    const Hasher& hasher() const { return *hasher_; }

  private:
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work&>> when_there_is_room(Asker asker, Work work);

    std::unique_ptr<Hasher> hasher_;
    HashLimits limits_;
    std::size_t under_way_ = 0; // touched in the event loop alone
    std::shared_ptr<asio::thread_pool> threads_;
    std::vector<std::weak_ptr<asio::thread_pool>> former_; // each lives until its last hash is done
};

} // namespace metka::auth
