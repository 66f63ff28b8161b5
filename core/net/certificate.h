#pragma once
// What a certificate file says: whose it is, from when to when, and whether a key goes with it. Bytes in, no
// sockets; whether a client would trust it is the client's affair.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

using X509 = struct x509_st;

namespace metka::net {

class CertificateChain {
  public:
    // PEM, the server's own certificate first. invalid: there is none in it, or one of them is damaged.
    static Result<CertificateChain> read(std::string_view text);

    // The DNS names it is for (RFC 6125 §6.4): those among its alternative names, else its common name;
    // lower case, perhaps with a wildcard. What is no plain ASCII name is left out.
    const std::vector<std::string>& names() const { return names_; }
    // A host name by a wildcard too, which stands for one label (RFC 6125 §6.4.3); "*.example.org" only
    // where it is written just so.
    bool speaks_for(std::string_view host) const;

    Instant not_before() const { return not_before_; }
    Instant not_after() const { return not_after_; }
    // When clients begin to refuse it: the earliest end in the chain. A root that was put into the file does
    // not count: clients use their own copy.
    Instant ends() const { return ends_; }

    // Whether the private key of `pem` is the certificate's. invalid: it is another one, it has a passphrase,
    // or it is no key at all.
    Result<void> takes(std::string_view key_pem) const;

  private:
    std::shared_ptr<X509> own_;
    std::vector<std::string> names_;
    Instant not_before_{}, not_after_{}, ends_{};
};

} // namespace metka::net
