// The load generator of tests/bench/run: as many threads as connections, each with the next piece of work.
//
//     bench-load smtp HOST PORT CONNECTIONS MESSAGES OCTETS BOXES DOMAIN    over the clear, to box0@DOMAIN,
//     box1@… bench-load pop3 HOST PORT CONNECTIONS SESSIONS BOXES DOMAIN PASSWORD  under TLS: log in, fetch
//     all, QUIT
//
// Prints: pieces of work, messages, octets, seconds.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/connection.h"

namespace {

using metka::bench::Connection;
using metka::bench::Security;

struct Target {
    std::string host;
    std::uint16_t port = 0;
    unsigned boxes = 1;
    std::string domain;
    std::string box(unsigned number) const { return "box" + std::to_string(number % boxes) + "@" + domain; }
};

struct Sums {
    std::atomic<std::uint64_t> messages = 0;
    std::atomic<std::uint64_t> octets = 0;
};

// `worker` takes numbers until there are none left, on one thread a connection.
class Work {
  public:
    explicit Work(unsigned pieces) : pieces_(pieces) {}
    bool next(unsigned& number)
    {
        number = taken_++;
        return number < pieces_;
    }

    double run(unsigned connections, const std::function<void()>& worker)
    {
        const auto began = std::chrono::steady_clock::now();
        std::vector<std::thread> threads;
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

std::string message_of(std::size_t octets)
{
    std::string message = "From: anna@example.org\r\nTo: box@example.org\r\nSubject: load\r\n\r\n";
    const std::string line = std::string(76, 'x') + "\r\n";
    while (message.size() < octets)
        message += line;
    return message + ".\r\n";
}

constexpr unsigned messages_a_session = 100; // then a new connection, as servers that mean well do

void send_messages(const Target& target, const std::string& message, Work& work, Sums& sums)
{
    unsigned number = 0;
    bool more = work.next(number);
    while (more) {
        Connection server(target.host, target.port, Security::clear);
        server.expect("220");
        server.send("EHLO load.example.org\r\n");
        server.expect("250");
        for (unsigned n = 0; n < messages_a_session && more; ++n) {
            server.send("MAIL FROM:<anna@example.org>\r\nRCPT TO:<" + target.box(number) + ">\r\nDATA\r\n");
            server.expect("250");
            server.expect("250");
            server.expect("354");
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

void fetch_box(const Target& target, const std::string& login, const std::string& password, Sums& sums)
{
    Connection server(target.host, target.port, Security::tls);
    server.expect("+OK");
    server.send("USER " + login + "\r\n");
    server.expect("+OK");
    server.send("PASS " + password + "\r\n");
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

int usage()
{
    std::fputs("usage: bench-load smtp HOST PORT CONNECTIONS MESSAGES OCTETS BOXES DOMAIN\n"
               "       bench-load pop3 HOST PORT CONNECTIONS SESSIONS BOXES DOMAIN PASSWORD\n",
               stderr);
    return 64;
}

unsigned number_in(const std::string& text)
{
    return static_cast<unsigned>(std::stoul(text));
}

} // namespace

int main(int argc, char** argv)
{
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() != 8) return usage();
    Target target{.host = words[1], .port = static_cast<std::uint16_t>(number_in(words[2]))};
    const unsigned connections = number_in(words[3]);
    Work work(number_in(words[4]));
    Sums sums;
    std::function<void()> worker;
    std::string message;
    std::vector<std::mutex> in_use; // an inbox takes one session at a time (RFC 1939 §4)
    if (words[0] == "smtp") {
        message = message_of(number_in(words[5]));
        target.boxes = number_in(words[6]);
        target.domain = words[7];
        worker = [&] { send_messages(target, message, work, sums); };
    } else if (words[0] == "pop3") {
        target.boxes = number_in(words[5]);
        target.domain = words[6];
        in_use = std::vector<std::mutex>(target.boxes);
        worker = [&] {
            for (unsigned number = 0; work.next(number);)
                fetch_box(target, target.box(number), words[7], sums);
        };
    } else {
        return usage();
    }
    const double seconds = work.run(connections, worker);
    std::printf("%s %llu %llu %.3f\n", words[4].c_str(), static_cast<unsigned long long>(sums.messages),
                static_cast<unsigned long long>(sums.octets), seconds);
}
