#pragma once
// Connected sockets for tests, and a certificate with a TLS client for the other end.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "core/net/tls.h"
#include "core/sys/descriptor.h"

namespace metka::net {

struct Sockets {
    sys::Descriptor ours, peer; // `peer` blocks, for at most 20 s
};
Sockets unix_sockets(int type = SOCK_STREAM);
Sockets tcp_sockets();

struct Listening {
    sys::Descriptor socket;
    std::uint16_t port = 0;
};
Listening listen_on_loopback();
sys::Descriptor connect_from(const char* address, std::uint16_t port); // 127.0.0.1, 127.0.0.2, …

void send_all(int socket, std::string_view bytes);
std::string receive_some(int socket);         // empty: closed
std::string receive_until_closed(int socket); // "(reset)" at the end if it was not closed in order

struct Pem {
    std::string certificate, key;
};
enum class KeyKind { elliptic, rsa };
Pem make_certificate(KeyKind kind = KeyKind::elliptic); // signed by itself
std::string encrypted_key();
std::shared_ptr<TlsContext> context_for(const Pem& pem);

struct Freed {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Ssl = std::unique_ptr<SSL, Freed>;
using SslContext = std::unique_ptr<SSL_CTX, Freed>;

// A client that trusts everybody and speaks these versions, also where the system's configuration would not.
SslContext client_context(int least = TLS1_2_VERSION, int most = TLS1_3_VERSION);

// Speaks over a blocking socket, so in a thread of its own.
class TlsClient {
  public:
    explicit TlsClient(int socket, int most = TLS1_3_VERSION);
    bool handshake();
    bool write(std::string_view bytes);
    std::string read(); // empty: closed
    void close_notify();
    SSL* get() const { return ssl_.get(); }

  private:
    SslContext context_;
    Ssl ssl_;
};

} // namespace metka::net
