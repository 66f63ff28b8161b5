// What a session makes of a store that answers in part, or not at all.

#include "core/maildir/store_client.h"

#include <numeric>

#include "tests/unit/store/houses.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

namespace {

// A store that removes what the first frame names, and says of the second what it is told to.
struct HalfStore {
    explicit HalfStore(Fault fault)
    {
        auto pair = sys::make_wire();
        REQUIRE(pair);
        wire = net::Wire::open(loop.get_executor(), std::move(pair->one), "session");
        wire->serve([this, fault](const sys::Frame&) { return answer(fault); });
        inbox = open_inbox(loop.get_executor(), std::move(pair->other));
    }
    asio::awaitable<Result<sys::Frame>> answer(Fault fault)
    {
        if (++asked > 1) co_return fail(fault, "the second part");
        co_return sys::encode(MessagesRemoved{{.removed = 4096}});
    }
    Result<Removal> remove(MessageIndex count)
    {
        std::vector<MessageIndex> all(count);
        std::iota(all.begin(), all.end(), MessageIndex{0});
        return run(loop, inbox->remove(std::move(all)));
    }

    asio::io_context loop;
    std::shared_ptr<net::Wire> wire;
    std::unique_ptr<MailInbox> inbox;
    int asked = 0;
};

} // namespace

TEST_CASE("messages whose removal nobody answered for are not said to be there")
{
    for (const auto fault : {Fault::unavailable, Fault::io}) {
        HalfStore store(fault);
        CHECK(fault_of(store.remove(5000)) == fault);
        CHECK(store.asked == 2);
    }
}

TEST_CASE("messages that are left since the inbox was lost are told from those that were removed before")
{
    for (const auto fault : {Fault::conflict, Fault::denied, Fault::limit}) {
        HalfStore store(fault);
        const auto removal = store.remove(5000);
        REQUIRE(removal);
        CHECK(removal->removed == 4096);
        CHECK(removal->left == 904);
        CHECK(removal->why == "the second part");
    }
}

TEST_CASE("an inbox is open until its store goes")
{
    HalfStore store(Fault::io);
    REQUIRE(store.remove(1));
    CHECK(store.inbox->is_open());
    store.wire->close();
    CHECK(fault_of(store.remove(1)) == Fault::unavailable);
    CHECK_FALSE(store.inbox->is_open());
}
