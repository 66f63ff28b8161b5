#pragma once
// metka-auth in memory, with its neighbours.

#include <doctest/doctest.h>

#include "core/directory/memory_directory.h"
#include "core/login/wire_authenticator.h"
#include "core/maildir/protocol.h"
#include "daemon/auth/gatekeeper.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"
#include "tests/unit/login/awaited.h"

namespace metka::auth::test {

using directory::People;
using login::Service;
using login::Verdict;

// shadow(5) of one user at most.
struct PaperUsers final : UnixUsers {
    Result<std::optional<ShadowEntry>> find(std::string_view login, std::uint32_t uid,
                                            Instant now) const override
    {
        if (login != user.login || uid != user.uid) return std::optional<ShadowEntry>();
        auto entry = find_shadow(line, login);
        return entry && is_open(*entry, day_of(now)) ? entry : std::nullopt;
    }
    ShellAccount user;
    std::string line;
};

// metka-auth with its neighbours: two programs, metkad, and a store that notes what it is granted.
struct House {
    People people;
    directory::MemoryDirectory directory;
    TestFolder folder;
    Secrets secrets = Secrets::open(folder.file("secrets.db")).value();
    SetClock clock{directory::noon - std::chrono::hours(1)};
    Remembered::Time time{};
    std::function<void()> meanwhile; // done once, while a password is tried
    bool has_come_in = false;        // of the log-in that is meant
    asio::io_context loop;
    net::Link store;
    HashPool hashes{Hasher::make(1).value(), {}};
    PaperUsers unix_users;
    Gatekeeper gatekeeper;
    std::vector<std::shared_ptr<net::Wire>> wires;
    net::Link smtp, access;
    std::shared_ptr<net::Wire> metkad;
    std::vector<InboxId> granted;
    std::vector<sys::Descriptor> store_ends;

    explicit House(bool has_unix_passwords = false, PatienceLimits patience = {})
        : gatekeeper(
              directory, secrets, hashes, store, clock, [this] { return look_at_the_watch(); },
              has_unix_passwords ? &unix_users : nullptr, patience)
    {
        unix_users.user = people.anna;
        REQUIRE(people.move_in(directory));
        smtp.replace(ask_with(gatekeeper.handler_for(Service::submission)));
        access.replace(ask_with(gatekeeper.handler_for(Service::pop3)));
        metkad = ask_with(gatekeeper.handler_for_metkad());
        store.replace(ask_with([this](net::Frame request) { return grant(std::move(request)); }));
    }
    ~House()
    {
        for (const auto& wire : wires)
            wire->close();
        loop.restart();
        loop.poll();
    }

    std::shared_ptr<net::Wire> ask_with(net::Wire::Handler handler)
    {
        auto pair = sys::make_wire().value();
        auto asking = net::Wire::open(loop.get_executor(), std::move(pair.one), "asked");
        auto answering = net::Wire::open(loop.get_executor(), std::move(pair.other), "asking");
        asking->serve({});
        answering->serve(std::move(handler));
        wires.push_back(asking);
        wires.push_back(answering);
        return asking;
    }
    asio::awaitable<Result<net::Frame>> grant(net::Frame request)
    {
        const auto wanted = sys::decode<maildir::GrantInbox>(request);
        if (!wanted) co_return pass(wanted);
        granted.push_back(wanted->inbox);
        store_ends.push_back(std::move(request.descriptors[0]));
        co_return sys::encode(maildir::Done{});
    }

    // First when a log-in comes in; then before its password is tried, and after it was looked up.
    Remembered::Time look_at_the_watch()
    {
        if (meanwhile && std::exchange(has_come_in, true)) {
            has_come_in = false;
            std::exchange(meanwhile, {})();
        }
        return time;
    }
    Result<login::Stored> set_password(const InboxId& account, std::string_view password)
    {
        login::SetPassword order{.account = account, .password = Secret(password)};
        return awaited(loop, metkad->ask_for<login::Stored>(std::move(order)));
    }
    Result<login::Stored> remove_secrets(const InboxId& account)
    {
        return awaited(loop, metkad->ask_for<login::Stored>(login::RemoveSecrets{.account = account}));
    }
    Result<login::Answer> log_in(Service service, std::string_view name, std::string_view password,
                                 std::string_view peer = "192.0.2.1")
    {
        login::WireAuthenticator authenticator(service == Service::pop3 ? access : smtp);
        return awaited(loop, authenticator.check({.service = service,
                                                  .name = std::string(name),
                                                  .password = Secret(password),
                                                  .peer = std::string(peer)}));
    }
    Verdict verdict(Service service, std::string_view name, std::string_view password)
    {
        const auto answer = log_in(service, name, password);
        REQUIRE(answer);
        return answer->verdict;
    }
    void change(const std::function<Result<void>(directory::Changes&)>& work)
    {
        auto entry = directory::by_root("test");
        REQUIRE(directory.change(entry, work));
    }
};

constexpr std::string_view biuro = "biuro@moja-firma.lublin.pl";

inline std::string shadow_line(const Hasher& hasher, std::string_view password,
                               std::string_view rest = "19000:0:99999:7:::")
{
    auto& writable = const_cast<Hasher&>(hasher);
    return "anna:" + writable.hash(Secret(password)).value() + ":" + std::string(rest);
}

} // namespace metka::auth::test
