#pragma once
// TLS for servers: OpenSSL 3, TLS 1.2 and up, ECDHE with AEAD only, no renegotiation, no compression
// (SECURITY 35).

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/net/ticket_keys.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace metka::net {

// A certificate chain with its key. What it refers to lives until make() has returned.
struct HostPem {
    std::string_view host;  // whom it is for: a name, or *.example.org for those with one label more; empty:
                            // everybody else
    std::string_view chain; // PEM, the host's own certificate first
    std::string_view key;   // PEM, without a passphrase
};

// The certificates of one program's listeners. Sessions are resumed by tickets (one for each connection, and
// no early data, which whoever records it could send again), whatever certificate they began with.
class TlsContext {
  public:
    // Each client gets the certificate of the name it asks for (SNI, RFC 6066 §3), in any case of letters:
    // that of the very name, else the wildcard's, else the one for everybody else. A name that is not known
    // is no fault: clients come by address and by old names. invalid: one cannot be used, two have the same
    // host, or there is none for everybody else; the text names the host.
    static Result<std::shared_ptr<TlsContext>> make(std::span<const HostPem> certificates,
                                                    std::shared_ptr<TicketKeys> tickets);
    // The same with one certificate, for everybody, and ticket keys of its own.
    static Result<std::shared_ptr<TlsContext>> make(std::string_view chain_pem, std::string_view key_pem,
                                                    std::string_view scope);
    ~TlsContext();
    // What a client may ask for by ALPN (RFC 7301); one that asks for something else only, as a browser does
    // that somebody led here, gets no handshake (SECURITY 34). Who asks for nothing is served.
    void speak(std::vector<std::string> protocols);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    SSL_CTX* get() const { return context_.get(); } // *this outlives the handshakes that are begun with it

  private:
    struct Freed {
        void operator()(SSL_CTX* context) const;
    };
    using Context = std::unique_ptr<SSL_CTX, Freed>;

    explicit TlsContext(std::shared_ptr<TicketKeys> tickets) : tickets_(std::move(tickets)) {}
    Result<Context> make_context(const HostPem& pem) const;
    Result<void> add(const HostPem& pem);
    SSL_CTX* context_for(std::string_view server_name) const; // null: the one for everybody else
    static int choose(SSL* connection, int* alert, void* self);
    static int choose_protocol(SSL* connection, const unsigned char** chosen, unsigned char* size,
                               const unsigned char* offered, unsigned offered_size, void* self);

    std::shared_ptr<TicketKeys> tickets_;
    Context context_; // for everybody else; the rules of a connection and its tickets are this one's
    std::map<std::string, Context, std::less<>> by_host_; // in small letters
    std::vector<std::string> protocols_;
};

// Uses what OpenSSL loads late (its configuration, random numbers, ciphers) and reports what it found, for a
// program to compare before and after its confinement.
std::string rehearse_tls();

} // namespace metka::net
