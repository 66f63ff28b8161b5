#include "tests/dialogues/certificate.h"

#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace metka::dialogues {

namespace {

struct Freed {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Freed>;

std::string text_of(const Bio& bio)
{
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

} // namespace

Certificate make_certificate(const std::string& host)
{
    constexpr long day = 24L * 60 * 60;
    const std::unique_ptr<EVP_PKEY, Freed> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Freed> certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), day);
    X509_set_pubkey(certificate.get(), key.get());
    auto* const name = X509_get_subject_name(certificate.get());
    const auto* const common_name = reinterpret_cast<const unsigned char*>(host.c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    const auto names = "DNS:" + host;
    const std::unique_ptr<X509_EXTENSION, Freed> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
    X509_add_ext(certificate.get(), extension.get(), -1);
    if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
        throw std::runtime_error("no certificate");

    const Bio chain(BIO_new(BIO_s_mem()));
    const Bio private_key(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(chain.get(), certificate.get());
    PEM_write_bio_PrivateKey(private_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {.chain_pem = text_of(chain), .key_pem = text_of(private_key)};
}

} // namespace metka::dialogues
