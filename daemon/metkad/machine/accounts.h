#pragma once
// The Unix users behind shell accounts.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/settings/settings.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

constexpr std::uint32_t first_person = 1000; // below are users of the system (login.defs(5), UID_MIN)
constexpr std::uint32_t nobody = 65534;      // the user and the group

struct UnixUser {
    std::string login;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0; // its primary group
    std::string home;
};

// What was found in a home. Blocks on disk; a file with several names counts once.
struct HomeMeasure {
    Bytes used;
    std::uint64_t unreadable = 0; // folders that could not be read
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
    virtual asio::awaitable<Result<void>> rename(std::string login,
                                                 std::string to) = 0; // conflict: it has processes
    // Whether people log in for mail with their Unix password (a metkad that is root), or with one of
    // Metka's.
    virtual bool have_unix_passwords() const = 0;
    virtual asio::awaitable<Result<void>> set_password(std::string login, Secret password) = 0; // chpasswd(8)
    // By a child that has become that user: ~/Maildir leads to `maildir`, unless something is there already.
    virtual asio::awaitable<Result<void>> link_maildir(UnixUser user, std::string maildir) = 0;
    // By a child of a user of its own that may read folders everywhere, and nothing else.
    virtual asio::awaitable<Result<HomeMeasure>> measure_home(UnixUser user) = 0;
    // By a child that has become that uid, with nobody's group: empties this folder of the mail's trash,
    // which is the user's. The name is for messages alone. conflict: a uid of the system's.
    virtual asio::awaitable<Result<void>> clear_leftovers(UnixUser user, sys::Descriptor folder) = 0;
    // Lets the user share the Maildir with metka-store (DESIGN §2, shell inboxes): group and modes, by
    // descriptor.
    virtual Result<void> share(const UnixUser&, const sys::Descriptor& maildir) const = 0;
};

// As root: useradd(8), usermod(8), userdel(8), chpasswd(8), fchown(2), and errands (metka-errand(8)). Without
// root only the user that metkad runs as can be adopted, and errands are done as that user.
class SystemAccounts final : public UnixAccounts {
  public:
    explicit SystemAccounts(const settings::Settings& settings); // accounts.home_folder, users.errand
    ~SystemAccounts() override;                                  // waits for a tool under way
    SystemAccounts(const SystemAccounts&) = delete;
    SystemAccounts& operator=(const SystemAccounts&) = delete;

    Result<std::optional<UnixUser>> find(const std::string& login) const override;
    Result<void> may_create() const override;
    Result<void> may_adopt(const UnixUser& user) const override;
    asio::awaitable<Result<UnixUser>> create(std::string login) override;
    asio::awaitable<Result<void>> remove(std::string login) override;
    asio::awaitable<Result<void>> rename(std::string login, std::string to) override;
    bool have_unix_passwords() const override;
    asio::awaitable<Result<void>> set_password(std::string login, Secret password) override;
    asio::awaitable<Result<void>> link_maildir(UnixUser user, std::string maildir) override;
    asio::awaitable<Result<HomeMeasure>> measure_home(UnixUser user) override;
    asio::awaitable<Result<void>> clear_leftovers(UnixUser user, sys::Descriptor folder) override;
    Result<void> share(const UnixUser& user, const sys::Descriptor& maildir) const override;

  private:
    struct Aside;
    asio::awaitable<Result<int>> run_aside(std::string path, std::vector<std::string> arguments,
                                           Secret input);
    const settings::Settings& settings_;
    std::string errand_user_;
    std::unique_ptr<Aside>
        aside_; // one thread, so that two useradd never run at once and the event loop goes on
};

} // namespace metka::metkad
