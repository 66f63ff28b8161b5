#include "core/sys/confine.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/directory/sqlite.h"
#include "daemon/access/posture.h"
#include "daemon/auth/posture.h"
#include "daemon/errand/posture.h"
#include "daemon/smtp/posture.h"
#include "daemon/store/posture.h"
#include "tests/unit/sys/deeds.h"
#include "tests/unit/sys/scene.h"

using namespace metka;
using namespace metka::sys;

namespace {

#ifdef METKA_SANITIZED
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

// The sanitizers' runtime needs calls of its own, so that there is no system call filter to be tried.
bool skip_without_filter()
{
    if (is_sanitized) MESSAGE("skipped: under the sanitizers there is no system call filter");
    return is_sanitized;
}

struct Program {
    const char* name;
    Posture (*posture)(const settings::Settings&);
    unsigned bit;
};

Posture as_errand(const settings::Settings& settings, Posture posture)
{
    posture.user = settings.users_errand; // metkad's choice, before it starts one
    return posture;
}
Posture linking(const settings::Settings& s)
{
    return as_errand(s, errand::posture_to_link(s.state_folder + "/mail"));
}
Posture measuring(const settings::Settings& s)
{
    return as_errand(s, errand::posture_to_measure(s.state_folder + "/mail"));
}
Posture clearing(const settings::Settings& s)
{
    return as_errand(s, errand::posture_to_clear(s.state_folder + "/mail"));
}

constexpr std::array<Program, 7> programs{{
    {"store", store::posture, by_store},
    {"smtp", smtp::posture, by_smtp},
    {"access", access::posture, by_access},
    {"auth", auth::posture, by_auth},
    {"errand link", linking, by_link},
    {"errand measure", measuring, by_measure},
    {"errand clear", clearing, by_clear},
}};

// Runs `work` in a process of its own; what it writes to the descriptor it is given is returned.
std::string in_child(const auto& work)
{
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        close(ends[0]);
        alarm(30);
        work(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    std::string said;
    std::array<char, 4096> room{};
    for (ssize_t got = 1; got > 0;) {
        got = read(ends[0], room.data(), room.size());
        if (got > 0) said.append(room.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK_MESSAGE((WIFEXITED(status) && WEXITSTATUS(status) == 0), "the confined process ended with ",
                  status);
    return said;
}

void tell(int pipe_end, const std::string& text)
{
    if (write(pipe_end, text.data(), text.size()) < 0) _exit(3);
}

void confine_or_end(const Posture& posture, int pipe_end)
{
    const auto confined = confine(posture);
    if (confined) return;
    tell(pipe_end, confined.error().text);
    _exit(2);
}

// Deed by deed: 0 if it was done, otherwise the error.
std::map<std::string, int> attempt_all(const Program& program, const Scene& scene)
{
    const auto said = in_child([&](int pipe_end) {
        const Held held(scene);
        const auto posture = program.posture(scene.settings());
        confine_or_end(posture, pipe_end);
        for (const auto& deed : deeds()) {
            errno = 0;
            const bool done = deed.attempt(scene, held);
            tell(pipe_end, std::string(deed.name) + "=" + std::to_string(done ? 0 : errno) + "\n");
        }
    });
    std::map<std::string, int> results;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) {
        const auto middle = line.rfind('=');
        REQUIRE_MESSAGE(middle != std::string::npos, line);
        results[line.substr(0, middle)] = std::atoi(line.c_str() + middle + 1);
    }
    return results;
}

bool is_refusal(int error_number)
{
    return error_number == EPERM || error_number == EACCES || error_number == EXDEV || error_number == ENOSYS;
}

} // namespace

TEST_CASE("what a program is not made for is refused by the kernel, and what it is made for works")
{
    if (skip_without_filter()) return;
    for (const auto& program : programs) {
        const Scene scene;
        const auto results = attempt_all(program, scene);
        const auto who = std::string("metka-") + program.name;
        for (const auto& deed : deeds()) {
            const auto found = results.find(deed.name);
            if (found == results.end()) {
                FAIL_CHECK(fmt::format("{} did not survive: {}", who, deed.name));
                break;
            }
            const bool may = (deed.allowed & program.bit) != 0;
            if (may ? found->second == 0 : is_refusal(found->second)) continue;
            FAIL_CHECK(fmt::format("{} {} {}: {}", who, may ? "cannot" : "can", deed.name,
                                   std::strerror(found->second)));
        }
        CHECK(results.size() == deeds().size());
    }
}

namespace {

std::string field_of(const std::string& status, const std::string& name)
{
    const auto at = status.find("\n" + name + ":\t");
    if (at == std::string::npos) return "(none)";
    const auto begin = at + name.size() + 3;
    auto value = status.substr(begin, status.find('\n', begin) - begin);
    while (value.ends_with(' '))
        value.pop_back();
    return value;
}

// The status of every task of a program that is confined and has done what may start threads.
std::vector<std::string> statuses_of(const Program& program, const Scene& scene)
{
    std::array<int, 2> ready{};
    std::array<int, 2> go{};
    REQUIRE(pipe(ready.data()) == 0);
    REQUIRE(pipe(go.data()) == 0);
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const auto posture = program.posture(scene.settings());
        confine_or_end(posture, ready[1]);
        char byte = 0;
        const auto wait = [&] { (void)!read(go[0], &byte, 1); };
        std::thread other;
        if (posture.threads == Threads::many) other = std::thread(wait);
        tell(ready[1], "confined");
        wait();
        _exit(0);
    }
    std::array<char, 256> room{};
    const auto got = read(ready[0], room.data(), room.size());
    CHECK(std::string(room.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))) == "confined");
    std::vector<std::string> statuses;
    const auto tasks = "/proc/" + std::to_string(child) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
        std::ifstream file(task.path() / "status");
        statuses.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    REQUIRE(write(go[1], "go", 2) == 2);
    waitpid(child, nullptr, 0);
    for (const int end : {ready[0], ready[1], go[0], go[1]})
        close(end);
    return statuses;
}

} // namespace

TEST_CASE(
    "every task of every program has no capability but what its posture names, gains none, and is filtered")
{
    if (skip_without_filter()) return;
    const Scene scene;
    for (const auto& program : programs) {
        CAPTURE(program.name);
        const auto posture = program.posture(scene.settings());
        const auto statuses = statuses_of(program, scene);
        CHECK(statuses.size() == (posture.threads == Threads::many ? 2 : 1));
        for (const auto& status : statuses) {
            CHECK(field_of(status, "NoNewPrivs") == "1");
            CHECK(field_of(status, "Seccomp") == "2");
            const bool reads =
                posture.powers == Powers::reading && getuid() == 0; // who is not root has none to keep
            for (const auto* const set : {"CapPrm", "CapEff"})
                CHECK(field_of(status, set) == (reads ? "0000000000000004" : "0000000000000000"));
            for (const auto* const set : {"CapInh", "CapAmb"})
                CHECK(field_of(status, set) == "0000000000000000");
        }
    }
}

TEST_CASE("a program started by root stays its own user for ever" * doctest::test_suite("root"))
{
    if (skip_without_filter()) return;
    if (getuid() != 0) {
        MESSAGE("skipped: only root can become another user");
        return;
    }
    const Scene scene;
    for (const auto& program : programs) {
        CAPTURE(program.name);
        for (const auto& status : statuses_of(program, scene)) {
            CHECK(field_of(status, "Uid") == "65534\t65534\t65534\t65534");
            CHECK(field_of(status, "Gid") == "65534\t65534\t65534\t65534");
            const auto groups = field_of(status, "Groups");
            const bool is_auth = program.bit == by_auth; // which reads shadow(5)
            CHECK((groups.empty() || groups == "65534" || (is_auth && groups.ends_with(" 65534"))));
            CHECK(field_of(status, "CapBnd") == "0000000000000000");
        }
    }
}

TEST_CASE("a database in WAL mode is read by a program that may only read its folder, and not written")
{
    if (skip_without_filter()) return;
    const Scene scene;
    for (const auto& program : programs) {
        CAPTURE(program.name);
        const auto said = in_child([&](int pipe_end) {
            confine_or_end(program.posture(scene.settings()), pipe_end);
            sqlite3* database = nullptr;
            sqlite3_stmt* statement = nullptr;
            sqlite3_open_v2(scene.database().c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
            sqlite3_prepare_v2(database, "SELECT n FROM t", -1, &statement, nullptr);
            tell(pipe_end, sqlite3_step(statement) == SQLITE_ROW
                               ? sqlite3_column_int(statement, 0) == 7 ? "7" : "?"
                               : "no");
            sqlite3_finalize(statement);
            const bool wrote =
                sqlite3_exec(database, "INSERT INTO t VALUES (8)", nullptr, nullptr, nullptr) == SQLITE_OK;
            tell(pipe_end, wrote ? " wrote" : " kept");
        });
        const bool has_no_use = program.bit == by_access || (program.bit & by_errands) != 0;
        CHECK(said == (has_no_use ? "no kept" : "7 kept"));
    }
}
TEST_CASE("a posture that cannot be taken is refused in a sentence" * doctest::test_suite("root"))
{
    if (getuid() != 0) {
        MESSAGE("skipped: only root takes on a user");
        return;
    }
    const auto sentence = [](const Posture& posture) {
        return in_child([&](int pipe_end) {
            const auto confined = confine(posture);
            tell(pipe_end, confined ? "confined" : confined.error().text);
        });
    };
    CHECK(sentence({.user = "metka-nobody-is-called-so"}) ==
          "there is no system user metka-nobody-is-called-so");
    CHECK(sentence({.user = "root"}) == "root is root; a program of the engine must not be");
    CHECK(sentence({.user = "nobody", .groups = {"metka-no-such-group"}}) ==
          "there is no system group metka-no-such-group");
    CHECK(
        sentence({.user = "nobody", .places = {{"/nowhere/at-all", Reach::read}}}).find("/nowhere/at-all") !=
        std::string::npos);
}
