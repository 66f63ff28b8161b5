#include "daemon/metkad/door.h"

#include <chrono>

#include "core/control/request.h"
#include "core/sys/log.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

namespace {

constexpr std::size_t most_line = std::size_t{1} << 20;
constexpr std::chrono::seconds patience{5}; // for a whole line, and for an answer to be taken
constexpr std::size_t most_connections = 256;
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
};

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
    for (;;) {
        const auto reading = co_await channel->read_line(most_line, patience);
        if (reading.heard != net::Heard::line) break;
        if (!is_whole(reading.line)) {
            channel->say(refusal_of_line(reading.line));
            continue;
        }
        std::string line(reading.line.text);
        const auto answer = co_await self->answering(*uid, std::move(line));
        channel->say(answer);
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
    : Door(std::move(executor), [&provisioning](std::uint32_t uid, std::string line) {
          return provisioning.answer(uid, std::move(line));
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
