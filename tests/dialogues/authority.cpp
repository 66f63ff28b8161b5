#include "tests/dialogues/authority.h"

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
using Key = std::unique_ptr<EVP_PKEY, Freed>;
using Paper = std::unique_ptr<X509, Freed>;

std::string text_of(const Bio& bio)
{
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

Bio reader(const std::string& pem)
{
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Paper draft(const Wish& wish, EVP_PKEY* key)
{
    Paper paper(X509_new());
    X509_set_version(paper.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(paper.get()), 1);
    ASN1_TIME_set(X509_getm_notBefore(paper.get()), wish.not_before.time_since_epoch().count());
    ASN1_TIME_set(X509_getm_notAfter(paper.get()), wish.not_after.time_since_epoch().count());
    X509_set_pubkey(paper.get(), key);
    const auto* const common_name = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(paper.get()), "CN", MBSTRING_UTF8, common_name, -1, -1,
                               0);
    std::string names;
    for (const auto& name : wish.names)
        names += (names.empty() ? "DNS:" : ",DNS:") + name;
    if (names.empty()) return paper;
    const std::unique_ptr<X509_EXTENSION, Freed> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
    X509_add_ext(paper.get(), extension.get(), -1);
    return paper;
}

Certificate sign(const Wish& wish, X509* issuer, EVP_PKEY* issuer_key, const std::string& behind)
{
    const Key key(EVP_EC_gen("P-256"));
    const auto paper = draft(wish, key.get());
    X509_set_issuer_name(paper.get(), X509_get_subject_name(issuer != nullptr ? issuer : paper.get()));
    if (X509_sign(paper.get(), issuer_key != nullptr ? issuer_key : key.get(), EVP_sha256()) == 0)
        throw std::runtime_error("no certificate");
    const Bio chain(BIO_new(BIO_s_mem()));
    const Bio private_key(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(chain.get(), paper.get());
    PEM_write_bio_PrivateKey(private_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {.chain_pem = text_of(chain) + behind, .key_pem = text_of(private_key)};
}

} // namespace

Certificate issue(const Wish& wish)
{
    return sign(wish, nullptr, nullptr, {});
}

Certificate issue(const Wish& wish, const Certificate& issuer)
{
    const Paper paper(PEM_read_bio_X509(reader(issuer.chain_pem).get(), nullptr, nullptr, nullptr));
    const Key key(PEM_read_bio_PrivateKey(reader(issuer.key_pem).get(), nullptr, nullptr, nullptr));
    return sign(wish, paper.get(), key.get(), issuer.chain_pem);
}

std::string with_passphrase(const std::string& key_pem, const std::string& passphrase)
{
    const Key key(PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, nullptr, nullptr));
    const Bio written(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(written.get(), key.get(), EVP_aes_128_cbc(), passphrase.data(),
                                  static_cast<int>(passphrase.size()), nullptr, nullptr);
    return text_of(written);
}

} // namespace metka::dialogues
