// metka-resolver(8): asks DNS one question for metkad, and ends.

#include <csignal>
#include <cstdlib>
#include <exception>

#include <fcntl.h>
#include <poll.h>
#include <sysexits.h>

#include "core/base/version.h"
#include "core/dns/protocol.h"
#include "core/sys/confine.h"
#include "core/sys/file.h"
#include "core/sys/log.h"
#include "daemon/resolver/inquiry.h"
#include "daemon/resolver/posture.h"
#include "daemon/resolver/servers.h"

namespace metka::resolver {

namespace {

constexpr int wire = 3;                 // household::metkad_descriptor
constexpr int question_patience = 5000; // ms; metkad asks at once
constexpr Bytes most_configuration = 1_MiB;

Result<sys::Frame> receive_question()
{
    sys::Frame frame;
    for (;;) {
        switch (sys::receive_frame(wire, frame)) {
        case sys::Passed::whole:
            return frame;
        case sys::Passed::later: {
            pollfd readable{.fd = wire, .events = POLLIN, .revents = 0};
            if (poll(&readable, 1, question_patience) > 0) continue;
            return fail(Fault::unavailable, "metkad asked nothing");
        }
        default:
            return fail(Fault::invalid, "it is started by metkad, not by hand; see metkad(8)");
        }
    }
}

// Read before the files are closed to us; a machine without the file has a server of its own, or none.
std::vector<std::string> servers_of(const dns::Question& question)
{
    if (!question.servers.empty()) return question.servers;
    const auto text = sys::read_file("/etc/resolv.conf", most_configuration);
    return servers_in(text ? *text : std::string());
}

Result<policy::DomainRecords> answer(const dns::Question& question)
{
    const auto servers = servers_of(question);
    auto inquiry = Inquiry::prepare(servers);
    if (!inquiry) return pass(inquiry);
    const auto confined = sys::confine(posture(ports_of(servers)));
    if (!confined) return pass(confined);
    return inquiry->ask(question.domain);
}

int live()
{
    if (fcntl(wire, F_SETFD, FD_CLOEXEC) != 0) {
        fmt::print(stderr, "metka-resolver: it is started by metkad, not by hand; see metkad(8)\n");
        return EX_USAGE;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const auto frame = receive_question();
    if (!frame) {
        fmt::print(stderr, "metka-resolver: {}\n", frame.error().text);
        return EX_USAGE;
    }
    const auto question = sys::decode<dns::Question>(*frame);
    auto records = question ? answer(*question) : pass(question);
    auto reply = records ? sys::encode(dns::Answer{.records = std::move(*records)})
                         : sys::encode_error(records.error());
    reply.number = frame->number;
    reply.answer = true;
    const auto passed = sys::send_frame(wire, reply);
    std::_Exit(passed == sys::Passed::whole ? EX_OK : EX_IOERR); // libunbound's thread ends with us
}

int read_words(std::string_view word)
{
    if (word == "--version") {
        fmt::print("metka-resolver {}\n", version);
        return EX_OK;
    }
    if (word == "--help") {
        fmt::print(
            "metka-resolver: asks DNS one question for metkad(8), and ends. Started by metkad alone.\n");
        return EX_OK;
    }
    fmt::print(stderr, "metka-resolver: it takes no “{}”; see metka-resolver(8)\n", word);
    return EX_USAGE;
}

} // namespace

int run(int count, char** words)
{
    try {
        if (count > 1) return read_words(words[1]);
        sys::log_as("metka-resolver", sys::Level::info);
        return live();
    } catch (const std::exception& error) {
        fmt::print(stderr, "metka-resolver: {}\n", error.what());
        return EX_SOFTWARE;
    }
}

} // namespace metka::resolver

int main(int count, char** words)
{
    return metka::resolver::run(count, words);
}
