#pragma once
// TLS for servers: OpenSSL 3, TLS 1.2 and up, ECDHE with AEAD only, no renegotiation, no compression
// (SECURITY 35).

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/secret.h"

using SSL_CTX = struct ssl_ctx_st;

namespace metka::net {

// One certificate chain with its key, for the listeners of one program. Session tickets are bound to `scope`
// (a program's name), so that a ticket of one service is worth nothing at another.
class TlsContext {
  public:
    static Result<std::shared_ptr<TlsContext>> make(std::string_view chain_pem, std::string_view key_pem,
                                                    std::string_view scope);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    SSL_CTX* get() const { return context_; }

  private:
    explicit TlsContext(SSL_CTX* context) : context_(context) {}
    SSL_CTX* context_;
};

// Uses what OpenSSL loads late (its configuration, random numbers, ciphers) and reports what it found, for a
// program to compare before and after its confinement.
std::string rehearse_tls();

} // namespace metka::net
