// The load generator of tests/bench/run: as many threads as connections, each with the next piece of work.
//
//     bench-load smtp --port=N --connections=N --messages=N --octets=N
//         sends messages; --recipients=N each (1), --a-connection=N of them on one connection (100), and with
//         --login=starttls under STARTTLS and AUTH PLAIN as box0
//     bench-load rcpt --port=N --connections=N --messages=N --recipients=N --every=N
//         that many transactions that end in RSET, with so many of bench-seed's mailboxes (--boxes) each,
//         which are those of the numbers 0, N, 2 N…
//     bench-load pop3 --port=N --connections=N --sessions=N
//         under TLS: logs in, fetches all, says QUIT
//
// Besides, --host (127.0.0.1), --boxes=N (box0@DOMAIN, box1@…), --domain, --password. Prints: pieces of work,
// messages (of rcpt: recipients), octets, seconds.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/connection.h"
#include "tests/bench/names.h"

namespace {

using metka::bench::Connection;
using metka::bench::give_up;
using metka::bench::Security;

// What was said on the command line, each option with its least use: a word that is not there is a fault.
class Options {
  public:
    Options(int count, char** words)
    {
        for (int n = 2; n < count; ++n) {
            const std::string word = words[n];
            const auto equals = word.find('=');
            if (!word.starts_with("--") || equals == std::string::npos)
                give_up("an option is --NAME=VALUE, not " + word);
            values_[word.substr(2, equals - 2)] = word.substr(equals + 1);
        }
    }
    std::string text(const std::string& name, const std::string& otherwise) const
    {
        const auto found = values_.find(name);
        return found == values_.end() ? otherwise : found->second;
    }
    unsigned number(const std::string& name) const
    {
        if (!values_.contains(name)) give_up("--" + name + " is missing");
        return number(name, 0);
    }
    unsigned number(const std::string& name, unsigned otherwise) const
    {
        return static_cast<unsigned>(std::stoul(text(name, std::to_string(otherwise))));
    }

  private:
    std::map<std::string, std::string> values_;
};

struct Target {
    std::string host;
    std::uint16_t port = 0;
    unsigned boxes = 1;
    std::string domain;
    std::string password;

    explicit Target(const Options& options)
        : host(options.text("host", "127.0.0.1")),
          port(static_cast<std::uint16_t>(options.number("port"))),
          boxes(options.number("boxes")),
          domain(options.text("domain", "")),
          password(options.text("password", ""))
    {
    }
    std::string box(unsigned number) const { return "box" + std::to_string(number % boxes) + "@" + domain; }
};

struct Sums {
    std::atomic<std::uint64_t> messages = 0;
    std::atomic<std::uint64_t> octets = 0;
};

// Numbers to take until there are none left, by one thread a connection.
class Work {
  public:
    explicit Work(unsigned pieces) : pieces_(pieces) {}
    bool next(unsigned& number)
    {
        number = taken_++;
        return number < pieces_;
    }
    unsigned pieces() const { return pieces_; }

    double run(unsigned connections, const std::function<void()>& worker)
    {
        const auto began = std::chrono::steady_clock::now();
        std::vector<std::thread> threads;
        threads.reserve(connections);
        for (unsigned n = 0; n < connections; ++n)
            threads.emplace_back(worker);
        for (auto& thread : threads)
            thread.join();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }

  private:
    std::atomic<unsigned> taken_ = 0;
    unsigned pieces_;
};

struct Mail {
    unsigned octets = 0;
    unsigned recipients = 1;
    unsigned a_connection = 1;
    bool login = false;
};

struct Asked {
    unsigned a_transaction = 1;
    unsigned every = 1; // the first mailbox is asked for, and each so much further on
};

std::string message_of(std::size_t octets, const std::string& sender)
{
    std::string message =
        "From: <" + sender +
        ">\r\nTo: box@example.org\r\nSubject: load\r\nDate: Sat, 21 Nov 2026 12:00:00 +0100\r\n"
        "Message-ID: <load@client.example.org>\r\n\r\n";
    message.reserve(octets + 100);
    const std::string line = std::string(76, 'x') + "\r\n";
    while (message.size() < octets)
        message += line;
    return message + ".\r\n";
}

// A client's EHLO; whether several commands may go at once (RFC 2920).
bool greet(Connection& server)
{
    server.send("EHLO load.example.org\r\n");
    return server.expect("250").find("PIPELINING") != std::string::npos;
}

// OpenSMTPD listens with a backlog of 5: what connects beyond it may wait for a greeting without end.
std::counting_semaphore<4> ungreeted(4);

std::unique_ptr<Connection> connect_to(const Target& target)
{
    ungreeted.acquire();
    auto server = std::make_unique<Connection>(target.host, target.port, Security::clear);
    server->expect("220");
    ungreeted.release();
    return server;
}

bool begin(Connection& server, const Target& target, const Mail& mail, const std::string& login)
{
    const bool in_the_clear = greet(server);
    if (!mail.login) return in_the_clear;
    server.send("STARTTLS\r\n");
    server.expect("220");
    server.start_tls();
    const bool pipelining = greet(server);
    server.send("AUTH PLAIN " + metka::bench::plain_credentials(login, target.password) + "\r\n");
    server.expect("235");
    return pipelining;
}

// One transaction up to the 354.
void envelope(Connection& server, const std::vector<std::string>& commands, bool pipelining)
{
    if (pipelining) {
        std::string all;
        for (const auto& command : commands)
            all += command;
        server.send(all);
        for (std::size_t n = 1; n < commands.size(); ++n)
            server.expect("250");
    } else {
        for (std::size_t n = 0; n < commands.size(); ++n) {
            server.send(commands[n]);
            if (n + 1 < commands.size()) server.expect("250");
        }
    }
    server.expect("354");
}

void send_messages(const Target& target, const Mail& mail, Work& work, Sums& sums)
{
    unsigned number = 0;
    bool more = work.next(number);
    const auto sender = mail.login ? target.box(0) : "anna@example.org";
    const auto message = message_of(mail.octets, sender);
    while (more) {
        const auto connected = connect_to(target);
        Connection& server = *connected;
        const bool pipelining = begin(server, target, mail, sender);
        for (unsigned n = 0; n < mail.a_connection && more; ++n) {
            std::vector<std::string> commands{"MAIL FROM:<" + sender + ">\r\n"};
            for (unsigned r = 0; r < mail.recipients; ++r)
                commands.push_back("RCPT TO:<" + target.box(number + r) + ">\r\n");
            commands.emplace_back("DATA\r\n");
            envelope(server, commands, pipelining);
            server.send(message);
            server.expect("250");
            ++sums.messages;
            sums.octets += message.size() - 3;
            more = work.next(number);
        }
        server.send("QUIT\r\n");
        server.expect("221");
    }
}

// The mailboxes come in an order that is no order, so that each is looked for in another place.
void ask_for_recipients(const Target& target, const Asked& asked, Work& work, Sums& sums)
{
    constexpr std::uint64_t stride = 7'368'787; // a prime, and so it meets all of them
    unsigned number = 0;
    const auto connected = connect_to(target);
    Connection& server = *connected;
    greet(server);
    while (work.next(number)) {
        std::string commands = "MAIL FROM:<anna@example.org>\r\n";
        for (std::uint64_t r = 0; r < asked.a_transaction; ++r) {
            const auto which = (std::uint64_t{number} * asked.a_transaction + r) * stride % target.boxes;
            commands += "RCPT TO:<" + metka::bench::seeded_address(which * asked.every) + ">\r\n";
        }
        server.send(commands + "RSET\r\n");
        for (unsigned n = 0; n < asked.a_transaction + 2; ++n)
            server.expect("250");
        sums.messages += asked.a_transaction;
    }
    server.send("QUIT\r\n");
    server.expect("221");
}

void fetch_box(const Target& target, const std::string& login, Sums& sums)
{
    Connection server(target.host, target.port, Security::tls);
    server.expect("+OK");
    server.send("USER " + login + "\r\n");
    server.expect("+OK");
    server.send("PASS " + target.password + "\r\n");
    server.expect("+OK");
    server.send("STAT\r\n");
    const std::string status(server.line());
    const unsigned long count = std::stoul(status.substr(4));
    for (unsigned long n = 1; n <= count; ++n) {
        server.send("RETR " + std::to_string(n) + "\r\n");
        server.expect("+OK");
        sums.octets += server.skip_to_dot();
        ++sums.messages;
    }
    server.send("QUIT\r\n");
    server.expect("+OK");
}

void report(const Work& work, const Sums& sums, double seconds)
{
    std::printf("%u %llu %llu %.6f\n", work.pieces(), static_cast<unsigned long long>(sums.messages),
                static_cast<unsigned long long>(sums.octets), seconds);
}

void smtp(const Options& options)
{
    const Target target(options);
    const Mail mail{.octets = options.number("octets"),
                    .recipients = options.number("recipients", 1),
                    .a_connection = options.number("a-connection", 100),
                    .login = options.text("login", "") == "starttls"};
    Work work(options.number("messages"));
    Sums sums;
    report(work, sums,
           work.run(options.number("connections"), [&] { send_messages(target, mail, work, sums); }));
}

void rcpt(const Options& options)
{
    const Target target(options);
    const Asked asked{.a_transaction = options.number("recipients"), .every = options.number("every", 1)};
    Work work(options.number("messages"));
    Sums sums;
    report(work, sums,
           work.run(options.number("connections"), [&] { ask_for_recipients(target, asked, work, sums); }));
}

void pop3(const Options& options)
{
    const Target target(options);
    Work work(options.number("sessions"));
    Sums sums;
    std::vector<std::mutex> in_use(target.boxes); // an inbox takes one session at a time (RFC 1939 §4)
    report(work, sums, work.run(options.number("connections"), [&] {
        for (unsigned number = 0; work.next(number);) {
            const std::lock_guard alone(in_use[number % target.boxes]);
            fetch_box(target, target.box(number), sums);
        }
    }));
}

const std::map<std::string, void (*)(const Options&)> modes{{"smtp", smtp}, {"rcpt", rcpt}, {"pop3", pop3}};

} // namespace

int main(int count, char** words)
{
    const auto mode = modes.find(count > 1 ? words[1] : "");
    if (mode == modes.end()) {
        std::fputs("usage: bench-load smtp|rcpt|pop3 --NAME=VALUE…\n", stderr);
        return 64;
    }
    mode->second(Options(count, words));
}
