#pragma once
// How many messages each account has sent in the last hour and day. Pure: the time is handed in. Counted in
// slots of 5 minutes and of an hour; a window is as many whole slots as its length has, and the one that is
// under way, so that no hour and no day ever has more than the limit. What was counted and then not sent is
// taken out of its slots again.

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/domain/objects.h"

namespace metka::auth {

struct SendingLimits {
    std::uint64_t per_hour = 0; // 0: no limit
    std::uint64_t per_day = 0;
};

enum class Window : std::uint8_t { hour, day };

// What an account sent in one slot, or what it comes to: less than none, where more was taken out than
// counted since.
struct SlotCount {
    InboxId account;
    Window window = Window::hour;
    std::int64_t slot = 0; // the how manieth since 1970
    std::int64_t count = 0;
};

class SendingBook {
  public:
    static constexpr std::uint64_t most_at_once = 1'000'000'000; // of one count

    // Which limit so many are beyond even where nothing was sent before.
    static std::optional<Window> never_fits(std::uint64_t messages, const SendingLimits& limits);
    // Counts so many, unless that were more than a limit: then it says which, and counts nothing.
    std::optional<Window> count(const InboxId& account, std::uint64_t messages, const SendingLimits& limits,
                                Instant now);
    // So many of those counted `at` that moment were not sent. What is not there any more is not taken out.
    void uncount(const InboxId& account, std::uint64_t messages, Instant at);
    std::uint64_t sent(const InboxId& account, Window window, Instant now) const;

    bool has_uncounted() const { return !uncounted_.empty(); }
    std::vector<SlotCount> take_uncounted(); // what was counted since it was last taken, in no order
    void give_back(const std::vector<SlotCount>& uncounted); // it could not be kept
    // From now on this is what was sent; what is counted meanwhile and not taken yet comes on top.
    void replace(const std::vector<SlotCount>& kept);
    void replace(const InboxId& account, const std::vector<SlotCount>& kept); // of this account alone
    void forget_old(Instant now); // accounts that have sent nothing in a day

    static std::int64_t slot_at(Window window, Instant now);
    static std::int64_t oldest_slot(Window window, Instant now); // of those that count

  private:
    template <std::size_t Slots>
    struct Ring {
        std::array<std::int64_t, Slots> counts{};
        std::int64_t newest = 0;

        std::uint64_t since(std::int64_t slot) const;
        bool holds(std::int64_t slot) const;
        std::int64_t at(std::int64_t slot) const;
        void add(std::int64_t slot, std::int64_t count);
    };
    struct Sent {
        Ring<13> hour; // twelve, and the one that is under way
        Ring<25> day;
    };
    void add(const SlotCount& count);
    void note(const SlotCount& count);

    std::unordered_map<InboxId, Sent> accounts_;
    std::unordered_map<InboxId, std::vector<SlotCount>> uncounted_;
};

} // namespace metka::auth
