#pragma once
// Certificates and keys out of PEM, by OpenSSL, whose queue of errors the callers look at and clear. For the
// sources of this folder: it brings OpenSSL's headers.

#include <memory>
#include <string_view>

#include <openssl/pem.h>
#include <openssl/x509.h>

namespace metka::net::pem {

struct Freed {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, Freed>;
using Key = std::unique_ptr<EVP_PKEY, Freed>;

class CertificateReader {
  public:
    explicit CertificateReader(std::string_view pem); // which outlives this
    Certificate next() const;                         // null: there is none, or it is damaged
    static bool is_at_end(); // which of the two it was; all that was read before had no fault

  private:
    std::unique_ptr<BIO, Freed> bio_;
};

struct ReadKey {
    Key key; // null: there is none that can be read
    bool has_passphrase = false;
};
ReadKey read_key(std::string_view pem);

} // namespace metka::net::pem
