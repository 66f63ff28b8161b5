// metkad hands another generation to a program that runs: what it takes, what it refuses, and that a refusal
// leaves it as it was.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/sys/file.h"
#include "tests/unit/household/store_process.h"

using namespace metka;
using namespace metka::household;
using namespace metka::maildir;

namespace {

constexpr std::string_view text = "Subject: hello\n";

std::string generation(const settings::Settings& settings, std::uint64_t number)
{
    return settings::render(settings, settings::Reader::store, number);
}

std::uint64_t number_in_force(StoreProcess& store)
{
    const auto answer = store.metkad().ask(Start{});
    REQUIRE(answer);
    return sys::decode<Started>(*answer).value().generation;
}

std::string refusal(StoreProcess& store, sys::Descriptor memory)
{
    const auto answer = store.metkad().ask(Adopt{}, std::move(memory));
    REQUIRE_FALSE(answer);
    CHECK(number_in_force(store) == 1);
    return answer.error().text;
}

} // namespace

TEST_CASE("a program adopts a generation, and says which one it runs")
{
    StoreProcess store;
    CHECK(number_in_force(store) == 1);
    auto settings = store.settings();
    settings.operator_host = "other.test";
    const auto answer = store.metkad().ask(Adopt{}, sealed(generation(settings, 7)));
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().text));
    CHECK(sys::decode<Adopted>(*answer).value().generation == 7);
    CHECK(number_in_force(store) == 7);
}

TEST_CASE("a generation that cannot be adopted is refused with what is wrong, and changes nothing")
{
    StoreProcess store;
    const auto good = generation(store.settings(), 7);
    CHECK(refusal(store, sealed(good + "log.size: 3\n")).find("engine file of generation 7") !=
          std::string::npos);
    CHECK(refusal(store, sealed(std::string(2 << 20, '#'))).find("at most") != std::string::npos);
    CHECK(refusal(store, {}).find("sealed") != std::string::npos);
    CHECK(refusal(store, sys::Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))).find("sealed") !=
          std::string::npos);

    auto elsewhere = store.settings();
    elsewhere.state_folder = "/var/lib/elsewhere";
    CHECK(refusal(store, sealed(generation(elsewhere, 7))).starts_with("state.folder cannot change"));
    auto somebody_else = store.settings();
    somebody_else.users_store = "somebody";
    CHECK(refusal(store, sealed(generation(somebody_else, 7))).starts_with("users.store cannot change"));

    store.deliver(store.mine(), text);
    CHECK(store.names(store.mine()).size() == 1);
}

TEST_CASE("a program that has no listeners refuses them and certificates, and serves on")
{
    StoreProcess store;
    CHECK_FALSE(store.metkad().ask(GiveListener{.name = "smtp", .address = "127.0.0.1:25"}));
    CHECK_FALSE(store.metkad().ask(DropListener{.name = "smtp", .address = "127.0.0.1:25"}));
    CHECK_FALSE(store.metkad().ask(GiveCertificates{}, sealed("no certificates")));
    CHECK_FALSE(store.metkad().ask(GiveCertificates{}, sealed(sys::encode(CertificateSet{}).body)));
    CHECK(number_in_force(store) == 1);
}

TEST_CASE("an engine file that is wrong ends a program at its start")
{
    const TestFolder folder;
    ChildProcess process(METKA_STORE, "generation: 3\nstate:\n  folder: relative\n", folder.file("lock"));
    CHECK_FALSE(process.metkad().ask(Start{}));
    CHECK(process.wait() == EX_CONFIG);
}

TEST_CASE("a program that is started by hand says so and ends")
{
    const TestFolder folder;
    const auto said = folder.file("said");
    const auto command = std::string(METKA_STORE) + " 3>&- 5>&- 2> " + said;
    const int status = std::system(command.c_str());
    CHECK(WEXITSTATUS(status) == EX_USAGE);
    CHECK(sys::read_file(said, 1_MiB).value() ==
          "metka-store: it is started by metkad, not by hand; see metkad(8)\n");
}

TEST_CASE("what began on one store ends there while the next one serves, and then the old one is done")
{
    StoreProcess store;
    store.deliver(store.mine(), text);
    auto smtp = store.smtp();
    auto session = store.session(store.mine());
    REQUIRE(session.ask(OpenInbox{}));
    const auto transaction = MessageId::make(SystemClock().now());
    {
        const auto opened = smtp.ask(OpenMessage{.transaction = transaction, .first = store.mine()});
        REQUIRE(opened);
        REQUIRE(sys::write_whole(opened->descriptors[0].get(), text, 0));
    }

    const auto next = store.another();
    REQUIRE(store.metkad().ask(Drain{}));
    auto meanwhile = next->meet(Program::smtp);
    const auto other_transaction = MessageId::make(SystemClock().now());
    REQUIRE(meanwhile.ask(OpenMessage{.transaction = other_transaction, .first = store.mine()}));

    const auto committed = smtp.ask(CommitMessage{
        .transaction = transaction, .inboxes = {store.mine()}, .size = Bytes{text.size()}, .lines = 1});
    CHECK_MESSAGE(committed, (committed ? "" : committed.error().text));
    smtp = Peer(sys::Descriptor());
    CHECK(session.ask(ReadMessage{0}));
    session = Peer(sys::Descriptor());
    CHECK(store.process().wait() == 0);

    auto pair = sys::make_wire();
    REQUIRE(pair);
    auto auth = next->meet(Program::auth);
    REQUIRE(auth.ask(GrantInbox{store.mine()}, std::move(pair->other)));
    Peer later(std::move(pair->one));
    const auto all = later.ask(OpenInbox{});
    REQUIRE(all);
    CHECK(sys::decode<InboxOpened>(*all).value().messages == 2);
    CHECK(meanwhile.ask(CommitMessage{
        .transaction = other_transaction, .inboxes = {store.mine()}, .size = Bytes{}, .lines = 0}));
}
