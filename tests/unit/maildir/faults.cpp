// Whichever call fails, and with whatever errno: nothing that was acknowledged is lost, nothing half-done is
// left, nothing leaks, and the same store serves the next.

#include <functional>
#include <map>
#include <span>

#include <sys/stat.h>

#include "core/maildir/message_name.h"
#include "tests/unit/maildir/faulty_disk.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;
namespace fs = std::filesystem;

namespace {

using FaultyTrial = Trial<FaultyDisk>;

constexpr std::array errors{ENOSPC, EDQUOT, EIO, ENOMEM, EMFILE, EINTR};
constexpr std::array one_of_each_fault{ENOSPC, EIO};
constexpr std::size_t small = 300, large = 200'000;

std::size_t open_descriptors()
{
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

// Four inboxes, the last in a project of its own.
struct House {
    explicit House(bool is_journaled)
    {
        trial.disk.journal = is_journaled;
        for (int i = 0; i < 4; ++i)
            inboxes.push_back(trial.mailbox());
        trial.disk.elsewhere.insert(trial.folder_key(inboxes.back()));
    }

    FaultyTrial trial;
    std::vector<InboxFacts> inboxes;
    std::set<std::string> deleted;                // from the first inbox, by id
    mutable std::map<fs::path, std::string> seen; // judged before: a file in a Maildir does not change

    std::unique_ptr<MaildirInbox> open(std::size_t which)
    {
        auto opened = trial.store->inbox(inboxes[which]);
        if (!opened) return nullptr;
        return std::move(*opened);
    }

    // How often each message lies in an inbox; every file must be one that was sent, whole.
    std::map<std::string, int> found_in(const InboxFacts& inbox) const
    {
        std::map<std::string, int> found;
        for (const auto* const part : {"new", "cur"})
            for (const auto& entry : fs::directory_iterator(trial.maildir(inbox) / part))
                found[judged(entry.path())]++;
        return found;
    }

    std::string judged(const fs::path& path) const
    {
        const auto known = seen.find(path);
        if (known != seen.end()) return known->second;
        return seen.emplace(path, judged_afresh(path)).first->second;
    }

    std::string judged_afresh(const fs::path& path) const
    {
        const auto file = path.filename().string();
        const auto name = parse_message_name(file);
        const auto text = sys::read_file(path, 64_MiB);
        REQUIRE(text);
        CHECK(name.size == text->size());
        const auto is_it = [&](const auto& each) { return file.find(each.id.hex()) != std::string::npos; };
        const auto sent = std::ranges::find_if(trial.sent, is_it);
        REQUIRE(sent != trial.sent.end());
        CHECK(sent->text == *text);
        return sent->id.hex();
    }

    void check(Lasting lasting)
    {
        // What could not be taken back is counted when it is next counted afresh.
        if (lasting == Lasting::for_good) trial.clock.advance(std::chrono::minutes(2));
        for (const auto& inbox : inboxes) {
            const auto found = found_in(inbox);
            CHECK(fs::is_empty(trial.maildir(inbox) / "tmp"));
            std::uint64_t octets = 0;
            for (const auto& each : trial.sent) {
                const auto place = found.find(each.id.hex());
                const int copies = place == found.end() ? 0 : place->second;
                octets += static_cast<std::uint64_t>(copies) * each.text.size();
                const bool is_meant = std::ranges::any_of(
                    each.inboxes, [&](const auto& meant) { return meant.place.inbox == inbox.place.inbox; });
                const bool is_gone = &inbox == &inboxes.front() && deleted.contains(each.id.hex());
                const int wanted = is_meant && each.outcome && !is_gone ? 1 : 0;
                // A disk that fails for good keeps what it could not be asked to take back.
                const int most = is_meant && lasting == Lasting::for_good && !each.outcome ? 1 : wanted;
                if (copies < wanted || copies > most)
                    FAIL_CHECK(each.id.hex(), " is there ", copies,
                               " times: ", each.outcome ? "taken" : each.outcome.error().text);
            }
            const auto usage = trial.store->usage(inbox);
            REQUIRE(usage);
            CHECK(usage->used.count == octets);
        }
    }
};

// What a store is asked to do; it says how that went, if it did not note it in the trial.
struct Act {
    std::string name;
    std::function<Result<void>(House&)> run;
};

Result<void> delete_first(House& house)
{
    const auto inbox = house.open(0);
    if (!inbox) return fail(Fault::unavailable, "not opened");
    const auto listed = list(*inbox);
    if (!listed) return pass(listed);
    if (listed->empty()) return {};
    const auto uid = listed->front().uid;
    const auto removal = remove(*inbox, {0});
    const auto is_gone = house.found_in(house.inboxes[0]);
    for (const auto& each : house.trial.sent)
        if (uid.find(each.id.hex()) != std::string::npos && !is_gone.contains(each.id.hex()))
            house.deleted.insert(each.id.hex());
    if (removal && removal->left == 0)
        for (const auto& entry : fs::directory_iterator(house.trial.maildir(house.inboxes[0]) / "new"))
            CHECK_FALSE(entry.path().filename().string().starts_with(uid));
    if (!removal) return pass(removal);
    if (removal->left > 0) return fail(Fault::io, "not removed");
    return {};
}

Result<void> read_last(House& house)
{
    const auto inbox = house.open(1);
    if (!inbox) return fail(Fault::unavailable, "not opened");
    const auto listed = list(*inbox);
    if (!listed) return pass(listed);
    if (listed->empty()) return {};
    const auto message = inbox->read(listed->back().index);
    if (!message) return pass(message);
    const auto text = sys::read_whole(message->file.get(), 64_MiB);
    REQUIRE(text);
    CHECK(text->size() + static_cast<std::uint64_t>(std::ranges::count(*text, '\n')) ==
          listed->back().octets);
    return {};
}

const std::array acts{
    Act{"a small message to one inbox",
        [](House& house) {
            house.trial.deliver({{house.inboxes[0]}}, small);
            return house.trial.sent.back().outcome;
        }},
    Act{"a small message to four inboxes",
        [](House& house) {
            house.trial.deliver({house.inboxes}, small);
            return house.trial.sent.back().outcome;
        }},
    Act{"a batch of five",
        [](House& house) {
            const auto& all = house.inboxes;
            house.trial.deliver({{all[0]}, {all[1]}, all, {all[3], all[0]}, {all[2]}}, 4'000);
            for (std::size_t i = house.trial.sent.size() - 5; i < house.trial.sent.size(); ++i)
                if (!house.trial.sent[i].outcome) return house.trial.sent[i].outcome;
            return Result<void>();
        }},
    Act{"a large message to one inbox",
        [](House& house) {
            house.trial.deliver_large({house.inboxes[2]}, large);
            return house.trial.sent.back().outcome;
        }},
    Act{"a large message to four inboxes",
        [](House& house) {
            house.trial.deliver_large(house.inboxes, large);
            return house.trial.sent.back().outcome;
        }},
    Act{"POP3: list and read", read_last},
    Act{"POP3: delete", delete_first},
};

void try_every_call(const Act& act, int error, Lasting lasting, bool is_journaled)
{
    House house(is_journaled);
    for (const auto& each : acts)
        REQUIRE(each.run(house));
    house.trial.deliver({{house.inboxes[0]}, {house.inboxes[0]}, {house.inboxes[1]}}, small);
    const auto descriptors = open_descriptors();
    bool has_fired = true;
    for (int n = 1; has_fired; ++n) {
        CAPTURE(n);
        REQUIRE(n < 200);
        house.trial.disk.fail_call(n, error, lasting);
        const auto done = act.run(house);
        house.trial.disk.work();
        const auto what = house.trial.disk.what_failed();
        has_fired = !what.empty();
        CAPTURE(what);
        if (!has_fired) CHECK(done);
        if (!done) {
            const auto fault = done.error().fault;
            const bool passes = fault == Fault::unavailable || fault == Fault::io;
            CHECK_MESSAGE(passes, done.error().text); // 4yz, never 5yz
        }
        house.check(lasting);
        CHECK(open_descriptors() <= descriptors);
        CHECK(act.run(house)); // and is served the next time
    }
}

void try_all(Lasting lasting, bool is_journaled, std::span<const int> numbers = errors)
{
    for (const auto& act : acts)
        for (const int error : numbers) {
            CAPTURE(act.name);
            CAPTURE(error);
            try_every_call(act, error, lasting, is_journaled);
        }
}

} // namespace

TEST_CASE("whichever call fails on a disk with a journal, nothing acknowledged is lost and nothing half-done "
          "is left")
{
    try_all(Lasting::once, true);
}

TEST_CASE("whichever call fails on a disk without a journal, nothing acknowledged is lost and nothing "
          "half-done is left")
{
    try_all(Lasting::once, false, one_of_each_fault);
}

TEST_CASE("when everything fails from one call on, what was acknowledged is there, and it goes on when the "
          "disk does")
{
    try_all(Lasting::for_good, true, one_of_each_fault);
    try_all(Lasting::for_good, false, one_of_each_fault);
}
