// TRANSACTION (RFC 1939 §5, §7): the messages, one at a time, never a whole one in memory.

#include <array>
#include <cerrno>
#include <span>

#include <unistd.h>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "core/wire/dot_writer.h"
#include "daemon/access/replies.h"
#include "daemon/access/session.h"

namespace metka::access {

namespace {

using Keyword = wire::Pop3Keyword;

constexpr std::size_t block_size = std::size_t{64} * 1024;

// Where one block of a message is read and made ready. Between two awaits only: a session that waits for its
// client keeps none of it.
struct Workplace {
    std::array<char, block_size> stored;
    std::string sent;
};

Workplace& workplace()
{
    thread_local Workplace place;
    return place;
}

// Shorter than a block: the message ends there.
Result<std::string_view> read_block(const sys::Descriptor& file, std::uint64_t offset, std::span<char> block)
{
    for (;;) {
        const auto got = pread(file.get(), block.data(), block.size(), static_cast<off_t>(offset));
        if (got >= 0) return std::string_view(block.data(), static_cast<std::size_t>(got));
        if (errno != EINTR) return fail_errno(errno, "reading a message");
    }
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
    const auto number = command.message;
    if (number && !has(command)) co_return;
    const bool known = co_await learn_octets();
    if (!known) co_return;
    if (number) co_return say(replies::single(replies::list_row(*number, maildrop_->octets(*number))));
    say(replies::listing);
    for (std::uint64_t each = 1; each <= maildrop_->size() && goes_on(); ++each) {
        if (!maildrop_->has(each)) continue;
        say(replies::list_row(each, maildrop_->octets(each)));
        co_await make_room();
    }
    if (goes_on()) say(replies::end_of_list);
}

asio::awaitable<void> Session::uidl(const wire::Pop3Command& command)
{
    if (!command.message) {
        co_await show_uids();
        co_return;
    }
    const auto number = *command.message;
    if (!has(command)) co_return;
    const auto uid = co_await inbox_->uids(Maildrop::index(number), 1);
    if (!uid) co_return cannot_read(uid.error());
    say(replies::single(
        replies::list_row(number, std::string_view(uid->lines).substr(0, uid->lines.find('\n')))));
}

// A list that has begun and cannot be had to its end has no way to say so but to break off (as
// send_message()).
asio::awaitable<void> Session::show_uids()
{
    std::uint64_t number = 0;
    do {
        const auto part =
            co_await inbox_->uids(static_cast<maildir::MessageIndex>(number), maildrop_->size());
        if (!part && number == 0) co_return cannot_read(part.error());
        if (!part) co_return end(Ending::unreadable);
        if (number == 0) say(replies::listing);
        for (const auto uid : split(std::string_view(part->lines).substr(0, part->lines.rfind('\n')), '\n')) {
            if (maildrop_->has(++number)) say(replies::list_row(number, uid));
            if (number == maildrop_->size()) break;
        }
        co_await make_room();
    } while (goes_on() && number < maildrop_->size());
    if (goes_on()) say(replies::end_of_list);
}

asio::awaitable<void> Session::retr(const wire::Pop3Command& command)
{
    const auto message = co_await open_message(command);
    if (!message) co_return;
    say(replies::octets_follow(message->octets));
    co_await send_message(*message, std::nullopt);
    if (goes_on()) ++sent_messages_;
}

asio::awaitable<void> Session::top(const wire::Pop3Command& command)
{
    const auto lines = command.lines;
    const auto message = co_await open_message(command);
    if (!message) co_return;
    say(replies::top);
    co_await send_message(*message, lines);
}

asio::awaitable<void> Session::dele(const wire::Pop3Command& command)
{
    const auto number = *command.message;
    if (!has(command)) co_return;
    if (rights_ == Rights::read_only) co_return say(replies::read_only);
    const bool known = co_await learn_octets();
    if (!known) co_return;
    maildrop_->mark(number);
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

bool Session::has(const wire::Pop3Command& command)
{
    if (maildrop_->has(*command.message)) return true;
    say(replies::no_such_message);
    return false;
}

asio::awaitable<bool> Session::learn_octets()
{
    if (maildrop_->knows_octets()) co_return true;
    auto octets = co_await inbox_->octets();
    if (octets)
        maildrop_->learn(std::move(*octets));
    else
        cannot_read(octets.error());
    co_return octets.has_value();
}

asio::awaitable<std::optional<maildir::StoredMessage>> Session::open_message(const wire::Pop3Command& command)
{
    if (!has(command)) co_return std::nullopt;
    auto message = co_await inbox_->read(Maildrop::index(*command.message));
    if (message) co_return std::move(*message);
    cannot_read(message.error());
    co_return std::nullopt;
}

void Session::cannot_read(const Error& why)
{
    if (why.fault == Fault::not_found) return say(replies::vanished);
    if (lose_inbox(why)) return say(lost_->reply);
    if (has_lost_store()) return end_without_store();
    say(replies::cannot_read);
    sys::log(sys::Level::warning, "pop3.unreadable",
             {{"session", id_}, {"login", login_}, {"why", why.text}});
}

void Session::end_without_store()
{
    say(replies::store_gone);
    end(Ending::store_gone);
}

// A message that cannot be sent as it was announced has no way to say so but to break off: without the final
// dot, no client takes what it has for the whole. The user of a shell inbox may write to a file of theirs, or
// cut it short, while it is sent.
asio::awaitable<void> Session::send_message(const maildir::StoredMessage& message,
                                            std::optional<std::uint64_t> body_lines)
{
    wire::DotWriter writer;
    wire::OctetCounter counter;
    std::optional<wire::TopCutter> cutter;
    if (body_lines) cutter.emplace(*body_lines);

    bool is_whole = false;
    for (std::uint64_t offset = 0; !is_whole; offset += block_size) {
        auto& [stored, sent] = workplace();
        const auto block = read_block(message.file, offset, stored);
        if (!block) co_return break_off(block.error().text);
        sent.clear();
        counter.add(*block);
        writer.add(cutter ? cutter->add(*block) : *block, sent);
        const bool is_top = cutter && cutter->is_done();
        const bool is_read = block->size() < block_size;
        const bool differs =
            is_read ? counter.octets() != message.octets : offset + block_size > message.octets;
        if (differs && !is_top) co_return break_off("it changed while it was sent");
        is_whole = is_top || is_read;
        if (is_whole) writer.finish(sent);
        say(sent);
        co_await make_room();
        if (!goes_on()) co_return;
    }
}

void Session::break_off(std::string_view why)
{
    sys::log(sys::Level::warning, "pop3.unreadable", {{"session", id_}, {"login", login_}, {"why", why}});
    end(Ending::unreadable);
}

} // namespace metka::access
