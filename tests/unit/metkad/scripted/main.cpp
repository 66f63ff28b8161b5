// A program of the engine that does what a test has written into its engine file (frames.h). A client of its
// listeners is told the listener and the process, and gets back what it says; “store” gets which process its
// metka-store is.

#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <unistd.h>

#include "core/net/spawn.h"
#include "core/net/wire.h"
#include "core/sys/file.h"
#include "tests/unit/metkad/scripted/frames.h"

using namespace metka;
using namespace metka::household;
using asio::ip::tcp;

namespace {

class Script {
  public:
    explicit Script(const std::string& text)
    {
        std::istringstream lines(text);
        for (std::string word, meaning; lines >> word >> meaning;)
            words_[word] = meaning;
    }
    std::string operator[](const std::string& word) const
    {
        const auto found = words_.find(word);
        return found == words_.end() ? std::string() : found->second;
    }
    std::uint64_t generation() const { return std::stoull((*this)["generation"]); }

  private:
    std::map<std::string, std::string> words_;
};

std::string content(int fd)
{
    return sys::read_whole(fd, 1_MiB).value_or("");
}

class ScriptedProgram {
  public:
    explicit ScriptedProgram(Script script) : script_(std::move(script)), answer_now_(loop_) {}

    int live()
    {
        wire_ = net::Wire::open(loop_.get_executor(), sys::Descriptor(metkad_descriptor), "metkad");
        wire_->serve([this](net::Frame frame) { return answer(std::move(frame)); }, [] { _exit(0); });
        loop_.run();
        return 0;
    }

  private:
    using Answer = Result<net::Frame>;

    asio::awaitable<Answer> answer(net::Frame frame)
    {
        switch (frame.kind) {
        case Start::kind:
            co_return start(frame);
        case GiveWire::kind:
            co_return meet(frame);
        case GiveListener::kind:
            if (script_["listener"] == "late") co_await later();
            co_return listen(frame);
        case DropListener::kind:
            co_return drop(frame);
        case GiveCertificates::kind:
            co_return certificates(frame);
        case Drain::kind:
            for (const auto& [key, acceptor] : listeners_)
                acceptor->close();
            is_draining_ = true;
            end_if_idle();
            co_return sys::encode(Taken{});
        case scripted::AskReport::kind:
            co_return report();
        case scripted::AskLater::kind:
            co_await later();
            co_return report();
        case scripted::Answer::kind:
            answer_now_.cancel();
            co_return sys::encode(Taken{});
        case scripted::AskPeer::kind: {
            auto answered = co_await ask_peer(std::move(frame));
            co_return answered;
        }
        default: {
            auto answered = co_await adopt(std::move(frame));
            co_return answered;
        }
        }
    }

    Answer start(const net::Frame& frame)
    {
        if (frame.descriptors[0]) dup2(frame.descriptors[0].get(), STDERR_FILENO);
        const std::uint64_t generation = script_["start"] == "stray" ? 99 : script_.generation();
        return sys::encode(Started{.generation = generation, .missing = {}});
    }

    Answer meet(net::Frame& frame)
    {
        const auto given = sys::decode<GiveWire>(frame);
        auto wire =
            net::Wire::open(loop_.get_executor(), std::move(frame.descriptors[0]), executable(given->peer));
        wire->serve([this](net::Frame request) { return answer(std::move(request)); });
        peers_[given->peer] = std::move(wire);
        return sys::encode(Taken{});
    }

    Answer listen(net::Frame& frame)
    {
        const auto given = sys::decode<GiveListener>(frame);
        if (script_["listener"] == "refuse") return fail(Fault::invalid, "no listener today");
        const auto key = given->name + " " + given->address;
        auto acceptor = std::make_shared<tcp::acceptor>(loop_);
        acceptor->assign(given->address.contains('*') ? tcp::v6() : tcp::v4(),
                         frame.descriptors[0].release());
        listeners_[key] = acceptor;
        net::spawn(loop_.get_executor(), accept(acceptor, key), "listener");
        return sys::encode(Taken{});
    }

    Answer drop(const net::Frame& frame)
    {
        const auto given = sys::decode<DropListener>(frame);
        const auto found = listeners_.find(given->name + " " + given->address);
        if (found == listeners_.end()) return fail(Fault::not_found, "no such listener");
        found->second->close();
        listeners_.erase(found);
        return sys::encode(Taken{});
    }

    Answer certificates(const net::Frame& frame)
    {
        if (script_["certificates"] == "refuse") return fail(Fault::invalid, "the key is another's");
        net::Frame set;
        set.kind = CertificateSet::kind;
        set.body = content(frame.descriptors[0].get());
        const auto decoded = sys::decode<CertificateSet>(set);
        certificates_.clear();
        for (const auto& each : decoded->certificates)
            certificates_ += each.host + " ";
        return sys::encode(Taken{});
    }

    asio::awaitable<void> later()
    {
        asio::error_code ignored;
        answer_now_.expires_at(std::chrono::steady_clock::time_point::max());
        co_await answer_now_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    asio::awaitable<Answer> adopt(net::Frame frame)
    {
        if (frame.kind != Adopt::kind) co_return fail(Fault::denied, "what is {:#06x}?", frame.kind);
        Script next(content(frame.descriptors[0].get()));
        if (next["adopt"] == "die") _exit(70);
        if (next["adopt"] == "refuse") co_return fail(Fault::invalid, "engine file line 3: so not");
        if (next["adopt"] == "late") co_await later();
        script_ = std::move(next);
        ++adoptions_;
        co_return sys::encode(Adopted{.generation = script_.generation()});
    }

    Answer report() const
    {
        scripted::Report report;
        report.pid = static_cast<std::uint64_t>(getpid());
        report.generation = script_.generation();
        report.adoptions = adoptions_;
        report.certificates = certificates_;
        for (const auto& [key, acceptor] : listeners_)
            report.listeners.push_back(key);
        return sys::encode(report);
    }

    asio::awaitable<Answer> ask_peer(net::Frame frame)
    {
        const auto asked = sys::decode<scripted::AskPeer>(frame);
        const auto peer = peers_[asked->peer];
        if (!peer) co_return fail(Fault::unavailable, "no wire");
        auto answered = co_await peer->ask(sys::encode(scripted::AskReport{}));
        co_return answered;
    }

    asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> acceptor, std::string key)
    {
        for (;;) {
            asio::error_code error;
            auto socket = co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (error) co_return;
            ++clients_;
            net::spawn(loop_.get_executor(), serve(std::move(socket), key), "client");
        }
    }

    asio::awaitable<void> serve(tcp::socket socket, std::string key)
    {
        asio::error_code error;
        auto text = fmt::format("{} {}\n", key, getpid());
        std::array<char, 256> block{};
        while (!error) {
            co_await asio::async_write(socket, asio::buffer(text),
                                       asio::redirect_error(asio::use_awaitable, error));
            if (error) break;
            const auto got = co_await socket.async_read_some(
                asio::buffer(block), asio::redirect_error(asio::use_awaitable, error));
            text.assign(block.data(), got);
            if (text == "answer\n") answer_now_.cancel();
            if (text == "store\n") text = co_await store();
        }
        --clients_;
        end_if_idle();
    }

    asio::awaitable<std::string> store()
    {
        auto frame = sys::encode(scripted::AskPeer{.peer = Program::store});
        const auto answered = co_await ask_peer(std::move(frame));
        const auto report = answered ? sys::decode<scripted::Report>(*answered) : pass(answered);
        co_return report ? fmt::format("{}\n", report->pid) : report.error().text + "\n";
    }

    void end_if_idle()
    {
        if (is_draining_ && clients_ == 0) loop_.stop();
    }

    asio::io_context loop_{1};
    Script script_;
    asio::steady_timer answer_now_;
    std::shared_ptr<net::Wire> wire_;
    std::map<Program, std::shared_ptr<net::Wire>> peers_;
    std::map<std::string, std::shared_ptr<tcp::acceptor>> listeners_;
    std::string certificates_;
    std::uint64_t adoptions_ = 0;
    std::size_t clients_ = 0;
    bool is_draining_ = false;
};

int check(const std::string& path)
{
    const Script script(sys::read_file(path, 1_MiB).value_or(""));
    if (script["check"] == "hang") pause();
    if (script["check"] != "refuse") return 0;
    fmt::print(stderr, "{}:3: so not\n", path);
    return 78;
}

} // namespace

int main(int count, char** words)
{
    if (count == 3 && std::string_view(words[1]) == "--check") return check(words[2]);
    if (count != 1) return 64;
    Script script(content(configuration_descriptor));
    if (script["start"] == "hang") pause();
    if (script["start"] == "refuse") {
        fmt::print(stderr, "there is no such folder\n");
        return 78;
    }
    return ScriptedProgram(std::move(script)).live();
}
