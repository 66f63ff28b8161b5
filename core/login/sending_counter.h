#pragma once
// Asking metka-auth whether an account may send now (DESIGN §6, the outgoing rate). What may be sent counts
// at once, so that parallel sessions cannot pass the limit together, and is given back unless it was
// accepted.

#include <cstdint>
#include <functional>
#include <utility>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/domain/objects.h"

namespace metka::login {

enum class SendingVerdict {
    allowed, // and counted
    limit,   // not now; later
    never,   // more recipients than may be sent to in an hour or in a day: not later either
    count_,
};

// What counts for a message that is under way. Destroyed, it is given back, unless the message was accepted.
class Postmark {
  public:
    using GiveBack = std::function<void()>; // never waits

    explicit Postmark(GiveBack give_back) : give_back_(std::move(give_back)) {}
    Postmark(Postmark&& other) noexcept : give_back_(std::exchange(other.give_back_, nullptr)) {}
    Postmark(const Postmark&) = delete;
    Postmark& operator=(const Postmark&) = delete;
    Postmark& operator=(Postmark&&) = delete;
    ~Postmark()
    {
        if (give_back_) give_back_();
    }

    void keep() { give_back_ = nullptr; } // the message was accepted

  private:
    GiveBack give_back_;
};

struct SendingAnswer {
    SendingVerdict verdict = SendingVerdict::limit;
    std::uint64_t most = 0;   // never: so many in an hour,
    bool is_of_a_day = false; // or in a day
    Postmark postmark{nullptr};
};

class SendingCounter {
  public:
    virtual ~SendingCounter() = default;
    // Each recipient counts as one message. not_found: the account has been removed. unavailable: nobody
    // could say; the client should try again.
    virtual asio::awaitable<Result<SendingAnswer>> count(InboxId account, std::uint64_t recipients) = 0;
};

} // namespace metka::login
