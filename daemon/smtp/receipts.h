#pragma once
// The last refusals of this program, each under the code that stood behind its reply: so many and no more,
// and none survives a restart. The log has all of them. One thread.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/receipt.h"
#include "core/household/refusal.h"

namespace metka::smtp {

class Receipts {
  public:
    static constexpr std::size_t usual_room = 4096;
    using Source = std::function<ReceiptCode()>;

    explicit Receipts(Source source = ReceiptCode::make, std::size_t room = usual_room);

    // A code that none of those kept has; the oldest is forgotten for it. `source` must come to a new one.
    ReceiptCode keep(household::Refusal refusal);
    const household::Refusal* find(const ReceiptCode& code) const; // null: forgotten, or never given

    // `text` of a peer as it is kept: printable, and of a length that the wire to metkad takes.
    static std::string shown(std::string_view text);

  private:
    struct Kept {
        ReceiptCode code;
        household::Refusal refusal;
    };

    Source source_;
    std::size_t room_;
    std::vector<Kept> kept_; // a ring, once it is full
    std::size_t oldest_ = 0;
    std::unordered_map<ReceiptCode, std::size_t> places_;
};

} // namespace metka::smtp
