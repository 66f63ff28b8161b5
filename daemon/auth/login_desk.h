#pragma once
// What metkad may ask for the operator: the last log-in of an account and what it has sent
// (core/login/activity.h), against whom wrong guesses are held, and to forget them (held_back.h there).

#include <optional>

#include "core/login/activity.h"
#include "core/login/held_back.h"
#include "core/net/wire.h"
#include "daemon/auth/login_book.h"
#include "daemon/auth/login_diary.h"
#include "daemon/auth/postage.h"
#include "daemon/auth/trials.h"

namespace metka::auth {

class LoginDesk {
  public:
    static constexpr std::size_t rows_in_page = 300; // of at most 150 bytes: well within a frame

    struct Books {
        const LoginBook& book;
        LoginDiary& diary; // of that book
        Postage& postage;
    };
    LoginDesk(Trials& trials, Books books) // they outlive this
        : trials_(trials), books_(books)
    {
    }

    // None: the request is about something else.
    std::optional<Result<net::Frame>> answer(const net::Frame& request);

  private:
    Result<net::Frame> last_login(const net::Frame& request);
    Result<net::Frame> held_back(const net::Frame& request);
    Result<net::Frame> unblock(const net::Frame& request);
    Result<net::Frame> sent(const net::Frame& request);

    Trials& trials_;
    Books books_;
};

} // namespace metka::auth
