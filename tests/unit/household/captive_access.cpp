// A metka-access session that was taken over: from the wire of one inbox nothing of another is reached.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

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
    }
    bool are_untouched()
    {
        return store.texts(store.mine()) == std::vector<std::string>{std::string(my_text)} &&
               store.texts(store.other()) == std::vector<std::string>{std::string(other_text)};
    }

    StoreProcess store;
};

// There is one message, with the index 0, and no other way to name one.
constexpr std::array<std::uint32_t, 5> foreign_indices{1, 2, 100'000, 0x7fffffff, 0xffffffff};

} // namespace

TEST_CASE("a session reads its own inbox, and by no index anything else")
{
    TwoInboxes inboxes;
    auto session = inboxes.store.session(inboxes.store.mine());
    REQUIRE(session.ask(OpenInbox{}));
    const auto own = session.ask(ReadMessage{0});
    REQUIRE(own);
    CHECK(fcntl(own->descriptors[0].get(), F_GETFL) % 4 == O_RDONLY);
    CHECK(write(own->descriptors[0].get(), "X", 1) < 0);
    for (const auto index : foreign_indices) {
        CAPTURE(index);
        auto trying = inboxes.store.session(inboxes.store.mine());
        CHECK_FALSE(trying.ask(ReadMessage{0})); // before it is opened
        session = Peer(sys::Descriptor());
        REQUIRE(opened_inbox(trying));
        CHECK_FALSE(trying.ask(ReadMessage{index}));
    }
    CHECK(inboxes.are_untouched());
}

TEST_CASE("a session removes nothing that it has not listed")
{
    TwoInboxes inboxes;
    auto session = inboxes.store.session(inboxes.store.mine());
    CHECK_FALSE(session.ask(RemoveMessages{{0}}));
    for (const auto index : foreign_indices) {
        auto trying = inboxes.store.session(inboxes.store.mine());
        REQUIRE(opened_inbox(trying));
        CHECK_FALSE(trying.ask(RemoveMessages{{index}}));
    }
    auto trying = inboxes.store.session(inboxes.store.mine());
    REQUIRE(opened_inbox(trying));
    CHECK_FALSE(trying.ask(RemoveMessages{{0xffffffffffffffff}}));
    session = Peer(sys::Descriptor());
    trying = Peer(sys::Descriptor());
    CHECK(inboxes.are_untouched());
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
    CHECK_FALSE(ungranted.ask(OpenInbox{}));
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
