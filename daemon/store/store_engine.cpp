#include "daemon/store/store_engine.h"

#include <asio/post.hpp>

#include "core/maildir/protocol.h"
#include "core/net/aside.h"
#include "core/sys/wire_end.h"
#include "daemon/store/inbox_wire.h"
#include "daemon/store/keeper_wire.h"

namespace metka::store {

using namespace maildir;

struct Grants {
    std::size_t served = 0;
    std::function<void()> drained;

    void end_one()
    {
        if (--served > 0) return;
        if (const auto done = std::exchange(drained, nullptr)) done();
    }
};

namespace {

// What metka-auth's wire needs.
struct House {
    MaildirStore& store;
    directory::Directory& directory;
    const Clock& clock;
    asio::any_io_executor loop;
    asio::thread_pool& workers;
    FullnessWatch& watch;
    std::shared_ptr<Grants> grants;
};

template <class Peer>
net::Wire::Handler handler_of(std::shared_ptr<Peer> peer)
{
    return [peer = std::move(peer)](sys::Frame request) { return peer->answer(std::move(request)); };
}

// metka-auth: has checked a password, and gives the one inbox it opens to a session.
class GrantWire : public std::enable_shared_from_this<GrantWire> {
  public:
    explicit GrantWire(House house) : house_(std::move(house)) {}
    static std::string_view name() { return "auth"; }

    Answer answer(sys::Frame request)
    {
        static constexpr std::array<Request<GrantWire>, 1> table{{{GrantInbox::kind, &GrantWire::grant}}};
        return answer_from(table, shared_from_this(), std::move(request));
    }

  private:
    Answer grant(sys::Frame request)
    {
        const auto asked = sys::decode<GrantInbox>(request);
        if (!asked) co_return pass(asked);
        const auto granted = co_await begin(asked->inbox, std::move(request.descriptors[0]));
        if (granted) co_return sys::encode(Done{});
        sys::log(sys::Level::warning, "store.not_granted",
                 {{"inbox", asked->inbox.hex()}, {"why", granted.error().text}});
        co_return pass(granted);
    }

    asio::awaitable<Result<void>> begin(InboxId inbox, sys::Descriptor end)
    {
        if (!sys::is_wire_end(end.get()))
            co_return fail(Fault::invalid, "an inbox is granted with the end of a wire");
        const auto facts = facts_in(house_.directory, inbox);
        if (!facts) co_return pass(facts);
        auto opened = house_.store.inbox_at_once(*facts);
        if (!opened) {
            auto work = [&store = house_.store, facts = *facts] { return store.inbox(facts); };
            auto afresh = co_await net::run_aside(house_.workers, std::move(work));
            if (!afresh) co_return pass(afresh);
            opened = std::move(*afresh);
        }
        serve(*facts, std::move(opened), std::move(end));
        co_return Result<void>{};
    }

    void serve(const InboxFacts& facts, std::unique_ptr<MaildirInbox> opened, sys::Descriptor end)
    {
        auto emptied = [&watch = house_.watch, inbox = facts.place.inbox] { watch.look_after(inbox); };
        const auto session = std::make_shared<InboxWire>(
            std::move(opened), house_.workers, SessionRights(house_.directory, house_.clock, facts.place),
            std::move(emptied));
        ++house_.grants->served;
        net::Wire::open(house_.loop, std::move(end), session->name())
            ->serve(handler_of(session), [grants = house_.grants] { grants->end_one(); });
    }

    House house_;
};

} // namespace

StoreEngine::StoreEngine(asio::any_io_executor loop, const Kept& kept, std::size_t workers)
    : store_(kept.store),
      directory_(kept.directory),
      notices_(kept.notices),
      clock_(kept.clock),
      loop_(std::move(loop)),
      grants_(std::make_shared<Grants>()),
      workers_(workers),
      large_ones_(Batches::most_large_at_once),
      batches_(loop_, workers_, large_ones_, store_),
      watch_({.loop = loop_,
              .workers = workers_,
              .directory = directory_,
              .store = store_,
              .notices = notices_,
              .landings = landings_})
{
}

StoreEngine::~StoreEngine()
{
    workers_.join();
    large_ones_.join();
}

void StoreEngine::serve_smtp(const std::shared_ptr<net::Wire>& wire)
{
    const DeliveryWire::House house{.store = store_,
                                    .directory = directory_,
                                    .workers = workers_,
                                    .large_ones = large_ones_,
                                    .transactions = transactions_,
                                    .watch = watch_,
                                    .landings = landings_,
                                    .batches = batches_};
    const auto peer = std::make_shared<DeliveryWire>(house, wire->peer());
    wire->serve(handler_of(peer), [peer] { peer->closed(); });
}

void StoreEngine::serve_auth(const std::shared_ptr<net::Wire>& wire)
{
    House house{.store = store_,
                .directory = directory_,
                .clock = clock_,
                .loop = loop_,
                .workers = workers_,
                .watch = watch_,
                .grants = grants_};
    wire->serve(handler_of(std::make_shared<GrantWire>(std::move(house))));
}

net::Wire::Handler StoreEngine::metkad_handler()
{
    const KeeperWire::House house{.store = store_,
                                  .directory = directory_,
                                  .workers = workers_,
                                  .notices = notices_,
                                  .landings = landings_};
    return handler_of(std::make_shared<KeeperWire>(house));
}

void StoreEngine::drain(std::function<void()> done)
{
    if (grants_->served == 0) return done();
    grants_->drained = std::move(done);
}

void StoreEngine::empty_trash()
{
    asio::post(workers_, [this] { store_.empty_trash(); });
}

} // namespace metka::store
