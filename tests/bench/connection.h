#pragma once
// One blocking client connection, in the clear or under TLS, that speaks in lines. For the load generator:
// each of its threads holds one. Any fault ends the whole program: a benchmark with faults has no figures.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace metka::bench {

enum class Security { clear, tls };

[[noreturn]] void give_up(std::string_view what);

// For AUTH PLAIN (RFC 4616), in Base64.
std::string plain_credentials(const std::string& login, const std::string& password);

// A TLS session that a later connection may take up; nothing before the first.
struct ForgetTlsSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsSession = std::unique_ptr<SSL_SESSION, ForgetTlsSession>;

class Connection {
  public:
    // `kept`, which outlives the connection, is what it takes up, and its own session goes there at its end.
    Connection(const std::string& host, std::uint16_t port, Security security, TlsSession* kept = nullptr);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start_tls(); // in the middle of a session
    bool is_resumed() const { return SSL_session_reused(tls_) == 1; }
    void send(std::string_view bytes);
    std::string_view line(); // without its CRLF; valid until the next call
    // Reads a reply (RFC 5321 §4.2.1), whose last line must begin so; all its lines.
    std::string expect(std::string_view start);
    // A POP3 answer of many lines, to its lone dot; how many octets it had.
    std::uint64_t skip_to_dot();

  private:
    void fill();
    int socket_ = -1;
    SSL* tls_ = nullptr;
    TlsSession* kept_ = nullptr;
    std::string buffer_;
    std::size_t at_ = 0;
};

} // namespace metka::bench
