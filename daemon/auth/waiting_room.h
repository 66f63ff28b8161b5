#pragma once
// Places for log-ins that wait, or are hashed: so many in all, of which no source and no network takes more
// than its share, so that whoever floods from one place leaves room for those who come from others. Who is
// acquainted (patience.h) is counted apart from strangers, and the last places are kept from these. Pure; the
// room outlives its places.

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/net/origin.h"
#include "daemon/auth/hash_pool.h"

namespace metka::auth {

struct RoomLimits {
    std::size_t all = 512;
    std::size_t kept_from_strangers = 128; // of all
    std::size_t of_network = 64;           // strangers; and as many who are acquainted
    std::size_t of_source = 48;
};

class WaitingRoom {
  public:
    explicit WaitingRoom(RoomLimits limits) : limits_(limits) {}

    class Place {
      public:
        Place(Place&& other) noexcept;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        Place& operator=(Place&& other) noexcept; // they change places
        ~Place();

      private:
        friend class WaitingRoom;
        Place(WaitingRoom& room, const net::Origin& from, Asker asker);
        WaitingRoom* room_;
        std::string source_, network_;
        Asker asker_;
    };
    std::optional<Place> enter(const net::Origin& from, Asker asker); // none: no place is left for these
    std::size_t taken() const { return taken_; }
    std::size_t rows() const; // of memory: none where nobody is

  private:
    struct Tally {
        std::unordered_map<std::string, std::size_t> sources, networks;
    };
    Tally& tally(Asker asker) { return asker == Asker::stranger ? strangers_ : acquaintances_; }

    RoomLimits limits_;
    std::size_t taken_ = 0;
    Tally strangers_, acquaintances_;
};

} // namespace metka::auth
