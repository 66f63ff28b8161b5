#include "daemon/metkad/machine/resolver.h"

#include <csignal>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "core/dns/protocol.h"
#include "core/net/wire.h"
#include "daemon/metkad/engine/instance.h"
#include "daemon/metkad/engine/launch.h"

namespace metka::metkad {

namespace {

constexpr auto resolver_patience = std::chrono::seconds(15); // a little more than it gives itself

Result<std::optional<sys::Identity>> identity(const settings::Settings& settings)
{
    if (!runs_as_root()) return std::nullopt;
    auto found = sys::identity_of(settings.users_resolver, {});
    if (!found) return pass(found);
    return std::optional(std::move(*found));
}

dns::Question question_about(const DomainName& domain, const settings::Settings& settings)
{
    dns::Question question{.domain = domain.text(), .servers = {}};
    for (const auto& server : settings.dns_servers)
        if (question.servers.size() < dns::most_servers)
            question.servers.push_back(fmt::format("{}@{}", server.host, server.port));
    return question;
}

struct Started {
    Child child;
    std::shared_ptr<net::Wire> wire;
};

Result<Started> start(const asio::any_io_executor& executor, const settings::Settings& settings)
{
    auto who = identity(settings);
    if (!who) return pass(who);
    auto ends = sys::make_wire();
    if (!ends) return pass(ends);
    auto child =
        launch({.program = "metka-resolver", .identity = std::move(*who), .wire = ends->other.get()});
    if (!child) return pass(child);
    return Started{.child = std::move(*child),
                   .wire = net::Wire::open(executor, std::move(ends->one), "metka-resolver")};
}

// Whatever it is doing: it has answered, or had its time.
asio::awaitable<void> end(asio::any_io_executor executor, Child child)
{
    kill(child.pid, SIGKILL);
    asio::posix::stream_descriptor process(executor, child.end.release());
    asio::error_code ignored;
    co_await process.async_wait(asio::posix::stream_descriptor::wait_read,
                                asio::redirect_error(asio::use_awaitable, ignored));
    waitpid(child.pid, nullptr, 0);
}

} // namespace

asio::awaitable<Result<policy::DomainRecords>> ProgramResolver::ask(DomainName domain)
{
    auto started = start(executor_, settings_);
    if (!started) co_return pass(started);
    started->wire->serve(nullptr);
    auto question = question_about(domain, settings_);
    auto answer = co_await started->wire->ask_for<dns::Answer>(std::move(question), resolver_patience);
    started->wire->close();
    co_await end(executor_, std::move(started->child));
    if (!answer) co_return pass(answer);
    const auto checked = dns::check(*answer);
    if (!checked) co_return pass(checked);
    co_return std::move(answer->records);
}

} // namespace metka::metkad
