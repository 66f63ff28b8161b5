// Mail out: see load.cpp.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "tests/bench/connection.h"
#include "tests/bench/load.h"

namespace metka::bench {

namespace {

void log_in(Connection& server, const Target& target, const std::string& login)
{
    server.send("USER " + login + "\r\n");
    server.expect("+OK");
    server.send("PASS " + target.password + "\r\n");
    server.expect("+OK");
}

unsigned long stat(Connection& server)
{
    server.send("STAT\r\n");
    return std::stoul(server.expect("+OK").substr(4));
}

void uidl(Connection& server)
{
    server.send("UIDL\r\n");
    server.expect("+OK");
    server.skip_to_dot();
}

void retr(Connection& server, unsigned long number, Sums& sums)
{
    server.send("RETR " + std::to_string(number) + "\r\n");
    server.expect("+OK");
    sums.octets += server.skip_to_dot();
    ++sums.messages;
}

void retr_first(Connection& server, unsigned long count, Sums& sums)
{
    for (unsigned long n = 1; n <= count; ++n)
        retr(server, n, sums);
}

using Script = void (*)(Connection&, Sums&);
const std::map<std::string, Script> scripts{
    {"poll", [](Connection& server, Sums&) { stat(server); }},
    {"list",
     [](Connection& server, Sums&) {
         stat(server);
         uidl(server);
     }},
    {"session",
     [](Connection& server, Sums& sums) {
         stat(server);
         uidl(server);
         retr(server, 1, sums);
     }},
    {"ten",
     [](Connection& server, Sums& sums) {
         stat(server);
         retr_first(server, 10, sums);
     }},
    {"all", [](Connection& server, Sums& sums) { retr_first(server, stat(server), sums); }},
};

// An inbox takes one session at a time (RFC 1939 §4), and its client keeps a TLS session.
struct Box {
    std::mutex in_use;
    TlsSession kept;
};

class Fetching {
  public:
    Fetching(const Target& target, const Options& options)
        : target_(target), boxes_(target.boxes), resumes_(options.says("tls", "resumed"))
    {
        const auto found = scripts.find(options.text("script", "all"));
        if (found == scripts.end()) give_up("there is no such script");
        script_ = found->second;
    }

    void visit(unsigned number, Sums& sums)
    {
        Box& box = boxes_[number % target_.boxes];
        const std::lock_guard alone(box.in_use);
        Connection server(target_.host, target_.port, Security::tls, resumes_ ? &box.kept : nullptr);
        server.expect("+OK");
        log_in(server, target_, target_.box(number));
        script_(server, sums);
        server.send("QUIT\r\n");
        server.expect("+OK");
        if (server.is_resumed()) ++sums.resumed;
    }

  private:
    const Target& target_;
    std::vector<Box> boxes_;
    Script script_ = nullptr;
    bool resumes_ = false;
};

void allow_descriptors()
{
    rlimit most{};
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
}

} // namespace

void pop3(const Options& options)
{
    const Target target(options);
    const unsigned connections = options.number("connections");
    Fetching fetching(target, options);
    const auto visit_in_turn = [&](Work& work, Sums& sums) {
        for (unsigned number = 0; work.next(number);)
            fetching.visit(number, sums);
    };
    if (options.says("wait", "yes")) {
        Work each_once(target.boxes);
        Sums not_counted;
        in_threads(connections, [&] { visit_in_turn(each_once, not_counted); });
        await_a_word();
    }
    Work work(options.number("sessions"));
    Sums sums;
    work.run(connections, sums, [&] { visit_in_turn(work, sums); });
}

void idle(const Options& options)
{
    constexpr unsigned opening_at_a_time = 4;
    const Target target(options);
    const bool logs_in = options.says("login", "yes");
    allow_descriptors();
    std::vector<std::unique_ptr<Connection>> held(options.number("connections"));
    Work work(static_cast<unsigned>(held.size()));
    const Sums sums;
    work.run(opening_at_a_time, sums, [&] {
        for (unsigned number = 0; work.next(number);) {
            held[number] = std::make_unique<Connection>(target.host, target.port, Security::tls);
            held[number]->expect("+OK");
            if (logs_in) log_in(*held[number], target, target.box(number));
        }
    });
    await_a_word();
}

} // namespace metka::bench
