#pragma once
// The Unix users behind shell accounts.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

struct UnixUser {
    std::string login;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0; // its primary group
};

class UnixAccounts {
  public:
    virtual ~UnixAccounts() = default;
    virtual Result<std::optional<UnixUser>> find(const std::string& login) const = 0;
    virtual Result<void> may_create() const = 0; // denied, with what to do instead
    virtual Result<void>
    may_adopt(const UnixUser&) const = 0; // invalid: a user of the system; denied; conflict: no private group
    virtual asio::awaitable<Result<UnixUser>>
    create(std::string login) = 0;                                       // with a home and a group of its own
    virtual asio::awaitable<Result<void>> remove(std::string login) = 0; // with its home
    // Lets the user share the Maildir with metka-store (DESIGN §2, shell inboxes): group and modes, by
    // descriptor.
    virtual Result<void> share(const UnixUser&, const sys::Descriptor& maildir) const = 0;
};

// As root: useradd(8), userdel(8), fchown(2). Without root only the user that metkad runs as can be adopted.
class SystemAccounts final : public UnixAccounts {
  public:
    SystemAccounts();
    ~SystemAccounts() override; // waits for a useradd or userdel under way
    SystemAccounts(const SystemAccounts&) = delete;
    SystemAccounts& operator=(const SystemAccounts&) = delete;

    Result<std::optional<UnixUser>> find(const std::string& login) const override;
    Result<void> may_create() const override;
    Result<void> may_adopt(const UnixUser& user) const override;
    asio::awaitable<Result<UnixUser>> create(std::string login) override;
    asio::awaitable<Result<void>> remove(std::string login) override;
    Result<void> share(const UnixUser& user, const sys::Descriptor& maildir) const override;

  private:
    struct Aside;
    asio::awaitable<Result<int>> run_aside(std::string path, std::vector<std::string> arguments);
    std::unique_ptr<Aside>
        aside_; // one thread, so that two useradd never run at once and the event loop goes on
};

} // namespace metka::metkad
