#pragma once
// An office without a machine: the directory in memory, a clock that stands, secrets and trees that only take
// notes.

#include <map>
#include <set>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/control/request.h"
#include "core/directory/memory_directory.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad::test {

using control::Json;

// What was asked of the programs, in order: "key.set", "tree.make", "key.remove", "tree.remove",
// "user.create", …
using Notes = std::vector<std::string>;

struct NotingKeys final : Keys {
    explicit NotingKeys(Notes& n) : notes(n) {}
    asio::awaitable<Result<void>> set_password(InboxId account, Secret password) override;
    asio::awaitable<Result<void>> remove(InboxId account) override;
    Notes& notes;
    std::map<InboxId, std::string> passwords;
};

struct NotingTrees final : Trees {
    explicit NotingTrees(Notes& n) : notes(n) {}
    asio::awaitable<Result<std::optional<sys::Descriptor>>> make(maildir::InboxPlace place) override;
    asio::awaitable<Result<void>> remove(maildir::InboxPlace place) override;
    asio::awaitable<Result<maildir::Usage>> usage(maildir::InboxPlace place) override;
    Notes& notes;
    std::set<InboxId> made;
    bool out_of_order = false; // every call is refused as unavailable
    Bytes used;
};

struct NotingAccounts final : UnixAccounts {
    explicit NotingAccounts(Notes& n) : notes(n) {}
    Result<std::optional<UnixUser>> find(const std::string& login) const override;
    Result<void> may_create() const override { return {}; }
    Result<void> may_adopt(const UnixUser&) const override { return {}; }
    asio::awaitable<Result<UnixUser>> create(std::string login) override;
    asio::awaitable<Result<void>> remove(std::string login) override;
    Result<void> share(const UnixUser&, const sys::Descriptor&) const override { return {}; }
    Notes& notes;
    std::map<std::string, std::uint32_t> users;
};

struct NamedUsers final : UserDatabase {
    std::optional<std::string> name_of(std::uint32_t uid) const override;
    bool is_member(const std::string& user, const std::string& group) const override;
    std::map<std::uint32_t, std::string> names{{0, "root"}, {500, "boss"}, {1001, "anna"}, {1002, "ewa"}};
};

class TestOffice {
  public:
    TestOffice();

    // As root, unless `uid` says otherwise. A refusal is the test's to look at.
    Result<Json> ask(std::string_view method, std::string_view params, std::uint32_t uid = 0);
    Json done(std::string_view method, std::string_view params); // it must succeed
    Error refused(std::string_view method, std::string_view params, std::uint32_t uid = 0);
    std::string line(std::string line, std::uint32_t uid = 0); // a raw line, a raw answer

    std::vector<std::string> at_once(const std::vector<std::string>& lines); // all on their way together

    // customer firma with moja-firma.lublin.pl (local), and shell account anna (adopted, 500M, free mailboxes
    // there)
    void settle();

    asio::io_context loop;
    Notes notes;
    directory::MemoryDirectory registry;
    settings::Settings settings;
    SetClock clock;
    NotingKeys keys{notes};
    NotingTrees trees{notes};
    NotingAccounts unix_accounts{notes};
    NamedUsers users;
    std::vector<ProgramState> programs;
    Provisioning provisioning;
};

std::vector<std::string> steps_of(const Json& answer);

} // namespace metka::metkad::test
