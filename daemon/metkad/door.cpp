#include "daemon/metkad/door.h"

#include <chrono>
#include <deque>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "core/control/request.h"
#include "core/net/spawn.h"
#include "core/sys/log.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

namespace {

constexpr std::size_t most_line = std::size_t{1} << 20;
constexpr std::chrono::seconds patience{5}; // for a whole line, and for an answer to be taken
constexpr std::size_t most_connections = 256;
constexpr std::size_t most_told = 64;   // lines that wait for a caller who does not read
constexpr std::size_t most_of_one = 16; // of one uid that is not root's: nobody shuts the others out

std::string refusal(Fault fault, std::string text)
{
    return control::refusal_line(
        {.id = {}, .code = control::Code::refused, .error = {fault, std::move(text)}});
}

std::string refusal_of_line(const wire::Line& line)
{
    const auto why = line.fault == wire::LineFault::too_long ? "a request has at most 1 MiB on its line"
                                                             : "a request is one line without NUL or CR";
    return control::refusal_line({.id = {}, .code = control::Code::not_json, .error = {Fault::invalid, why}});
}

// A request ends with LF; CRLF is taken too. JSON itself has neither on its line.
bool is_whole(const wire::Line& line)
{
    return line.fault == wire::LineFault::none ||
           (line.fault == wire::LineFault::bare_lf && !line.text.contains('\0') && !line.text.contains('\r'));
}

// One request under way: what it has told so far, its end, and the session that waits for either.
class Exchange {
  public:
    explicit Exchange(const asio::any_io_executor& executor)
        : news_(executor, asio::steady_timer::time_point::max())
    {
    }

    void tell(std::string line)
    {
        if (ended_) return;
        if (told_.size() == most_told) told_.pop_front();
        told_.push_back(std::move(line));
        news_.cancel();
    }

    void end()
    {
        ended_ = true;
        news_.cancel();
    }

    void answer(std::string line)
    {
        answer_ = std::move(line);
        answered_ = true;
    }

    // Everything there is to say by now, and waits until there is something. Empty: it has ended.
    asio::awaitable<std::string> next()
    {
        asio::error_code woken;
        while (told_.empty() && !ended_)
            co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        std::string lines;
        for (auto& line : std::exchange(told_, {}))
            lines += line;
        lines += std::exchange(answer_, {});
        co_return lines;
    }

    bool is_over() const { return ended_ && told_.empty() && answer_.empty(); }
    bool was_answered() const { return answered_; } // not after a bug

  private:
    asio::steady_timer news_;
    std::deque<std::string> told_;
    std::string answer_;
    bool ended_ = false;
    bool answered_ = false;
};

// Ends the exchange however the coroutine that carries it out ends.
class Ending {
  public:
    explicit Ending(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { exchange_->end(); }

  private:
    std::shared_ptr<Exchange> exchange_;
};

} // namespace

struct Door::Visitors {
    explicit Visitors(Answering a) : answering(std::move(a)) {}

    Answering answering;
    std::map<std::uint32_t, std::size_t> of_uid;

    // One connection counted, for as long as it is there.
    class Seat {
      public:
        Seat(std::shared_ptr<Visitors> visitors, std::uint32_t uid)
            : visitors_(std::move(visitors)), uid_(uid)
        {
            ++visitors_->of_uid[uid_];
        }
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;
        ~Seat()
        {
            auto& count = visitors_->of_uid[uid_];
            if (--count == 0) visitors_->of_uid.erase(uid_);
        }
        bool is_one_too_many() const { return uid_ != 0 && visitors_->of_uid.at(uid_) > most_of_one; }

      private:
        std::shared_ptr<Visitors> visitors_;
        std::uint32_t uid_;
    };

    static asio::awaitable<void> serve(std::shared_ptr<Visitors> self, std::shared_ptr<net::Channel> channel);

  private:
    static asio::awaitable<void> carry_out(std::shared_ptr<Visitors> self, std::uint32_t uid,
                                           std::string line, std::shared_ptr<Exchange> exchange);
    static asio::awaitable<void> pass_on(std::shared_ptr<Exchange> exchange,
                                         std::shared_ptr<net::Channel> channel);
};

asio::awaitable<void> Door::Visitors::carry_out(std::shared_ptr<Visitors> self, std::uint32_t uid,
                                                std::string line, std::shared_ptr<Exchange> exchange)
{
    const Ending ending(exchange);
    Tell tell = [exchange](std::string told) { exchange->tell(std::move(told)); };
    auto answer = co_await self->answering(uid, std::move(line), std::move(tell));
    exchange->answer(std::move(answer));
}

// The answer itself is left to the channel, which sends it when it next waits. Once the caller has gone or
// stopped reading, the rest is only waited for.
asio::awaitable<void> Door::Visitors::pass_on(std::shared_ptr<Exchange> exchange,
                                              std::shared_ptr<net::Channel> channel)
{
    bool listens = true;
    while (!exchange->is_over()) {
        const auto lines = co_await exchange->next();
        if (!listens) continue;
        channel->say(lines);
        if (!exchange->is_over()) listens = co_await channel->flush(patience);
    }
}

asio::awaitable<void> Door::Visitors::serve(std::shared_ptr<Visitors> self,
                                            std::shared_ptr<net::Channel> channel)
{
    const auto uid = channel->peer_uid();
    if (!uid) co_return;
    const Seat seat(self, *uid);
    if (seat.is_one_too_many()) {
        sys::log(sys::Level::warning, "control.crowded", {{"uid", *uid}});
        channel->say(refusal(Fault::unavailable, "too many connections of this user at once; try again"));
        co_await channel->close(patience);
        co_return;
    }
    const auto executor = co_await asio::this_coro::executor;
    for (;;) {
        const auto reading = co_await channel->read_line(most_line, patience);
        if (reading.heard != net::Heard::line) break;
        if (!is_whole(reading.line)) {
            channel->say(refusal_of_line(reading.line));
            continue;
        }
        std::string line(reading.line.text);
        const auto exchange = std::make_shared<Exchange>(executor);
        net::spawn(executor, carry_out(self, *uid, std::move(line), exchange), "control.request");
        co_await pass_on(exchange, channel);
        if (!exchange->was_answered())
            channel->say(refusal(Fault::internal, "a bug of Metka's; see its log"));
    }
    co_await channel->close(patience);
}

Door::Door(asio::any_io_executor executor, Answering answering)
    : server_(
          executor, {.total = most_connections, .per_peer = most_connections},
          {.too_many = refusal(Fault::unavailable, "metkad is busy; try again"), .too_many_from_peer = {}}),
      visitors_(std::make_shared<Visitors>(std::move(answering)))
{
}

Door::Door(asio::any_io_executor executor, Provisioning& provisioning)
    : Door(std::move(executor), [&provisioning](std::uint32_t uid, std::string line, Tell tell) {
          return provisioning.answer(uid, std::move(line), std::move(tell));
      })
{
}

void Door::open(sys::Descriptor listener)
{
    server_.listen(std::move(listener), "control",
                   [visitors = visitors_](std::shared_ptr<net::Channel> channel) {
                       return Visitors::serve(visitors, std::move(channel));
                   });
}

void Door::close(std::function<void()> done)
{
    server_.drain(std::move(done));
}

} // namespace metka::metkad
