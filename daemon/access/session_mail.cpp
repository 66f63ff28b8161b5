// TRANSACTION (RFC 1939 §5, §7): the messages, one at a time, never a whole one in memory.

#include <array>
#include <cerrno>
#include <vector>

#include <unistd.h>

#include "core/sys/log.h"
#include "core/wire/dot_writer.h"
#include "daemon/access/replies.h"
#include "daemon/access/session.h"

namespace metka::access {

namespace {

using Keyword = wire::Pop3Keyword;

constexpr std::size_t block_size = std::size_t{32} * 1024;

Result<std::string_view> read_block(const sys::Descriptor& file, std::uint64_t offset,
                                    std::vector<char>& block)
{
    for (;;) {
        const auto got = pread(file.get(), block.data(), block.size(), static_cast<off_t>(offset));
        if (got >= 0) return std::string_view(block.data(), static_cast<std::size_t>(got));
        if (errno != EINTR) return fail_errno(errno, "reading a message");
    }
}

std::string octets_row(std::uint64_t number, const maildir::Listed& message)
{
    return replies::list_row(number, message.octets);
}

std::string uid_row(std::uint64_t number, const maildir::Listed& message)
{
    return replies::list_row(number, message.uid);
}

} // namespace

const std::array<Session::Row, 10> Session::transaction_rows{{
    {Keyword::capa, &Session::capa},
    {Keyword::stat, &Session::stat},
    {Keyword::list, &Session::list},
    {Keyword::uidl, &Session::uidl},
    {Keyword::top, &Session::top},
    {Keyword::retr, &Session::retr},
    {Keyword::dele, &Session::dele},
    {Keyword::rset, &Session::rset},
    {Keyword::noop, &Session::noop},
    {Keyword::quit, &Session::quit},
}};

asio::awaitable<void> Session::stat(const wire::Pop3Command&)
{
    say(replies::totals(maildrop_->count(), maildrop_->octets()));
    co_return;
}

asio::awaitable<void> Session::list(const wire::Pop3Command& command)
{
    co_await show(command, octets_row);
}

asio::awaitable<void> Session::uidl(const wire::Pop3Command& command)
{
    co_await show(command, uid_row);
}

asio::awaitable<void> Session::show(const wire::Pop3Command& command, ShowRow row)
{
    if (command.message) {
        const auto* message = named_by(command);
        if (message) say(replies::single(row(*command.message, *message)));
        co_return;
    }
    say(replies::listing);
    for (std::uint64_t number = 1; number <= maildrop_->size() && goes_on(); ++number) {
        const auto* message = maildrop_->find(number);
        if (!message) continue;
        say(row(number, *message));
        co_await make_room();
    }
    say(replies::end_of_list);
}

asio::awaitable<void> Session::retr(const wire::Pop3Command& command)
{
    const auto* message = named_by(command);
    if (!message) co_return;
    const auto file = co_await open_message(message->name);
    if (!file) co_return;
    say(replies::octets_follow(message->octets));
    co_await send_message(file, std::nullopt);
    if (goes_on()) ++sent_messages_;
}

asio::awaitable<void> Session::top(const wire::Pop3Command& command)
{
    const auto* message = named_by(command);
    if (!message) co_return;
    const auto lines = command.lines;
    const auto file = co_await open_message(message->name);
    if (!file) co_return;
    say(replies::top);
    co_await send_message(file, lines);
}

asio::awaitable<void> Session::dele(const wire::Pop3Command& command)
{
    const auto* message = named_by(command);
    if (!message) co_return;
    if (rights_ == Rights::read_only) co_return say(replies::read_only);
    maildrop_->mark(*command.message);
    say(replies::marked);
}

asio::awaitable<void> Session::rset(const wire::Pop3Command&)
{
    maildrop_->reset();
    say(replies::ok);
    co_return;
}

asio::awaitable<void> Session::noop(const wire::Pop3Command&)
{
    say(replies::ok);
    co_return;
}

const maildir::Listed* Session::named_by(const wire::Pop3Command& command)
{
    const auto* message = maildrop_->find(*command.message);
    if (!message) say(replies::no_such_message);
    return message;
}

asio::awaitable<sys::Descriptor> Session::open_message(std::string name)
{
    auto file = co_await inbox_->read(std::move(name));
    if (file) co_return std::move(*file);
    const bool vanished = file.error().fault == Fault::not_found;
    say(vanished ? replies::vanished : replies::cannot_read);
    if (!vanished)
        sys::log(sys::Level::warning, "pop3.unreadable",
                 {{"session", id_}, {"login", login_}, {"why", file.error().text}});
    co_return sys::Descriptor{};
}

// A message that cannot be read to its end has no way to say so but to break off: without the final dot, no
// client takes what it has for the whole.
asio::awaitable<void> Session::send_message(const sys::Descriptor& file,
                                            std::optional<std::uint64_t> body_lines)
{
    std::vector<char> block(block_size);
    std::string out;
    wire::DotWriter writer;
    std::optional<wire::TopCutter> cutter;
    if (body_lines) cutter.emplace(*body_lines);

    for (std::uint64_t offset = 0; goes_on() && !(cutter && cutter->is_done());) {
        const auto stored = read_block(file, offset, block);
        if (!stored) {
            sys::log(sys::Level::warning, "pop3.unreadable",
                     {{"session", id_}, {"login", login_}, {"why", stored.error().text}});
            co_return end(Ending::unreadable);
        }
        if (stored->empty()) break;
        offset += stored->size();
        out.clear();
        writer.add(cutter ? cutter->add(*stored) : *stored, out);
        say(out);
        co_await make_room();
    }
    if (!goes_on()) co_return;
    out.clear();
    writer.finish(out);
    say(out);
}

} // namespace metka::access
