#pragma once
// One blocking client connection, in the clear or under TLS, that speaks in lines. For the load generator:
// each of its threads holds one. Any fault ends the whole program: a benchmark with faults has no figures.

#include <cstdint>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace metka::bench {

enum class Security { clear, tls };

[[noreturn]] void give_up(std::string_view what);

// For AUTH PLAIN (RFC 4616), in Base64.
std::string plain_credentials(const std::string& login, const std::string& password);

class Connection {
  public:
    Connection(const std::string& host, std::uint16_t port, Security security);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start_tls(); // in the middle of a session
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
    std::string buffer_;
    std::size_t at_ = 0;
};

} // namespace metka::bench
