#include "tests/bench/connection.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>

namespace metka::bench {

namespace {

int connect_to(const std::string& host, std::uint16_t port)
{
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0)
        give_up("no such host");
    const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0 || connect(socket, found->ai_addr, found->ai_addrlen) != 0) give_up("connect");
    freeaddrinfo(found);
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

SSL_CTX* trusting_context() // both sides are on this machine: what is measured is speed
{
    static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    return context;
}

} // namespace

void give_up(std::string_view what)
{
    std::fprintf(stderr, "bench-load: %.*s\n", static_cast<int>(what.size()), what.data());
    std::_Exit(70);
}

std::string plain_credentials(const std::string& login, const std::string& password)
{
    const std::string words = std::string(1, '\0') + login + std::string(1, '\0') + password;
    std::string encoded(4 * ((words.size() + 2) / 3) + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(words.data()), static_cast<int>(words.size()));
    encoded.resize(static_cast<std::size_t>(length));
    return encoded;
}

Connection::Connection(const std::string& host, std::uint16_t port, Security security, TlsSession* kept)
    : socket_(connect_to(host, port)), kept_(kept)
{
    if (security == Security::tls) start_tls();
}

void Connection::start_tls()
{
    if (at_ != buffer_.size()) give_up("the server went on in the clear where TLS begins");
    tls_ = SSL_new(trusting_context());
    SSL_set_fd(tls_, socket_);
    if (kept_ != nullptr && *kept_) SSL_set_session(tls_, kept_->get());
    if (SSL_connect(tls_) != 1) give_up("the TLS handshake failed");
}

Connection::~Connection()
{
    if (tls_ != nullptr) {
        SSL_set_shutdown(tls_, SSL_SENT_SHUTDOWN); // or OpenSSL takes the session for one that broke off
        if (kept_ != nullptr) kept_->reset(SSL_get1_session(tls_));
        SSL_free(tls_);
    }
    close(socket_);
}

void Connection::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) give_up("the server closed the connection");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Connection::fill()
{
    buffer_.erase(0, at_);
    at_ = 0;
    std::array<char, 65536> chunk;
    const auto got = tls_ != nullptr ? SSL_read(tls_, chunk.data(), chunk.size())
                                     : recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) give_up("the server closed the connection");
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
}

std::string_view Connection::line()
{
    auto end = buffer_.find("\r\n", at_);
    while (end == std::string::npos) {
        fill();
        end = buffer_.find("\r\n", at_);
    }
    const std::string_view found(buffer_.data() + at_, end - at_);
    at_ = end + 2;
    return found;
}

std::string Connection::expect(std::string_view start)
{
    std::string reply;
    auto last = line();
    while (last.size() > 3 && last[3] == '-') {
        reply.append(last).append("\n");
        last = line();
    }
    if (!last.starts_with(start)) give_up(std::string("the server said ").append(last));
    return reply.append(last);
}

std::uint64_t Connection::skip_to_dot()
{
    std::uint64_t octets = 0;
    for (auto text = line(); text != "."; text = line())
        octets += text.size() + 2;
    return octets;
}

} // namespace metka::bench
