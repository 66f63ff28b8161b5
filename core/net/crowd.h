#pragma once
// Who is connected, counted by where they come from: who is one too many, and who gives way. It knows
// sessions by number; pure, a monotonic clock is handed in.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/token_bucket.h"
#include "core/net/origin.h"
#include "core/net/server.h"

namespace metka::net {

class Crowd {
  public:
    using Time = TokenBucket::Time;
    using Number = std::uint64_t; // of a session; a later one has a higher number
    enum class Admission { welcome, too_many, too_many_from_source, too_many_from_network, too_fast };
    static constexpr std::size_t most_sources_remembered = 65'536;

    explicit Crowd(ConnectionLimits limits) : limits_(limits) {}
    void limit(ConnectionLimits limits) { limits_ = limits; } // who is beyond them already stays

    Admission admit(const Origin& origin, Time now); // welcome: enter() follows
    void enter(Number session, const Origin& origin, const std::shared_ptr<Channel>& channel);
    void leave(Number session);

    // Whom to send away for the one who has just been welcomed: nobody while there is room. Each is named
    // once.
    std::shared_ptr<Channel> next_to_go();

    std::size_t size() const { return present_.size(); }
    template <class Visit>
    void each(Visit visit)
    {
        for (const auto& [number, present] : present_)
            if (const auto channel = present.channel.lock()) visit(*channel);
    }

  private:
    struct Present {
        std::weak_ptr<Channel> channel;
        std::string source;
        std::string network;
        bool is_going = false;
    };
    using Sessions = std::map<Number, Present*>; // the oldest first

    bool is_too_fast(const Origin& origin, Time now);
    static Number oldest_that_may_go(const Sessions& sessions); // 0: none of them may

    ConnectionLimits limits_;
    std::map<Number, Present> present_;
    std::unordered_map<std::string, Sessions> sources_;
    std::unordered_map<std::string, std::size_t> networks_;
    std::unordered_map<std::string, TokenBucket> paces_;
    std::size_t going_ = 0;
};

} // namespace metka::net
