#pragma once
// A store in a scratch folder, reached directly or over the wires of metka-store.

#include <functional>
#include <future>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include "core/maildir/local_store.h"
#include "core/maildir/protocol.h"
#include "core/maildir/store_client.h"
#include "daemon/store/store_engine.h"
#include "tests/unit/maildir/scratch.h"

namespace metka::maildir::test {

// Runs the loop until that is so. It may become so in another thread, of which the loop hears nothing: one of
// Asio's fills the futures.
void until(asio::io_context& loop, const auto& has_come_about)
{
    while (!has_come_about()) {
        loop.restart();
        loop.run_one_for(std::chrono::milliseconds(5));
    }
}

template <class Value>
bool is_there(const std::future<Value>& future)
{
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// Runs the loop until this one coroutine has ended.
template <class Value>
Value run(asio::io_context& loop, asio::awaitable<Value> coroutine)
{
    auto future = asio::co_spawn(loop, std::move(coroutine), asio::use_future);
    until(loop, [&] { return is_there(future); });
    return future.get();
}

inline store::NoticeMemory open_memory(const Scratch& scratch)
{
    auto memory = store::NoticeMemory::open(scratch.folder.path() / "memory.db");
    if (!memory) FAIL(memory.error().text);
    return std::move(*memory);
}

// A store in this process, reached directly.
struct Local {
    Scratch scratch;
    asio::io_context loop;
    LocalSink local{*scratch.store, scratch.directory};

    MailSink& sink() { return local; }
    Result<std::unique_ptr<MailInbox>> inbox(const InboxId& id)
    {
        return open_local_inbox(*scratch.store, scratch.directory, id);
    }
};

// The same store behind metka-store's wires.
struct Wired {
    Scratch scratch;
    asio::io_context loop;
    store::Notices notices{open_memory(scratch), *scratch.store, scratch.clock, {.host = "mail.example"}};
    store::StoreEngine engine{loop.get_executor(), kept(), 4};
    net::Link smtp, auth, metkad;
    WireSink wired{smtp};

    Wired()
    {
        connect(smtp, "smtp", &store::StoreEngine::serve_smtp);
        connect(auth, "auth", &store::StoreEngine::serve_auth);
        connect(metkad, "metkad", [](store::StoreEngine& store, const std::shared_ptr<net::Wire>& wire) {
            wire->serve(store.metkad_handler());
        });
    }

    store::StoreEngine::Kept kept()
    {
        return {.store = *scratch.store,
                .directory = scratch.directory,
                .notices = notices,
                .clock = scratch.clock};
    }

    using Serve = std::function<void(store::StoreEngine&, const std::shared_ptr<net::Wire>&)>;
    std::shared_ptr<net::Wire> connect(net::Link& link, const std::string& peer, const Serve& serve)
    {
        auto pair = sys::make_wire();
        REQUIRE(pair);
        serve(engine, net::Wire::open(loop.get_executor(), std::move(pair->one), peer));
        auto wire = net::Wire::open(loop.get_executor(), std::move(pair->other), "store");
        wire->serve({});
        link.replace(wire);
        return wire;
    }

    template <class Reply, class Request>
    Result<Reply> ask(net::Link& link, Request request)
    {
        return run(loop, link.ask_for<Reply>(std::move(request)));
    }

    MailSink& sink() { return wired; }
    Result<std::unique_ptr<MailInbox>> inbox(const InboxId& id)
    {
        auto pair = sys::make_wire();
        REQUIRE(pair);
        GrantInbox grant;
        grant.inbox = id;
        auto frame = sys::encode(grant);
        frame.descriptors[0] = std::move(pair->one);
        const auto granted = run(loop, auth.ask(std::move(frame)));
        if (!granted) return pass(granted);
        return open_inbox(loop.get_executor(), std::move(pair->other));
    }
};

// Opens an inbox, anew if it is open, and lists it.
inline Result<std::vector<Row>> list(asio::io_context& loop, MailInbox& inbox)
{
    const auto opened = run(loop, inbox.open());
    if (!opened) return pass(opened);
    const auto octets = run(loop, inbox.octets());
    if (!octets) return pass(octets);
    Uids uids;
    while (uids.count < opened->messages) {
        const auto part = run(loop, inbox.uids(static_cast<MessageIndex>(uids.count), opened->messages));
        if (!part) return pass(part);
        uids.count += part->count;
        uids.lines += part->lines;
    }
    REQUIRE(octets->size() == opened->messages);
    return rows(*octets, uids);
}

template <class House>
Result<void> deliver(House& house, std::vector<InboxId> inboxes, const std::string& text)
{
    const auto id = house.scratch.next_id();
    auto message = run(house.loop, house.sink().open(id, inboxes.front()));
    if (!message) return pass(message);
    REQUIRE(sys::write_whole(message->file.get(), text, 0));
    message->file.reset();
    return run(house.loop, house.sink().commit(id, std::move(inboxes), Scratch::written_of(text)));
}

// Room in one inbox, with a fault for what was refused.
inline Result<void> promise(asio::io_context& loop, MailSink& sink, const MessageId& id, const InboxId& inbox,
                            Bytes octets)
{
    const auto rooms = run(loop, sink.promise(id, {inbox}, octets));
    if (!rooms) return pass(rooms);
    REQUIRE(rooms->size() == 1);
    if (rooms->front() == Room::held) return {};
    return fail(rooms->front() == Room::full ? Fault::limit : Fault::unavailable, "no room was held");
}

inline const std::string text = "Subject: hello\n\nworld\n";

} // namespace metka::maildir::test
