#include "tests/dialogues/client.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace metka::dialogues {

void Client::FreedTls::operator()(SSL* tls) const
{
    SSL_free(tls);
}

void Client::FreedTls::operator()(SSL_CTX* context) const
{
    SSL_CTX_free(context);
}

Client::Client(sys::Descriptor socket, std::function<void()> pump)
    : socket_(std::move(socket)), pump_(std::move(pump))
{
    fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
}

Client::~Client() = default;

Client::Moved Client::receive()
{
    std::array<char, 4096> bytes{};
    if (tls_) {
        ERR_clear_error();
        const int got = SSL_read(tls_.get(), bytes.data(), bytes.size());
        if (got <= 0)
            return SSL_get_error(tls_.get(), got) == SSL_ERROR_WANT_READ ? Moved::wait : Moved::closed;
        input_.append(bytes.data(), static_cast<std::size_t>(got));
        return Moved::some;
    }
    const auto got = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) return errno == EAGAIN ? Moved::wait : Moved::closed;
    if (got == 0) return Moved::closed;
    input_.append(bytes.data(), static_cast<std::size_t>(got));
    return Moved::some;
}

Client::Moved Client::transmit(std::string_view& bytes)
{
    const auto size = std::min<std::size_t>(bytes.size(), std::size_t{16} * 1024);
    ssize_t sent = 0;
    if (tls_) {
        ERR_clear_error();
        sent = SSL_write(tls_.get(), bytes.data(), static_cast<int>(size));
        if (sent <= 0) {
            const int why = SSL_get_error(tls_.get(), static_cast<int>(sent));
            return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? Moved::wait : Moved::closed;
        }
    } else {
        sent = ::send(socket_.get(), bytes.data(), size, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN ? Moved::wait : Moved::closed;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
    return Moved::some;
}

bool Client::wait_for_more()
{
    constexpr int patience = 20; // pumps; one is enough unless several parties talk in the loop
    for (int i = 0; i < patience && !closed_; ++i) {
        pump_();
        const auto moved = receive();
        closed_ = closed_ || moved == Moved::closed;
        if (moved == Moved::some) return true;
    }
    return false;
}

bool Client::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto moved = transmit(bytes);
        if (moved == Moved::closed) return false;
        if (moved == Moved::wait) pump_();
    }
    return true;
}

std::optional<std::string> Client::read_line()
{
    for (;;) {
        const auto end = input_.find("\r\n");
        if (end != std::string::npos) {
            auto line = input_.substr(0, end);
            input_.erase(0, end + 2);
            return line;
        }
        if (!wait_for_more()) return std::nullopt;
    }
}

void Client::unread(const std::string& line)
{
    input_.insert(0, line + "\r\n");
}

bool Client::is_closed()
{
    while (wait_for_more()) {
    }
    return closed_ && input_.empty();
}

bool Client::start_tls()
{
    context_.reset(SSL_CTX_new(TLS_client_method()));
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_.get());
    constexpr int patience = 20; // flights
    for (int i = 0; i < patience; ++i) {
        ERR_clear_error();
        const int done = SSL_connect(tls_.get());
        if (done == 1) return true;
        const int why = SSL_get_error(tls_.get(), done);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return false;
        pump_();
    }
    return false;
}

void Client::end_tls()
{
    SSL_shutdown(tls_.get());
    constexpr std::string_view clear = "QUIT\r\n";
    ::send(socket_.get(), clear.data(), clear.size(), MSG_NOSIGNAL);
}

} // namespace metka::dialogues
