// What MailSink and MailInbox promise, on the store itself and over the wires of metka-store: one contract.

#include "core/maildir/mail_store.h"

#include <numeric>

#include "tests/unit/store/houses.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

TEST_CASE_TEMPLATE("a committed message is listed, read and removed", House, Local, Wired)
{
    House house;
    const auto one = house.scratch.mailbox().place.inbox, other = house.scratch.mailbox().place.inbox;
    REQUIRE(deliver(house, {one, other}, text));
    auto opened = house.inbox(one);
    REQUIRE(opened);
    auto& inbox = **opened;
    const auto listed = list(house.loop, inbox);
    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().octets == text.size() + 3);
    const auto message = run(house.loop, inbox.read(0));
    REQUIRE(message);
    CHECK(sys::read_whole(message->file.get(), 1_MiB) == text);
    CHECK_FALSE(sys::write_whole(message->file.get(), "x", 0)); // read-only
    CHECK(message->octets == text.size() + 3);

    const std::vector<MessageIndex> all{0};
    CHECK(run(house.loop, inbox.remove(all))->removed == 1);
    CHECK(fault_of(run(house.loop, inbox.read(0))) == Fault::not_found);
    CHECK(list(house.loop, inbox)->empty());
    CHECK(list(house.loop, **house.inbox(other))->size() == 1);
}

TEST_CASE_TEMPLATE("a message that is handed over whole lies in all its inboxes, or in none", House, Local,
                   Wired)
{
    House house;
    const auto one = house.scratch.mailbox(1_KiB), other = house.scratch.mailbox();
    const auto deliver_whole = [&](std::vector<InboxId> inboxes, std::string whole) {
        const auto id = house.scratch.next_id();
        for (const auto& inbox : inboxes)
            CHECK(promise(house.loop, house.sink(), id, inbox, Bytes{100}));
        return run(house.loop, house.sink().deliver(id, inboxes, {.text = std::move(whole), .lines = 3}));
    };
    CHECK(deliver_whole({one.place.inbox, other.place.inbox, one.place.inbox}, text));
    CHECK(house.scratch.files(one).size() == 1);
    CHECK(house.scratch.files(other).size() == 1);
    CHECK(fault_of(deliver_whole({other.place.inbox, one.place.inbox}, std::string(2000, 'x'))) ==
          Fault::limit);
    CHECK(house.scratch.files(other).size() == 1);
    CHECK(house.scratch.store->usage(one)->used.count == text.size());
    const auto listed = list(house.loop, **house.inbox(one.place.inbox));
    REQUIRE(listed);
    CHECK(listed->front().octets == text.size() + 3);
}

TEST_CASE_TEMPLATE("a message that its writer still has open is stored nowhere", House, Local, Wired)
{
    House house;
    const auto inbox = house.scratch.mailbox();
    const auto id = house.scratch.next_id();
    auto message = run(house.loop, house.sink().open(id, inbox.place.inbox));
    REQUIRE(message);
    REQUIRE(sys::write_whole(message->file.get(), text, 0));
    const auto committed =
        run(house.loop, house.sink().commit(id, {inbox.place.inbox}, Scratch::written_of(text)));
    CHECK(fault_of(committed) == Fault::denied);
    CHECK(house.scratch.files(inbox).empty());
}

TEST_CASE_TEMPLATE("refusals are the same on both sides of the wire", House, Local, Wired)
{
    House house;
    auto& sink = house.sink();
    const auto inbox = house.scratch.mailbox(1_KiB).place.inbox;
    const InboxId unknown = InboxId::make(house.scratch.clock.now());
    const auto id = house.scratch.next_id();
    CHECK(fault_of(promise(house.loop, sink, id, unknown, 1_KiB)) == Fault::unavailable);
    CHECK(fault_of(run(house.loop, sink.open(id, unknown))) == Fault::not_found);
    CHECK(fault_of(run(house.loop, sink.commit(id, {inbox}, {}))) == Fault::not_found);
    CHECK(fault_of(house.inbox(unknown)) == Fault::not_found);
    CHECK(fault_of(promise(house.loop, sink, id, inbox, Bytes{1025})) == Fault::limit);
    CHECK(promise(house.loop, sink, id, inbox, 1_KiB));
    CHECK(fault_of(promise(house.loop, sink, house.scratch.next_id(), inbox, Bytes{1})) == Fault::limit);
    CHECK(fault_of(deliver(house, {inbox}, std::string(2000, 'x'))) == Fault::limit);
    CHECK(fault_of(deliver(house, {inbox, unknown}, text)) == Fault::not_found);
}

TEST_CASE_TEMPLATE("an inbox has one session at a time", House, Local, Wired)
{
    House house;
    const auto id = house.scratch.mailbox().place.inbox;
    auto first = house.inbox(id), second = house.inbox(id);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(run(house.loop, (*first)->open()));
    CHECK(fault_of(run(house.loop, (*second)->open())) == Fault::conflict);
    first->reset();
    Result<Opened> locked;
    do
        locked = run(house.loop, (*second)->open()); // the store hears of the closed wire in its own time
    while (!locked && locked.error().fault == Fault::conflict);
    CHECK(locked);
}

TEST_CASE_TEMPLATE("a session that has unlocked its inbox is in nobody's way, its wire closed or not", House,
                   Local, Wired)
{
    House house;
    const auto id = house.scratch.mailbox().place.inbox;
    const auto first = house.inbox(id), second = house.inbox(id);
    REQUIRE(first);
    REQUIRE(second);
    REQUIRE(run(house.loop, (*first)->open()));
    run(house.loop, (*first)->unlock());
    CHECK(run(house.loop, (*second)->open()));
}

TEST_CASE_TEMPLATE("abandoned room can be promised again", House, Local, Wired)
{
    House house;
    const auto inbox = house.scratch.mailbox(1_KiB).place.inbox;
    const auto id = house.scratch.next_id();
    REQUIRE(promise(house.loop, house.sink(), id, inbox, 1_KiB));
    house.sink().abandon(id);
    house.sink().abandon(id);
    Result<void> promised;
    do
        promised = promise(house.loop, house.sink(), house.scratch.next_id(), inbox, 1_KiB);
    while (!promised && promised.error().fault == Fault::limit);
    CHECK(promised);
}

TEST_CASE_TEMPLATE("a list longer than a frame comes whole, and is removed whole", House, Local, Wired)
{
    House house;
    const auto inbox = house.scratch.mailbox();
    constexpr int count = 9000; // octets, uids and removals take several frames
    const auto fresh = house.scratch.maildir(inbox) / "new";
    const auto source = house.scratch.folder.path() / "source";
    write_file(source, "a\n");
    for (int i = 0; i < count; ++i)
        std::filesystem::create_hard_link(source, fresh / fmt::format("{:05}.{}", i, std::string(60, 'x')));
    auto opened = house.inbox(inbox.place.inbox);
    REQUIRE(opened);
    const auto listed = list(house.loop, **opened);
    REQUIRE(listed);
    REQUIRE(listed->size() == count);
    CHECK(std::ranges::is_sorted(*listed, {}, &Row::uid));
    std::vector<MessageIndex> all(count);
    std::iota(all.begin(), all.end(), MessageIndex{0});
    CHECK(run(house.loop, (*opened)->remove(all))->removed == count);
    CHECK(house.scratch.files(inbox).empty());
}

TEST_CASE("room promised to a wire that closed can be promised again")
{
    Wired house;
    const auto inbox = house.scratch.mailbox(1_KiB).place.inbox;
    net::Link second;
    const auto wire = house.connect(second, "smtp", &store::StoreEngine::serve_smtp);
    WireSink other(second);
    REQUIRE(promise(house.loop, other, house.scratch.next_id(), inbox, 1_KiB));
    CHECK(fault_of(promise(house.loop, house.sink(), house.scratch.next_id(), inbox, Bytes{1})) ==
          Fault::limit);
    wire->close();
    Result<void> promised;
    do
        promised = promise(house.loop, house.sink(), house.scratch.next_id(), inbox, 1_KiB);
    while (!promised && promised.error().fault == Fault::limit);
    CHECK(promised);
}

TEST_CASE("a transaction belongs to the wire that began it")
{
    Wired house;
    const auto inbox = house.scratch.mailbox();
    net::Link second;
    house.connect(second, "relay", &store::StoreEngine::serve_smtp);
    WireSink other(second);
    const auto id = house.scratch.next_id();
    auto message = run(house.loop, house.sink().open(id, inbox.place.inbox));
    REQUIRE(message);
    message->file.reset();
    CHECK(fault_of(run(house.loop, other.commit(id, {inbox.place.inbox}, {}))) == Fault::not_found);
    CHECK(fault_of(run(house.loop, other.open(id, inbox.place.inbox))) == Fault::conflict);
    other.abandon(id);
    CHECK(fault_of(promise(house.loop, other, id, inbox.place.inbox, 1_KiB)) == Fault::conflict);
    CHECK(run(house.loop, house.sink().commit(id, {inbox.place.inbox}, {})));
}

TEST_CASE("each wire is answered only what it is for")
{
    Wired house;
    const auto inbox = house.scratch.mailbox();
    AskUsage usage;
    static_cast<InboxPlace&>(usage) = inbox.place;
    RemoveInbox removal;
    static_cast<InboxPlace&>(removal) = inbox.place;
    OpenMessage opening;
    opening.first = inbox.place.inbox;
    GrantInbox grant;
    grant.inbox = inbox.place.inbox;
    for (auto* link : {&house.smtp, &house.auth}) {
        CHECK(fault_of(house.ask<Usage>(*link, usage)) == Fault::denied);
        CHECK(fault_of(house.ask<Done>(*link, removal)) == Fault::denied);
        CHECK(fault_of(house.ask<InboxOpened>(*link, OpenInbox{})) == Fault::denied);
    }
    CHECK(fault_of(house.ask<Done>(house.auth, opening)) == Fault::denied);
    CHECK(fault_of(house.ask<Done>(house.metkad, opening)) == Fault::denied);
    CHECK(fault_of(house.ask<Done>(house.smtp, grant)) == Fault::denied);
    CHECK(fault_of(house.ask<Done>(house.metkad, grant)) == Fault::denied);

    auto pair = sys::make_wire();
    REQUIRE(pair);
    auto frame = sys::encode(grant);
    frame.descriptors[0] = std::move(pair->one);
    REQUIRE(run(house.loop, house.auth.ask(std::move(frame))));
    const auto session = net::Wire::open(house.loop.get_executor(), std::move(pair->other), "store");
    session->serve({});
    net::Link link;
    link.replace(session);
    CHECK(house.ask<InboxOpened>(link, OpenInbox{}));
    CHECK(fault_of(house.ask<Done>(link, removal)) == Fault::denied);
    CHECK(fault_of(house.ask<Done>(link, opening)) == Fault::denied);
    CHECK(fault_of(house.ask<Done>(link, grant)) == Fault::denied);
    CHECK(std::filesystem::exists(house.scratch.maildir(inbox)));
}

TEST_CASE("a transaction is committed by the store it began on, also when that was replaced meanwhile")
{
    Wired house;
    const auto facts = house.scratch.mailbox(1_MiB);
    const auto inbox = facts.place.inbox;
    net::Link link;
    const auto old = house.connect(link, "smtp", &store::StoreEngine::serve_smtp);
    WireSink sink(link);
    const auto id = house.scratch.next_id();
    REQUIRE(promise(house.loop, sink, id, inbox, 1_KiB));
    auto message = run(house.loop, sink.open(id, inbox));
    REQUIRE(message);
    const auto abandoned = house.scratch.next_id();
    REQUIRE(promise(house.loop, sink, abandoned, inbox, 1_KiB));

    store::StoreEngine next(house.loop.get_executor(), house.kept(), 1);
    auto pair = sys::make_wire();
    REQUIRE(pair);
    next.serve_smtp(net::Wire::open(house.loop.get_executor(), std::move(pair->one), "smtp"));
    const auto fresh = net::Wire::open(house.loop.get_executor(), std::move(pair->other), "store");
    fresh->serve({});
    link.replace(fresh);
    const auto later = house.scratch.next_id();
    REQUIRE(promise(house.loop, sink, later, inbox, 1_KiB));

    REQUIRE(sys::write_whole(message->file.get(), text, 0));
    message->file.reset();
    const auto committed = run(house.loop, sink.commit(id, {inbox}, Scratch::written_of(text)));
    CHECK_MESSAGE(committed, (committed ? "" : committed.error().text));
    CHECK(house.scratch.files(facts).size() == 1);
    CHECK(old->is_open());
    sink.abandon(abandoned);
    CHECK_FALSE(old->is_open());
    CHECK(fresh->is_open());
    CHECK(run(house.loop, sink.open(later, inbox)));
    fresh->close();
}

TEST_CASE("a commit that fails ends its transaction, and its wire is held for it no longer")
{
    Wired house;
    const auto inbox = house.scratch.mailbox(1_MiB).place.inbox;
    net::Link link;
    const auto old = house.connect(link, "smtp", &store::StoreEngine::serve_smtp);
    WireSink sink(link);
    const auto id = house.scratch.next_id();
    REQUIRE(promise(house.loop, sink, id, inbox, 1_KiB));
    CHECK_FALSE(run(house.loop, sink.commit(id, {InboxId::make(house.scratch.clock.now())}, {})));
    sink.abandon(id);
    link.replace(nullptr);
    CHECK_FALSE(old->is_open());
    CHECK(fault_of(promise(house.loop, sink, id, inbox, 1_KiB)) == Fault::unavailable);
}

TEST_CASE("a store that drains waits until every inbox it granted has been let go")
{
    Wired house;
    const auto inbox = house.scratch.mailbox().place.inbox;
    bool drained = false;
    house.engine.drain([&] { drained = true; });
    CHECK(drained);

    auto session = house.inbox(inbox);
    REQUIRE(session);
    drained = false;
    house.engine.drain([&] { drained = true; });
    CHECK(run(house.loop, (*session)->open()));
    CHECK_FALSE(drained);
    session->reset();
    until(house.loop, [&] { return drained; });
}

TEST_CASE("an inbox is granted with the end of a wire and with nothing else")
{
    Wired house;
    GrantInbox grant;
    grant.inbox = house.scratch.mailbox().place.inbox;
    CHECK(fault_of(house.ask<Done>(house.auth, grant)) == Fault::invalid);
    auto frame = sys::encode(grant);
    frame.descriptors[0] = house.scratch.folder.open();
    CHECK(fault_of(run(house.loop, house.auth.ask(std::move(frame)))) == Fault::invalid);
}

TEST_CASE("metkad makes inboxes, asks how full they are, and takes them away")
{
    Wired house;
    InboxPlace place;
    place.inbox = InboxId::make(house.scratch.clock.now());
    place.inbox_kind = directory::InboxKind::shell;
    MakeInbox making;
    static_cast<InboxPlace&>(making) = place;
    const auto made = run(house.loop, house.metkad.ask(sys::encode(making)));
    REQUIRE(made);
    REQUIRE(made->descriptors[0]);
    CHECK(std::ranges::count(sys::names_in(made->descriptors[0].get()).value(), "new") == 1);

    const auto mailbox = house.scratch.mailbox();
    static_cast<InboxPlace&>(making) = mailbox.place;
    const auto again = run(house.loop, house.metkad.ask(sys::encode(making)));
    REQUIRE(again);
    CHECK_FALSE(again->descriptors[0]);

    REQUIRE(deliver(house, {mailbox.place.inbox}, text));
    AskUsage usage;
    static_cast<InboxPlace&>(usage) = mailbox.place;
    const auto used = house.ask<Usage>(house.metkad, usage);
    REQUIRE(used);
    CHECK(used->used.count == text.size());
    CHECK(used->messages == 1);

    RemoveInbox removal;
    static_cast<InboxPlace&>(removal) = mailbox.place;
    CHECK(house.ask<Done>(house.metkad, removal));
    CHECK(house.ask<Done>(house.metkad, removal));
    CHECK(fault_of(house.ask<Usage>(house.metkad, usage)) == Fault::not_found);
}

TEST_CASE("many messages at once into one inbox are all there, and counted")
{
    Wired house;
    const auto inbox = house.scratch.mailbox(100_MiB);
    constexpr int count = 40;
    std::vector<std::future<Result<void>>> all;
    for (int i = 0; i < count; ++i) {
        auto one = [](Wired& at, InboxId to) -> asio::awaitable<Result<void>> {
            const auto id = at.scratch.next_id();
            std::vector<InboxId> asked{to};
            const auto promised = co_await at.sink().promise(id, std::move(asked), 1_MiB);
            if (!promised) co_return pass(promised);
            auto message = co_await at.sink().open(id, to);
            if (!message) co_return pass(message);
            const auto written = sys::write_whole(message->file.get(), text, 0);
            if (!written) co_return written;
            message->file.reset();
            std::vector<InboxId> inboxes{to};
            auto committed = co_await at.sink().commit(id, std::move(inboxes), Scratch::written_of(text));
            co_return committed;
        };
        auto started = one(house, inbox.place.inbox);
        all.push_back(asio::co_spawn(house.loop, std::move(started), asio::use_future));
    }
    for (auto& each : all) {
        until(house.loop, [&] { return is_there(each); });
        const auto result = each.get();
        if (!result) FAIL_CHECK(result.error().text);
    }
    CHECK(house.scratch.files(inbox).size() == count);
    const auto usage = house.scratch.store->usage(inbox);
    REQUIRE(usage);
    CHECK(usage->used.count == count * text.size());
    CHECK(usage->messages == count);
}
