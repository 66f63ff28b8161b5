// The power goes after any call: what somebody was told is so, and no name leads to bytes that are not there.

#include "tests/unit/maildir/power_model.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

namespace {

using PowerTrial = Trial<PowerModel>;

struct Town {
    explicit Town(bool is_journaled)
    {
        trial.disk.journal = is_journaled;
        for (int i = 0; i < 4; ++i)
            inboxes.push_back(trial.mailbox());
        trial.disk.elsewhere.insert(trial.folder_key(inboxes.back()));
        trial.disk.begin();
    }

    PowerTrial trial;
    std::vector<InboxFacts> inboxes;
    InboxFacts shell = trial.shell();

    // Tells the senders of the last `count` messages what became of them.
    void tell(std::size_t count = 1)
    {
        for (std::size_t i = trial.sent.size() - count; i < trial.sent.size(); ++i) {
            const auto& sent = trial.sent[i];
            if (!sent.outcome) continue;
            for (const auto& inbox : sent.inboxes)
                trial.disk.told(trial.folder_key(inbox), sent.id.hex(), true);
        }
    }
    void small(const std::vector<InboxFacts>& to)
    {
        trial.deliver({to}, 300);
        tell();
    }
    void batch(const std::vector<std::vector<InboxFacts>>& lists)
    {
        trial.deliver(lists, 4'000);
        tell(lists.size());
    }
    void large(const std::vector<InboxFacts>& to)
    {
        trial.deliver_large(to, 100'000);
        tell();
    }
    void remove_first(const InboxFacts& from)
    {
        const auto inbox = trial.store->inbox(from);
        if (!inbox) return;
        const auto listed = list(**inbox);
        if (!listed || listed->empty()) return;
        std::string name;
        for (const auto& entry : std::filesystem::directory_iterator(trial.maildir(from) / "new"))
            if (entry.path().filename().string().starts_with(listed->front().uid))
                name = entry.path().filename();
        const auto removal = maildir::test::remove(**inbox, {0});
        if (removal && removal->left == 0) trial.disk.told(trial.folder_key(from), name, false);
    }
    // A little of everything.
    void live()
    {
        const auto& all = inboxes;
        small({all[0]});
        small(all);
        batch({{all[0]}, {all[1], all[2]}, all, {all[3]}, {all[2]}});
        large({all[1]});
        large(all);
        remove_first(all[0]);
        batch({{all[3], all[0]}, {all[0]}});
        remove_first(all[3]);
        batch({{all[0]}, {all[1], shell, all[2]}});
        batch({{all[0]}, {all[1], shell}});
    }
    void check() const
    {
        const auto faults = trial.disk.faults();
        for (std::size_t i = 0; i < std::min<std::size_t>(faults.size(), 3); ++i)
            FAIL_CHECK(faults[i]);
    }
};

} // namespace

TEST_CASE("after a cut at any call, what was acknowledged is there and whole, on a disk with a journal")
{
    Town town(true);
    town.live();
    town.check();
    MESSAGE("cuts: ", town.trial.disk.cuts());
    CHECK(town.trial.disk.cuts() > 60);
}

TEST_CASE("after a cut at any call, what was acknowledged is there and whole, on a disk without one")
{
    Town town(false);
    town.live();
    town.check();
    CHECK(town.trial.disk.cuts() > 60);
}

TEST_CASE(
    "after a cut at any call it is there and whole on a disk that forgets what was synced without a name")
{
    Town town(false);
    town.trial.disk.forgets_nameless = true;
    town.live();
    town.check();
    CHECK(town.trial.disk.cuts() > 60);
}

TEST_CASE("a call that fails before the power goes takes nothing along that was acknowledged")
{
    for (const bool is_journaled : {true, false}) {
        bool has_fired = true;
        for (int n = 1; has_fired; ++n) {
            CAPTURE(is_journaled);
            CAPTURE(n);
            REQUIRE(n < 400);
            Town town(is_journaled);
            town.trial.disk.fail_call(n, EIO);
            town.live();
            has_fired = !town.trial.disk.what_failed().empty();
            CAPTURE(town.trial.disk.what_failed());
            town.check();
        }
    }
}
