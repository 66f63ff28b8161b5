// A metka-access session that was taken over: from the wire of one inbox nothing of another is reached.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/maildir/places.h"
#include "tests/unit/household/store_process.h"

using namespace metka;
using namespace metka::household;
using namespace metka::maildir;

namespace {

constexpr std::string_view my_text = "Subject: mine\n";
constexpr std::string_view other_text = "Subject: not for you\n";

struct TwoInboxes {
    TwoInboxes()
    {
        store.deliver(store.mine(), my_text);
        store.deliver(store.other(), other_text);
        mine = store.names(store.mine()).front();
        other = store.names(store.other()).front();
        InboxPlace place;
        place.inbox = store.other();
        other_path = path_of(place).value();
    }

    // What a session may try to call the other inbox's message, or anything else that is not its own.
    std::vector<std::string> foreign_names() const
    {
        const std::string up = "../../../../../";
        return {other,
                "new/" + other,
                "cur/" + other,
                "../" + other,
                up + other_path + "/new/" + other,
                store.path("mail/" + other_path + "/new/" + other),
                up + "../directory/metka.db",
                store.path("directory/metka.db"),
                "/etc/passwd",
                "/proc/self/environ",
                "../new/" + mine,
                "./" + mine,
                "/" + mine,
                mine + "/",
                mine + "/../" + mine,
                mine + std::string("\0", 1),
                mine + std::string("\0x", 2),
                "",
                ".",
                "..",
                "/",
                std::string("\0", 1),
                std::string(300, 'x'),
                std::string(5000, '/')};
    }

    StoreProcess store;
    std::string mine, other, other_path;
};

} // namespace

TEST_CASE("a session lists and reads its own inbox, and by no name anything else")
{
    TwoInboxes inboxes;
    auto session = inboxes.store.session(inboxes.store.mine());
    const auto own = session.ask(ReadMessage{inboxes.mine});
    REQUIRE(own);
    CHECK(fcntl(own->descriptors[0].get(), F_GETFL) % 4 == O_RDONLY);
    CHECK(write(own->descriptors[0].get(), "X", 1) < 0);
    CHECK(inboxes.store.texts(inboxes.store.mine()) == std::vector<std::string>{std::string(my_text)});
    for (const auto& name : inboxes.foreign_names()) {
        CAPTURE(name);
        auto trying = inboxes.store.session(inboxes.store.mine());
        const auto read = trying.ask(ReadMessage{name});
        CHECK_FALSE(read);
    }
}

TEST_CASE("a session removes nothing of another inbox, by any name")
{
    TwoInboxes inboxes;
    auto session = inboxes.store.session(inboxes.store.mine());
    REQUIRE(session.ask(LockInbox{}));
    for (const auto& name : inboxes.foreign_names())
        (void)session.ask(RemoveMessages{{name}});
    (void)session.ask(RemoveMessages{inboxes.foreign_names()});
    session = Peer(sys::Descriptor());
    CHECK(inboxes.store.texts(inboxes.store.mine()) == std::vector<std::string>{std::string(my_text)});
    CHECK(inboxes.store.texts(inboxes.store.other()) == std::vector<std::string>{std::string(other_text)});
    CHECK(access(inboxes.store.path("directory/metka.db").c_str(), F_OK) == 0);
}

TEST_CASE("an inbox wire takes no delivery, no housekeeping and no grant")
{
    TwoInboxes inboxes;
    auto& store = inboxes.store;
    const auto session = [&] { return store.session(store.mine()); };
    const auto transaction = MessageId::make(SystemClock().now());
    RemoveInbox remove;
    remove.inbox = store.other();
    AskUsage usage;
    usage.inbox = store.other();

    CHECK_FALSE(
        session().ask(PromiseRoom{.transaction = transaction, .inboxes = {store.other()}, .octets = 1_KiB}));
    CHECK_FALSE(session().ask(OpenMessage{.transaction = transaction, .first = store.other()}));
    CHECK_FALSE(session().ask(CommitMessage{.transaction = transaction, .inboxes = {store.other()}}));
    CHECK_FALSE(session().ask(AbandonMessage{transaction}));
    CHECK_FALSE(session().ask(remove));
    CHECK_FALSE(session().ask(usage));
    CHECK_FALSE(session().ask(GiveWire{.peer = Program::auth}));
    CHECK_FALSE(session().ask(Drain{}));

    auto pair = sys::make_wire();
    REQUIRE(pair);
    CHECK_FALSE(session().ask(GrantInbox{store.other()}, std::move(pair->other)));
    Peer ungranted(std::move(pair->one));
    CHECK_FALSE(ungranted.ask(ListInbox{}));
    CHECK(store.texts(store.other()) == std::vector<std::string>{std::string(other_text)});
}

TEST_CASE("a grant names an inbox that there is, and comes with the end of a wire")
{
    StoreProcess store;
    auto pair = sys::make_wire();
    REQUIRE(pair);
    CHECK_FALSE(store.auth().ask(GrantInbox{InboxId::make(SystemClock().now())}, std::move(pair->other)));
    CHECK_FALSE(store.auth().ask(GrantInbox{store.mine()}));
    CHECK_FALSE(
        store.auth().ask(GrantInbox{store.mine()}, sys::Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC))));
    CHECK_FALSE(store.auth().ask(OpenMessage{.transaction = {}, .first = store.mine()}));
    CHECK(store.names(store.mine()).empty());
}
