#pragma once
// Connections that were refused, as the log tells of them: the first of a network at once, and then, as long
// as they go on, once a minute how many more there were. A flood writes as many lines as it has networks, and
// not as it makes connections. Pure; whoever holds it calls take() each minute.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/net/crowd.h"

namespace metka::net {

class TurnedAway {
  public:
    using Why = Crowd::Admission;
    static constexpr std::size_t most_kept = 1024;
    static constexpr std::string_view elsewhere = "elsewhere"; // networks beyond `most_kept`, together

    struct Network {
        std::string words;       // what they are told, from the first on
        std::string receipt;     // that stands in them
        std::uint64_t more = 0;  // since the last line
        bool is_told_of = false; // in an earlier minute
    };
    struct Noted {
        Network& network; // until the next call
        bool is_first;    // for whoever asks to tell of
    };
    struct Line {
        std::string network;
        Why why;
        std::uint64_t more = 0;
        std::string receipt;
    };

    Noted note(const std::string& network, Why why);
    std::vector<Line> take(); // what this minute saw; who has gone silent is forgotten
    bool empty() const { return networks_.empty(); }

  private:
    std::map<std::pair<std::string, Why>, Network> networks_;
};

} // namespace metka::net
