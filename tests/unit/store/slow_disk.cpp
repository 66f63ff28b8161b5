// A disk that stalls while messages are made durable: nobody is told to try later what is stored anyway.

#include <atomic>
#include <latch>

#include "tests/unit/net/heap.h"
#include "tests/unit/store/houses.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

namespace {

// A disk that stands still at the first call of a kind until it is let go.
class Stall {
  public:
    Stall(FailingDisk& disk, std::string kind) : disk_(disk)
    {
        disk_.during = [this, kind = std::move(kind)](const std::string& call) {
            if (!call.starts_with(kind) || has_begun_.exchange(true)) return;
            end_.wait();
        };
    }
    ~Stall()
    {
        let_go();
        disk_.during = nullptr;
    }
    Stall(const Stall&) = delete;
    Stall& operator=(const Stall&) = delete;

    bool has_begun() const { return has_begun_; }
    void let_go()
    {
        if (!std::exchange(is_over_, true)) end_.count_down();
    }

  private:
    FailingDisk& disk_;
    std::atomic<bool> has_begun_ = false;
    bool is_over_ = false;
    std::latch end_{1};
};

template <class Value>
bool is_ready(const std::future<Value>& future)
{
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// Turns the loop until that has come about; false: it does not come.
bool turn_until(asio::io_context& loop, const auto& has_come_about)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!has_come_about() && std::chrono::steady_clock::now() < end) {
        loop.restart();
        loop.run_one_for(std::chrono::milliseconds(5));
    }
    return has_come_about();
}

struct Stalled : Wired {
    std::future<Result<void>> begin(asio::awaitable<Result<void>> delivering)
    {
        return asio::co_spawn(loop, std::move(delivering), asio::use_future);
    }
    // Each is begun by the house's own sink, which is patient, and stored by that one.
    std::future<Result<void>> begin_whole(MailSink& at, const InboxFacts& to)
    {
        const auto id = scratch.next_id();
        REQUIRE(promise(loop, sink(), id, to.place.inbox, 1_KiB));
        return begin(at.deliver(id, {to.place.inbox}, {.text = text, .lines = 3}));
    }
    std::future<Result<void>> begin_file(MailSink& at, const InboxFacts& to, const std::string& content)
    {
        const auto id = scratch.next_id();
        auto message = run(loop, sink().open(id, to.place.inbox));
        REQUIRE(message);
        REQUIRE(sys::write_whole(message->file.get(), content, 0));
        message->file.reset();
        return begin(at.commit(id, {to.place.inbox}, Scratch::written_of(content)));
    }
    // So long that whatever is not waited for with patience is given up.
    void outlast(std::chrono::milliseconds patience)
    {
        asio::steady_timer bell(loop, patience * 4);
        bool has_rung = false;
        bell.async_wait([&](const asio::error_code&) { has_rung = true; });
        REQUIRE(turn_until(loop, [&] { return has_rung; }));
    }
};

} // namespace

TEST_CASE("a message is waited for as long as its client waits, and no longer")
{
    CHECK(Deadlines{}.asking == net::Wire::patience);
    CHECK(Deadlines{}.storing > std::chrono::minutes(9));
    CHECK(Deadlines{}.storing < std::chrono::minutes(10));
}

TEST_CASE("a message on a disk that stalls longer than a question may take is stored once, and said to be")
{
    constexpr std::chrono::milliseconds asking{50};
    for (const bool is_whole : {true, false}) {
        CAPTURE(is_whole);
        Stalled house;
        WireSink sink(house.smtp, {.asking = asking});
        const auto inbox = house.scratch.mailbox();
        Stall stall(house.scratch.disk, "link");
        auto stored = is_whole ? house.begin_whole(sink, inbox) : house.begin_file(sink, inbox, text);
        REQUIRE(turn_until(house.loop, [&] { return stall.has_begun(); }));
        house.outlast(asking);
        CHECK_FALSE(is_ready(stored));
        stall.let_go();
        REQUIRE(turn_until(house.loop, [&] { return is_ready(stored); }));
        const auto outcome = stored.get();
        CHECK_MESSAGE(outcome, (outcome ? "" : outcome.error().text));
        CHECK(house.scratch.files(inbox).size() == 1);
    }
}

TEST_CASE("a small message does not wait until a large one has been named, copied or written out")
{
    for (const auto* const stalling : {"sync message", "start", "link"}) {
        CAPTURE(stalling);
        Stalled house;
        house.scratch.disk.journaled = true;
        const auto inbox = house.scratch.mailbox();
        Stall stall(house.scratch.disk, stalling);
        const std::string content(store::Batches::large.count + 1, 'x');
        auto large = house.begin_file(house.sink(), inbox, content);
        REQUIRE(turn_until(house.loop, [&] { return stall.has_begun(); }));
        auto small = house.begin_whole(house.sink(), inbox);
        CHECK(turn_until(house.loop, [&] { return is_ready(small); }));
        CHECK_FALSE(is_ready(large));
        CHECK(house.scratch.files(inbox).size() == 1);
        stall.let_go();
        REQUIRE(turn_until(house.loop, [&] { return is_ready(large) && is_ready(small); }));
        CHECK(large.get());
        CHECK(small.get());
        CHECK(house.scratch.files(inbox).size() == 2);
    }
}

TEST_CASE("large messages that write for long leave the workers to the small ones")
{
    Stalled house;
    const auto inbox = house.scratch.mailbox();
    std::latch end(1);
    std::atomic<int> writing = 0;
    house.scratch.disk.during = [&](const std::string& call) {
        if (call != "sync message" || writing++ >= 4) return;
        end.wait();
    };
    const std::string content(store::Batches::large.count + 1, 'x');
    std::vector<std::future<Result<void>>> all;
    for (int i = 0; i < 6; ++i) // more than the store of this test has workers
        all.push_back(house.begin_file(house.sink(), inbox, content));
    CHECK(turn_until(house.loop, [&] { return writing == 4; }));
    all.push_back(house.begin_whole(house.sink(), inbox));
    CHECK(turn_until(house.loop, [&] { return is_ready(all.back()); }));
    end.count_down();
    CHECK(turn_until(house.loop, [&] { return std::ranges::all_of(all, is_ready<Result<void>>); }));
    for (auto& each : all)
        CHECK(each.get());
    CHECK(house.scratch.files(inbox).size() == all.size());
}

TEST_CASE("of a message that waits for the disk no more is in memory than its text")
{
    constexpr std::size_t many = 64, octets = 60'000;
    Stalled house;
    const auto inbox = house.scratch.mailbox();
    std::latch end(1);
    house.scratch.disk.during = [&](const std::string&) { end.wait(); };
    std::vector<MessageId> ids;
    for (std::size_t i = 0; i < many; ++i) {
        ids.push_back(house.scratch.next_id());
        REQUIRE(promise(house.loop, house.sink(), ids.back(), inbox.place.inbox, Bytes{octets}));
    }
    const auto before = net::in_use();
    std::vector<std::future<Result<void>>> all;
    for (const auto& id : ids) {
        WholeMessage message{.text = std::string(octets, 'x'), .lines = 0};
        all.push_back(house.begin(house.sink().deliver(id, {inbox.place.inbox}, std::move(message))));
    }
    house.outlast(std::chrono::milliseconds(50));
    const auto each = (net::in_use() - before) / many;
    MESSAGE("bytes in memory for a message of ", octets, " that waits: ", each);
    if (!net::is_sanitized) CHECK(each < octets * 3 / 2);
    end.count_down();
    CHECK(turn_until(house.loop, [&] { return std::ranges::all_of(all, is_ready<Result<void>>); }));
    for (auto& one : all)
        CHECK(one.get());
}

TEST_CASE("where more waits for the disk than memory is meant for, the next message is to come later")
{
    Stalled house;
    asio::thread_pool workers(1), large_ones(1);
    store::Batches batches(house.loop.get_executor(), workers, large_ones, *house.scratch.store);
    const auto inbox = house.scratch.mailbox();
    bool is_wanted = true;
    const auto begin = [&](std::size_t octets) {
        Parcel parcel{.transaction = house.scratch.next_id(),
                      .inboxes = {inbox},
                      .message = WholeMessage{.text = std::string(octets, 'x'), .lines = 0}};
        return house.begin(batches.deliver(std::move(parcel), [&] { return is_wanted; }));
    };
    Stall stall(house.scratch.disk, "link");
    auto first = begin(1);
    REQUIRE(turn_until(house.loop, [&] { return stall.has_begun(); }));
    auto waiting = begin(store::Batches::most_held.count - 1);
    auto refused = begin(1);
    REQUIRE(turn_until(house.loop, [&] { return is_ready(refused); }));
    CHECK(fault_of(refused.get()) == Fault::unavailable);
    CHECK_FALSE(is_ready(waiting));
    is_wanted = false;
    stall.let_go();
    REQUIRE(turn_until(house.loop, [&] { return is_ready(first) && is_ready(waiting); }));
    CHECK(first.get());
    CHECK_FALSE(waiting.get());
    is_wanted = true;
    auto next = begin(1);
    REQUIRE(turn_until(house.loop, [&] { return is_ready(next); }));
    CHECK(next.get());
    workers.join();
}
