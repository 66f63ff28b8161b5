#pragma once
// Writes down behind the answers what a book in memory has noted: a second after the first note, at most once
// a minute, and at the end. Whoever is killed forgets at most a minute.
//
// At an upgrade the one before this program is asked on for a moment, and writes down at its end what it
// noted. So in the first 40 s an answer reads again what is kept of its account, and at their end all of it
// is read once more.

#include <functional>
#include <future>
#include <optional>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include "core/base/result.h"

namespace metka::auth {

// A book, and where it is kept.
class WrittenBook {
  public:
    // What was unsaved. The book outlives it.
    struct Page {
        std::function<Result<void>()> write;         // in any thread
        std::function<void(const Error&)> give_back; // it could not be written: it is unsaved again
    };
    virtual ~WrittenBook() = default;
    virtual bool has_unsaved() const = 0;
    virtual Page take_unsaved() = 0;
    // Reads all that is kept, in another thread; what is returned takes it over, in the book's.
    virtual std::function<void()> read_again() = 0;
};

class WriteBehind {
  public:
    // The book outlives this. One event loop.
    WriteBehind(const asio::any_io_executor& loop, WrittenBook& book);

    asio::awaitable<void> run();  // until stop()
    asio::awaitable<void> save(); // what is unsaved now; one at a time
    void noted();                 // something was, in the book: after stop() it is written down at once

    // Whether the one before this program may still write. finish_writing() comes before what is kept is
    // read: what is on its way there would be missing, in the book and in what was read.
    bool is_catching_up() const { return is_catching_up_; }
    void finish_writing();

    void stop(); // all is written down when it returns
    void save_now();

  private:
    asio::awaitable<void> catch_up();

    struct Writing {
        std::function<void(const Error&)> give_back;
        std::future<Result<void>> outcome;
    };
    WrittenBook& book_;
    asio::steady_timer pause_;
    std::optional<Writing> under_way_;
    bool is_idle_ = false; // run() waits for a first note
    bool is_catching_up_ = true;
    bool stopping_ = false;
    asio::thread_pool writer_{1}; // goes first: it uses the book
};

} // namespace metka::auth
