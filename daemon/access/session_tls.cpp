// What is said before TLS is there (RFC 2595 §4): what we can do, and STLS.

#include <array>

#include "core/sys/log.h"
#include "daemon/access/replies.h"
#include "daemon/access/session.h"

namespace metka::access {

namespace {

using Keyword = wire::Pop3Keyword;

} // namespace

const std::array<Session::Row, 6> Session::clear_rows{{
    {Keyword::capa, &Session::capa},
    {Keyword::stls, &Session::stls},
    {Keyword::user, &Session::refuse_in_the_clear},
    {Keyword::pass, &Session::refuse_in_the_clear},
    {Keyword::auth, &Session::refuse_in_the_clear},
    {Keyword::quit, &Session::quit},
}};

// The session begins anew, but for its count of errors: nothing of what was said in the clear is left. What
// was sent behind STLS must not be taken for something that was said under TLS (CVE-2011-0411).
asio::awaitable<void> Session::stls(const wire::Pop3Command&)
{
    if (!channel_.buffered().empty()) {
        say(replies::tls_injected);
        co_return end(Ending::injected);
    }
    say(replies::begin_tls);
    const auto certificate = std::move(stls_);
    const bool safe = co_await channel_.start_tls(*certificate, limits_.handshake);
    if (safe) co_return;
    sys::log(sys::Level::debug, "pop3.no_tls", {{"peer", channel_.peer()}});
    end(Ending::no_tls);
}

asio::awaitable<void> Session::refuse_in_the_clear(const wire::Pop3Command&)
{
    error(replies::not_in_the_clear);
    co_return;
}

asio::awaitable<void> Session::tls_already(const wire::Pop3Command&)
{
    error(replies::tls_already);
    co_return;
}

} // namespace metka::access
