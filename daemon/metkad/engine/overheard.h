#pragma once
// What a program of ours says on its standard error: kept, to tell it to whoever asked for the program.

#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include "core/base/result.h"
#include "core/sys/descriptor.h"
#include "daemon/metkad/engine/bell.h"

namespace metka::metkad {

enum class Passing { on, kept }; // on: to our own standard error as well, as it comes

class Overheard {
  public:
    static constexpr std::size_t most = 64 * 1024; // kept; what is more is read to its end

    struct Opened {
        std::shared_ptr<Overheard> overheard;
        sys::Descriptor mouth; // the program's end
    };
    // Listens until every copy of `mouth` is closed.
    static Result<Opened> open(const asio::any_io_executor& executor, Passing passing);

    Overheard(const asio::any_io_executor& executor, sys::Descriptor ear, Passing passing);
    asio::awaitable<void> whole(Steady::time_point until); // returns when all has been said
    const std::string& said() const { return said_; }

  private:
    static asio::awaitable<void> listen(std::shared_ptr<Overheard> self);

    asio::posix::stream_descriptor ear_;
    Passing passing_;
    std::string said_;
    bool is_whole_ = false;
    Bell bell_;
};

} // namespace metka::metkad
