#include "tests/unit/metkad/engine_room.h"

#include <csignal>
#include <random>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sys/file.h"

namespace metka::metkad::test {

namespace {

using namespace std::chrono_literals;
constexpr std::array all{Program::store, Program::auth, Program::smtp, Program::access};

sockaddr_in at(const settings::ListenAddress& address)
{
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host == "*" ? "127.0.0.1" : address.host.c_str(), &result.sin_addr);
    return result;
}

} // namespace

Engines engines(std::uint64_t generation)
{
    Engines engines;
    for (const auto program : all)
        engines[program] = fmt::format("generation {}\n", generation);
    return engines;
}

Engines engines(std::uint64_t generation, Program program, std::string_view more)
{
    auto result = engines(generation);
    result[program] += more;
    return result;
}

sys::Descriptor certificates(std::vector<std::string> hosts)
{
    household::CertificateSet set;
    for (auto& host : hosts)
        set.certificates.push_back({.host = std::move(host), .chain = "chain", .key = Secret("key")});
    auto memory = sys::sealed_memory("certificates", sys::encode(set).body);
    REQUIRE(memory);
    return std::move(*memory);
}

// Above the ports of end-to-end tests, and below those that the kernel gives to clients: before it is bound
// again nobody takes it.
settings::ListenAddress free_address()
{
    static std::mt19937 random{std::random_device{}()};
    std::uniform_int_distribution<std::uint16_t> ports(31'000, 32'700);
    for (;;) {
        const settings::ListenAddress address{.host = "127.0.0.1", .port = ports(random)};
        const sys::Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(probe);
        const auto to = at(address);
        if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return address;
    }
}

EngineRoom::EngineRoom(Engines engines)
{
    Furnishing furnishing;
    furnishing.folder = folder.path();
    furnishing.lock = sys::Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (const auto program : all) {
        REQUIRE(symlink(METKA_SCRIPTED, folder.file(household::executable(program)).c_str()) == 0);
        furnishing.places[program] = {.engine = engines.at(program), .generation = first_generation};
    }
    household.emplace(loop, std::move(furnishing));
    const auto started = run(household->start());
    REQUIRE(started);
}

EngineRoom::~EngineRoom()
{
    (void)run(stop());
}

asio::awaitable<bool> EngineRoom::stop()
{
    co_await household->stop();
    co_return true;
}

void EngineRoom::until(const std::function<bool()>& predicate)
{
    const auto limit = Steady::now() + 60s;
    while (!predicate() && Steady::now() < limit) {
        if (loop.stopped()) loop.restart(); // it had nothing more to do
        loop.run_one_for(1s);
    }
    REQUIRE(predicate());
}

ProgramState EngineRoom::state(Program program, std::string_view wanted) const
{
    for (auto& each : household->states())
        if (each.name == household::executable(program) && each.state == wanted) return each;
    return {};
}

bool EngineRoom::is(Program program, std::string_view wanted) const
{
    return !state(program, wanted).name.empty();
}

scripted::Report EngineRoom::report(Program program)
{
    const auto report = run(household->ask_for<scripted::Report>(program, scripted::AskReport{}));
    REQUIRE(report);
    return *report;
}

Result<scripted::Report> EngineRoom::report_of_peer(Program asks, Program answers)
{
    return run(household->ask_for<scripted::Report>(asks, scripted::AskPeer{.peer = answers}));
}

Result<void> EngineRoom::listen(const settings::Settings& wanted)
{
    auto change = bind_listeners(wanted, household->listeners());
    if (!change) return pass(change);
    for (auto& each : change->added) {
        auto given = run(household->give(std::move(each)));
        if (!given) return given;
    }
    for (auto& each : change->dropped) {
        auto dropped = run(household->drop(each.name, each.address));
        if (!dropped) return dropped;
    }
    return {};
}

void EngineRoom::lose(Program program)
{
    const auto victim = pid(program);
    REQUIRE(victim > 0);
    kill(victim, SIGKILL);
    until([&] { return pid(program) != victim; });
}

Client::Client(const settings::ListenAddress& address)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    REQUIRE(socket_);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const auto to = at(address);
    connected_ = connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

std::string Client::line()
{
    std::string line;
    for (char c = 0; c != '\n';) {
        if (recv(socket_.get(), &c, 1, 0) != 1) return {};
        if (c != '\n') line += c;
    }
    return line;
}

std::string Client::echo(const std::string& said)
{
    const auto whole = said + "\n";
    if (send(socket_.get(), whole.data(), whole.size(), MSG_NOSIGNAL) < 0) return {};
    return line();
}

} // namespace metka::metkad::test
