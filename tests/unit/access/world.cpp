#include "world.h"

#include <array>
#include <csignal>
#include <stdexcept>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/net/spawn.h"
#include "tests/dialogues/certificate.h"

namespace metka::access::test {

namespace {

sys::Descriptor in_memory(std::string_view text)
{
    sys::Descriptor file(memfd_create("message", MFD_CLOEXEC));
    [[maybe_unused]] const auto put = pwrite(file.get(), text.data(), text.size(), 0);
    REQUIRE(put == static_cast<ssize_t>(text.size()));
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

    bool is_open() const override { return !box_.gone; }

    asio::awaitable<Result<maildir::Opened>> open() override
    {
        if (box_.lock_fault) co_return fail(*box_.lock_fault, "no lock");
        if (box_.in_use) co_return fail(Fault::conflict, "in use");
        if (box_.list_fault) co_return fail(*box_.list_fault, "no list");
        holds_ = box_.in_use = true;
        listed_ = box_.messages;
        maildir::Opened opened{.messages = listed_.size()};
        for (const auto& message : listed_)
            opened.octets += with_crlf(message.text).size();
        co_return opened;
    }

    asio::awaitable<void> unlock() override
    {
        if (holds_) box_.in_use = false;
        holds_ = false;
        co_return;
    }

    asio::awaitable<Result<std::vector<std::uint64_t>>> octets() override
    {
        if (box_.octets_fault) co_return fail(*box_.octets_fault, "no octets");
        std::vector<std::uint64_t> octets;
        octets.reserve(listed_.size());
        for (const auto& message : listed_)
            octets.push_back(with_crlf(message.text).size());
        co_return octets;
    }

    asio::awaitable<Result<maildir::Uids>> uids(maildir::MessageIndex from, std::uint64_t most) override
    {
        if (box_.uids_fault && from >= box_.uids_had) co_return fail(*box_.uids_fault, "no uids");
        maildir::Uids uids;
        for (; from < listed_.size() && uids.count < std::min(most, box_.uids_at_once); ++from, ++uids.count)
            uids.lines += fmt::format("uid-{}\n", listed_[from].name);
        co_return uids;
    }

    asio::awaitable<Result<maildir::StoredMessage>> read(maildir::MessageIndex index) override
    {
        box_.gone = box_.gone || box_.ends_when_asked;
        if (box_.read_fault) co_return fail(*box_.read_fault, "no message");
        const auto& wanted = listed_.at(index);
        const bool is_there = std::ranges::count(box_.messages, wanted.name, &Stored::name) > 0;
        if (!is_there) co_return fail(Fault::not_found, "no such message");
        auto file = box_.unreadable ? that_cannot_be_read() : in_memory(box_.becomes.value_or(wanted.text));
        co_return maildir::StoredMessage{.file = std::move(file), .octets = with_crlf(wanted.text).size()};
    }

    asio::awaitable<Result<maildir::Removal>> remove(std::vector<maildir::MessageIndex> indices) override
    {
        if (box_.remove_fault) co_return fail(*box_.remove_fault, "not removed");
        maildir::Removal removal;
        for (const auto index : indices) {
            const auto name = listed_.at(index).name;
            if (box_.immovable.contains(name)) {
                ++removal.left;
                removal.why = "immovable";
                continue;
            }
            ++removal.removed;
            std::erase_if(box_.messages, [&](const Stored& message) { return message.name == name; });
            box_.removed.push_back(name);
        }
        co_return removal;
    }

  private:
    Box& box_;
    bool holds_ = false;
    std::vector<Stored> listed_;
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
    std::signal(SIGPIPE, SIG_IGN); // as the programs do: OpenSSL writes without MSG_NOSIGNAL
    limits.pause = std::chrono::milliseconds(0);
    book.accounts.emplace(somebody, Account{.password = std::string(password)});
    book.accounts.emplace("biuro@krasnobród.pl", Account{.password = "sekret-biuro"});
    book.accounts.emplace("józek@krasnobród.pl", Account{.password = "zażółć gęślą jaźń"});
    book.accounts.emplace("gorliwa@moja-firma.lublin.pl",
                          Account{.password = "sekret-gorliwa", .verdict = login::Verdict::too_soon});
    book.accounts.emplace("wygasla@moja-firma.lublin.pl",
                          Account{.password = "sekret-wygasla", .verdict = login::Verdict::expired});
    book.accounts.emplace("wstrzymana@moja-firma.lublin.pl",
                          Account{.password = "sekret-wstrzymana", .verdict = login::Verdict::suspended});
}

Collaborators World::collaborators()
{
    const auto open = [this](const sys::Descriptor&) -> std::unique_ptr<maildir::MailInbox> {
        return std::make_unique<MemoryInbox>(boxes[book.last_let_in]);
    };
    const auto stopwatch = [this] { return std::chrono::steady_clock::time_point(passed); };
    return {.authenticator = book, .open_inbox = open, .clock = clock, .stopwatch = stopwatch};
}

const std::shared_ptr<net::TlsContext>& certificate()
{
    static const auto shared = [] {
        const auto made = dialogues::make_certificate("mail.moja-firma.lublin.pl");
        auto context = net::TlsContext::make(made.chain_pem, made.key_pem, "metka-access");
        REQUIRE(context.has_value());
        return std::move(*context);
    }();
    return shared;
}

Conversation::Conversation(World& world, Line line)
    : collaborators_(world.collaborators()), limits_(world.limits), line_(line)
{
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        throw std::runtime_error("no sockets");
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
    Session session(*channel_, collaborators_, limits_, line_ == Line::clear ? certificate() : nullptr);
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
    [[maybe_unused]] const auto put = send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    REQUIRE(put == static_cast<ssize_t>(bytes.size()));
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
