#pragma once
// A piece of ground for fences: a mail folder as metka-store leaves it, a home, and one Unix user.

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/file.h"
#include "daemon/metkad/machine/fences_parts.h"
#include "tests/unit/directory/folder.h"

namespace metka::metkad::test {

constexpr std::uint32_t anna_uid = 54'321;
constexpr std::uint32_t store_uid = 54'322;

struct OneUser final : UnixAccounts {
    explicit OneUser(std::string h) : home(std::move(h)) {}
    Result<std::optional<UnixUser>> find(const std::string& login) const override
    {
        if (login != "anna") return std::optional<UnixUser>();
        return std::optional(UnixUser{.login = login, .uid = anna_uid, .gid = anna_uid, .home = home});
    }
    Result<void> may_create() const override { return {}; }
    Result<void> may_adopt(const UnixUser&) const override { return {}; }
    asio::awaitable<Result<UnixUser>> create(std::string) override { co_return UnixUser{}; }
    asio::awaitable<Result<void>> remove(std::string) override { co_return Result<void>(); }
    asio::awaitable<Result<void>> rename(std::string, std::string) override { co_return Result<void>(); }
    bool have_unix_passwords() const override { return true; }
    asio::awaitable<Result<void>> set_password(std::string, Secret) override { co_return Result<void>(); }
    asio::awaitable<Result<void>> link_maildir(UnixUser, std::string) override { co_return Result<void>(); }
    asio::awaitable<Result<HomeMeasure>> measure_home(UnixUser) override { co_return HomeMeasure{}; }
    asio::awaitable<Result<void>> clear_leftovers(UnixUser, sys::Descriptor) override
    {
        co_return Result<void>();
    }
    Result<void> share(const UnixUser&, const sys::Descriptor&) const override { return {}; }
    std::string home;
};

// Below `root`, which is removed by whoever made it.
struct Plot {
    explicit Plot(const std::string& root) : mail_path(root + "/mail"), accounts(root + "/homes/anna")
    {
        shell.id = InboxId::make(from_unix_ms(1'800'000'000'000));
        shell.login = "anna";
        shell.uid = anna_uid;
        shell.disk_limit = 8_MiB;
        std::filesystem::create_directories(mail_path + "/shell");
        std::filesystem::create_directories(mail_path + "/trash");
        std::filesystem::create_directories(root + "/homes");
        mail = sys::open_folder(mail_path).value();
    }
    void make_plain_home() const
    {
        std::filesystem::create_directory(accounts.home);
        REQUIRE(chown(accounts.home.c_str(), anna_uid, anna_uid) == 0);
    }
    std::string tree() const { return mail_path + "/shell/" + shell.id.hex(); }

    std::string mail_path;
    OneUser accounts;
    sys::Descriptor mail;
    ShellAccount shell;
};

inline bool is_root()
{
    if (getuid() != 0) MESSAGE("skipped: only root has fences");
    return getuid() == 0;
}

} // namespace metka::metkad::test
