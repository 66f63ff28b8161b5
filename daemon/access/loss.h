#pragma once
// What the store says to a session that can have nothing more of its inbox, how that session ends, and what
// its client is told. None of them has deleted anything.

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/result.h"
#include "daemon/access/ending.h"
#include "daemon/access/replies.h"

namespace metka::access {

struct Loss {
    Fault fault;
    Ending ending;
    std::string_view reply;
};

inline constexpr std::array<Loss, 2> losses{{
    {Fault::conflict, Ending::taken_over, replies::taken_over},
    {Fault::denied, Ending::shut_out, replies::shut_out},
}};

constexpr const Loss* loss_by(Fault fault) // null: the session goes on
{
    const auto* const found = std::ranges::find(losses, fault, &Loss::fault);
    return found == losses.end() ? nullptr : found;
}

} // namespace metka::access
