#pragma once
// Holds what lies in an inbox against what was sent: byte for byte the same text, behind our trace fields and
// nothing else of ours, in the inboxes of those recipients and in no other.

#include "tests/fuzz/smtp/witness.h"
#include "tests/unit/smtp/world.h"

namespace metka::fuzz {

void check_delivery(const smtp::test::World& world, const AcceptedMail& sent,
                    const smtp::test::MemorySink::Delivered& delivered);

} // namespace metka::fuzz
