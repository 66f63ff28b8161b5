#pragma once
// The login book over restarts: read at the start, and written down once a minute when something has changed,
// and at the end. Whoever is killed forgets at most a minute.

#include <memory>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include "daemon/auth/login_book.h"
#include "daemon/auth/login_memory.h"

namespace metka::auth {

class LoginDiary {
  public:
    // The book outlives this; one event loop. Without a memory, the book ends with this program.
    LoginDiary(asio::any_io_executor loop, LoginBook& book, std::unique_ptr<LoginMemory> memory);

    asio::awaitable<void> run(); // until stop()
    // At an upgrade the one before this program is asked on for a moment, and writes down at its end what it
    // noted: that is read again then.
    asio::awaitable<void> catch_up();
    void reread(const InboxId& account); // until then: what is written down of this one
    void stop();
    void noted(); // something was, in the book: after stop() it is written down at once
    void save_now();

  private:
    void read();
    asio::awaitable<void> save();

    LoginBook& book_;
    std::unique_ptr<LoginMemory> memory_;
    asio::steady_timer pause_;
    asio::steady_timer end_of_catching_up_;
    bool is_catching_up_ = true;
    bool stopping_ = false;
    asio::thread_pool writer_{1}; // goes first: it uses the memory
};

} // namespace metka::auth
