#pragma once
// A mailbox that changes its space: free becomes paid, or another shell account's ("When states meet").
//
// Noted, copied while it is in use, closed, copied to the end, switched with its row, the old tree taken
// away, the note ended. Whatever dies in between, the row of the mailbox says which tree is the true one, and
// the other holds nothing but copies of it: the tree that the row does not point at is taken away, and the
// mailbox is open again. So nothing is lost, and nothing is there twice.

#include "daemon/metkad/provisioning/facts.h"

namespace metka::metkad {

// Held for as long as somebody works at the move of this mailbox: metkad has one, and several coroutines.
class MoveGuard {
  public:
    MoveGuard(Office& office, const InboxId& mailbox);
    MoveGuard(const MoveGuard&) = delete;
    MoveGuard& operator=(const MoveGuard&) = delete;
    ~MoveGuard();
    bool is_first() const { return is_first_; }

  private:
    Office& office_;
    InboxId mailbox_;
    bool is_first_;
};

// All but the switch and what follows it: when it returns well, both places hold the same and the mailbox is
// closed. After a fault it is as it was.
asio::awaitable<Result<void>> prepare_move(Office& office, directory::Move move);

// Takes the tree away that the row does not point at, opens the mailbox, and ends the note. Safe to repeat.
asio::awaitable<Result<void>> end_move(Office& office, directory::Move move);

// Ends what was left of moves of this mailbox, or out of or into this shell account's space: before anything
// else is done to it.
asio::awaitable<Result<void>> finish_moves_of(Office& office, InboxId inbox);

// Ends what was left of all moves; those under way now are left alone. What cannot be ended is logged and
// stands in the answer, one sentence each. At metkad's start, when the programs run, and in each quota sweep.
asio::awaitable<std::vector<Phrase>> finish_moves(Office& office);

// What `status` says of a move that stands.
Result<std::string> show_move(Office& office, const directory::Move& move);

} // namespace metka::metkad
