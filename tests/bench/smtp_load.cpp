// Mail in: see load.cpp.

#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "tests/bench/connection.h"
#include "tests/bench/load.h"
#include "tests/bench/names.h"
#include "tests/bench/work.h"

namespace metka::bench {

namespace {

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
    server.send("AUTH PLAIN " + plain_credentials(login, target.password) + "\r\n");
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
            commands += "RCPT TO:<" + seeded_address(which * asked.every) + ">\r\n";
        }
        server.send(commands + "RSET\r\n");
        for (unsigned n = 0; n < asked.a_transaction + 2; ++n)
            server.expect("250");
        sums.messages += asked.a_transaction;
    }
    server.send("QUIT\r\n");
    server.expect("221");
}

} // namespace

void smtp(const Options& options)
{
    const Target target(options);
    const Mail mail{.octets = options.number("octets"),
                    .recipients = options.number("recipients", 1),
                    .a_connection = options.number("a-connection", 100),
                    .login = options.says("login", "starttls")};
    Work work(options.number("messages"));
    Sums sums;
    work.run(options.number("connections"), sums, [&] { send_messages(target, mail, work, sums); });
}

void rcpt(const Options& options)
{
    const Target target(options);
    const Asked asked{.a_transaction = options.number("recipients"), .every = options.number("every", 1)};
    Work work(options.number("messages"));
    Sums sums;
    work.run(options.number("connections"), sums, [&] { ask_for_recipients(target, asked, work, sums); });
}

} // namespace metka::bench
