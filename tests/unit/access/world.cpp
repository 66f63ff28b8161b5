#include "world.h"

#include <array>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/net/spawn.h"

namespace metka::access::test {

namespace {

sys::Descriptor in_memory(std::string_view text)
{
    sys::Descriptor file(memfd_create("message", MFD_CLOEXEC));
    REQUIRE(pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    return file;
}

sys::Descriptor that_cannot_be_read()
{
    return sys::Descriptor(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

class MemoryInbox final : public maildir::MailInbox {
  public:
    explicit MemoryInbox(Box& box) : box_(box) {}
    ~MemoryInbox() override
    {
        if (holds_) box_.in_use = false;
    }

    asio::awaitable<Result<void>> lock() override
    {
        if (box_.lock_fault) co_return fail(*box_.lock_fault, "no lock");
        if (box_.in_use) co_return fail(Fault::conflict, "in use");
        holds_ = box_.in_use = true;
        co_return Result<void>{};
    }

    asio::awaitable<void> unlock() override
    {
        if (holds_) box_.in_use = false;
        holds_ = false;
        co_return;
    }

    asio::awaitable<Result<std::vector<maildir::Listed>>> list() override
    {
        if (box_.list_fault) co_return fail(*box_.list_fault, "no list");
        std::vector<maildir::Listed> listed;
        listed.reserve(box_.messages.size());
        for (const auto& message : box_.messages)
            listed.push_back({.name = message.name,
                              .uid = "uid-" + message.name,
                              .octets = with_crlf(message.text).size()});
        co_return listed;
    }

    asio::awaitable<Result<sys::Descriptor>> read(std::string name) override
    {
        if (box_.read_fault) co_return fail(*box_.read_fault, "no message");
        if (box_.unreadable) co_return that_cannot_be_read();
        for (const auto& message : box_.messages)
            if (message.name == name) co_return in_memory(message.text);
        co_return fail(Fault::not_found, "no such message");
    }

    asio::awaitable<Result<void>> remove(std::vector<std::string> names) override
    {
        if (box_.remove_fault) co_return fail(*box_.remove_fault, "not removed");
        for (const auto& name : names) {
            std::erase_if(box_.messages, [&](const Stored& message) { return message.name == name; });
            box_.removed.push_back(name);
        }
        co_return Result<void>{};
    }

  private:
    Box& box_;
    bool holds_ = false;
};

} // namespace

void Box::add(std::string text)
{
    const auto name = fmt::to_string(messages.size() + 1);
    messages.push_back({.name = name, .text = std::move(text)});
}

asio::awaitable<Result<login::Answer>> AccountBook::check(login::Attempt attempt)
{
    asked.push_back(attempt.name);
    if (away) co_return fail(Fault::unavailable, "nobody knows");
    login::Answer answer;
    const auto account = accounts.find(attempt.name);
    if (account == accounts.end() || !attempt.password.same_as(account->second.password)) co_return answer;
    answer.verdict = account->second.verdict;
    answer.login = attempt.name;
    last_let_in = attempt.name;
    co_return answer;
}

World::World()
{
    limits.pause = std::chrono::milliseconds(0);
    book.accounts.emplace(somebody, Account{.password = std::string(password)});
    book.accounts.emplace("wygasla@moja-firma.lublin.pl",
                          Account{.password = "sekret-wygasla", .verdict = login::Verdict::expired});
    book.accounts.emplace("wstrzymana@moja-firma.lublin.pl",
                          Account{.password = "sekret-wstrzymana", .verdict = login::Verdict::suspended});
}

Collaborators World::collaborators()
{
    const auto open = [this](const sys::Descriptor&) -> std::unique_ptr<maildir::MailInbox> {
        if (no_wire) return nullptr;
        return std::make_unique<MemoryInbox>(boxes[book.last_let_in]);
    };
    return {.authenticator = book, .open_inbox = open, .clock = clock};
}

Conversation::Conversation(World& world) : collaborators_(world.collaborators()), limits_(world.limits)
{
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    client_.reset(ends[0]);
    channel_ = std::make_unique<net::Channel>(loop_.get_executor(), sys::Descriptor(ends[1]), "local");
    net::spawn(loop_.get_executor(), serve(), "session under test");
}

Conversation::~Conversation()
{
    if (client_) hang_up();
    if (client_) CHECK(ended_);
    work();
}

asio::awaitable<void> Conversation::serve()
{
    Session session(*channel_, collaborators_, limits_);
    co_await session.run();
}

std::size_t Conversation::take(std::string& heard)
{
    std::size_t taken = 0;
    std::array<char, 16384> block{};
    for (;;) {
        const auto got = recv(client_.get(), block.data(), block.size(), 0);
        ended_ = ended_ || got == 0;
        if (got <= 0) return taken;
        heard.append(block.data(), static_cast<std::size_t>(got));
        taken += static_cast<std::size_t>(got);
    }
}

std::string Conversation::listen()
{
    std::string heard;
    for (;;) {
        loop_.restart();
        const auto worked = loop_.poll();
        const auto taken = take(heard);
        if (worked == 0 && taken == 0) return heard;
    }
}

void Conversation::say_only(std::string_view bytes)
{
    REQUIRE(send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
    work();
}

void Conversation::work()
{
    do
        loop_.restart();
    while (loop_.poll() > 0);
}

std::string Conversation::say(std::string_view bytes)
{
    std::string heard;
    while (!bytes.empty()) {
        const auto put = send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN) break; // the server has hung up
        if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
        heard += listen();
    }
    return heard + listen();
}

void Conversation::log_in()
{
    const auto answers = say(fmt::format("USER {}\r\nPASS {}\r\n", somebody, password));
    REQUIRE(answers.find("+OK the password, please\r\n+OK ") != std::string::npos);
}

void Conversation::hang_up()
{
    shutdown(client_.get(), SHUT_WR);
    listen();
}

void Conversation::drain()
{
    channel_->interrupt();
    listen();
}

std::string with_crlf(std::string_view stored)
{
    std::string message;
    for (const char byte : stored) {
        if (byte == '\n' && !message.ends_with('\r')) message += '\r';
        message += byte;
    }
    if (!message.empty() && !message.ends_with('\n')) message += "\r\n";
    return message;
}

std::string without_stuffing(std::string_view sent)
{
    std::string message;
    while (!sent.starts_with(".\r\n")) {
        const auto end = sent.find("\r\n");
        REQUIRE(end != std::string_view::npos);
        auto line = sent.substr(0, end + 2);
        sent.remove_prefix(line.size());
        if (line.starts_with('.')) line.remove_prefix(1);
        message += line;
    }
    CHECK(sent == ".\r\n");
    return message;
}

} // namespace metka::access::test
