#pragma once
// The world of a POP3 session under test: accounts whose passwords are known, inboxes in memory whose
// messages are real descriptors, and a conversation over a Unix socket pair that needs neither thread nor
// sleep: after each utterance the event loop runs until nothing is left to do.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <asio/io_context.hpp>

#include "core/base/clock.h"
#include "daemon/access/session.h"

namespace metka::access::test {

struct Stored {
    std::string name;
    std::string text; // as on disk
};

// What stands behind one account, and what of it fails.
struct Box {
    std::vector<Stored> messages;
    bool in_use = false;
    std::optional<Fault> lock_fault, list_fault, octets_fault, uids_fault, read_fault, remove_fault;
    std::uint64_t uids_had = 0;         // so many come before uids_fault
    std::uint64_t uids_at_once = 1'000; // in one part
    bool unreadable = false;            // opens, but cannot be read
    std::optional<std::string> becomes; // each message, once it is opened
    bool ends_when_asked = false;       // it ends instead of giving a message
    bool gone = false;                  // the store that had it has ended
    std::set<std::string> immovable;
    std::vector<std::string> removed;

    void add(std::string text);
};

struct Account {
    std::string password;
    login::Verdict verdict = login::Verdict::right;
};

class AccountBook final : public login::Authenticator {
  public:
    std::map<std::string, Account, std::less<>> accounts;
    bool away = false;
    std::vector<std::string> asked; // names, in order
    std::string last_let_in;
    std::size_t in_vain = 0; // log-ins that came to nothing

    asio::awaitable<Result<login::Answer>> check(login::Attempt attempt) override;
    void came_to_nothing(const InboxId&) override { ++in_vain; }
};

inline constexpr std::string_view somebody = "biuro@moja-firma.lublin.pl";
inline constexpr std::string_view password = "sekret-biuro"; // of biuro@

struct World {
    // With accounts that are right, expired (wygasla@), suspended (wstrzymana@) and here too often
    // (gorliwa@), and empty boxes.
    World();

    SetClock clock{from_unix_ms(1'700'000'000'000)};
    std::chrono::seconds passed{0}; // by the stopwatch
    AccountBook book;
    std::map<std::string, Box, std::less<>> boxes;
    AccessLimits limits;

    Box& box() { return boxes[std::string(somebody)]; }
    Collaborators collaborators();
};

const std::shared_ptr<net::TlsContext>& certificate(); // one for all sessions

// How a session begins: as on 110, or as on 995 once TLS is there; the tests of most things need none.
enum class Line { clear, as_if_tls };

class Conversation {
  public:
    explicit Conversation(World& world, Line line = Line::as_if_tls);
    ~Conversation(); // the client hangs up

    std::string say(std::string_view bytes); // what the server answered
    std::string listen();
    void say_only(std::string_view bytes);                       // and do not listen while the server works
    void log_in();                                               // as biuro@
    sys::Descriptor take_client() { return std::move(client_); } // somebody else speaks from here on
    void work();                                                 // until nothing is left to do
    void hang_up();
    void drain(); // what metkad asks for: the session ends where it waits for a command
    bool is_over() const { return ended_; } // the server has said its last
    std::size_t unsent() const { return channel_->unsent(); }

  private:
    asio::awaitable<void> serve();
    std::size_t take(std::string& heard);

    asio::io_context loop_;
    sys::Descriptor client_;
    Collaborators collaborators_;
    AccessLimits limits_;
    Line line_;
    std::unique_ptr<net::Channel> channel_;
    bool ended_ = false;
};

std::string with_crlf(std::string_view stored);      // as a client has it in the end
std::string without_stuffing(std::string_view sent); // the lines of a multi-line answer, without its last

} // namespace metka::access::test
