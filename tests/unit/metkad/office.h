#pragma once
// An office without a machine: the directory in memory, a clock that stands, and fakes for the rest.

#include <future>
#include <string>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/control/request.h"
#include "core/directory/memory_directory.h"
#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/provisioning/provisioning.h"
#include "tests/unit/metkad/configuration_fake.h"
#include "tests/unit/metkad/fakes.h"

namespace metka::metkad::test {

using control::Json;

// Who asks, and the members of the request beside its method: {.uid = 1001, .more = R"("as":"anna")"}.
struct Asker {
    std::uint32_t uid = 0;
    std::string more = {};
};

std::string request(std::string_view method, std::string_view params, std::int64_t id = 1,
                    const std::string& more = {});

class TestOffice {
  public:
    TestOffice();

    // As root, unless `asker` says otherwise. A refusal is the test's to look at.
    Result<Json> ask(std::string_view method, std::string_view params, const Asker& asker = {});
    Json done(std::string_view method, std::string_view params, const Asker& asker = {}); // it must succeed
    Error refused(std::string_view method, std::string_view params, const Asker& asker = {});
    bool is_killed(std::string_view method, std::string_view params); // by Troubles::dies_at, half way
    std::string line(std::string line, std::uint32_t uid = 0);        // a raw line, a raw answer

    std::vector<std::string> at_once(const std::vector<std::string>& lines); // all on their way together
    std::future<std::string> on_its_way(std::string line); // carried out while another request is

    // customer firma with moja-firma.lublin.pl (local), and shell account anna (adopted, 500M, free mailboxes
    // there)
    void settle();
    // customer other with other.lublin.pl and shell account ewa (adopted, free mailboxes there)
    void settle_neighbours();
    void free_mailbox(std::string_view address); // of anna: 10M, without end
    void pass(std::chrono::milliseconds time) { clock.advance(time); }

    std::string dump(); // all that lists show, and how much was ever written
    InboxId mailbox_id(std::string_view address);
    bool has_tree(const InboxId& inbox) const;

    using Tree = NotingTrees::Place;

    asio::io_context loop;
    Troubles troubles;
    Notes& notes = troubles.notes;
    directory::MemoryDirectory registry;
    settings::Settings settings;
    SetClock clock;
    NotingKeys keys{troubles};
    NotingTrees trees{troubles, clock};
    RememberedRefusals refusals;
    KnownLogins logins{troubles};
    NotingAccounts unix_accounts{troubles};
    NotingFences fences{troubles};
    ToldRecords resolver{troubles};
    NamedUsers users;
    ListedConfiguration configuration{troubles, settings, registry, clock};
    std::vector<ProgramState> programs;
    std::size_t zones_written = 0;
    std::vector<std::string> progress; // lines told before answers
    Provisioning provisioning;
};

constexpr auto free_domain = "moja-firma.lublin.pl";
inline const Asker anna{.uid = 1001};
inline const Asker ewa{.uid = 1002};

Address address(std::string_view text);
std::vector<std::string> texts(const Json& list); // of sentences
std::vector<std::string> steps_of(const Json& answer);
std::string text_of(const Json& object, std::string_view member);
std::int64_t number_of(const Json& object, std::string_view member);
std::vector<std::string> column(const Json& rows, std::string_view member);

} // namespace metka::metkad::test
