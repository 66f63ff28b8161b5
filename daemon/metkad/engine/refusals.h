#pragma once
// The refusals of metka-smtp as metkad has them: by asking it.

#include <asio/awaitable.hpp>

#include "core/base/receipt.h"
#include "core/base/result.h"
#include "core/household/refusal.h"

namespace metka::metkad {

// The last refusals, which metka-smtp remembers.
class Refusals {
  public:
    virtual ~Refusals() = default;
    virtual asio::awaitable<Result<household::Refusal>> find(ReceiptCode code) = 0; // not_found: no longer
};

} // namespace metka::metkad
