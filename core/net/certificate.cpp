#include "core/net/certificate.h"

#include <algorithm>
#include <ctime>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "core/base/text.h"
#include "core/net/pem.h"

namespace metka::net {

namespace {

struct Freed {
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
    void operator()(unsigned char* text) const { OPENSSL_free(text); }
};
using Names = std::unique_ptr<GENERAL_NAMES, Freed>;
using Text = std::unique_ptr<unsigned char, Freed>;

Result<Instant> instant_of(const ASN1_TIME* time)
{
    std::tm broken_down{};
    if (ASN1_TIME_to_tm(time, &broken_down) != 1)
        return fail(Fault::invalid, "one of its certificates has a date that is none");
    return from_unix_ms(static_cast<std::int64_t>(timegm(&broken_down)) * 1000);
}

bool is_name(std::string_view text)
{
    return !text.empty() && text.size() <= 253 &&
           std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

void take(std::vector<std::string>& names, const ASN1_STRING* text)
{
    unsigned char* converted = nullptr;
    const int size = ASN1_STRING_to_UTF8(&converted, text);
    const Text owned(converted);
    if (size < 0) return;
    const std::string_view name(reinterpret_cast<const char*>(converted), static_cast<std::size_t>(size));
    if (is_name(name)) names.push_back(lower(name)); // a NUL inside has fooled others (CVE-2009-2408)
}

std::vector<std::string> names_of(const X509* certificate)
{
    std::vector<std::string> names;
    const Names alternative(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    bool has_dns = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(alternative.get()); ++i) {
        const auto* const name = sk_GENERAL_NAME_value(alternative.get(), i);
        if (name->type != GEN_DNS) continue;
        has_dns = true;
        take(names, name->d.dNSName);
    }
    if (has_dns) return names; // RFC 6125 §6.4.4: then the common name does not count
    const auto* const subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) take(names, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    return names;
}

bool is_root(const X509* certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

} // namespace

Result<CertificateChain> CertificateChain::read(std::string_view text)
{
    ERR_clear_error();
    CertificateChain chain;
    const pem::CertificateReader reader(text);
    while (auto each = reader.next()) {
        const auto begins = instant_of(X509_get0_notBefore(each.get()));
        const auto ends = instant_of(X509_get0_notAfter(each.get()));
        if (!begins) return pass(begins);
        if (!ends) return pass(ends);
        if (chain.own_) {
            if (!is_root(each.get())) chain.ends_ = std::min(chain.ends_, *ends);
            continue;
        }
        chain.names_ = names_of(each.get());
        chain.not_before_ = *begins;
        chain.not_after_ = chain.ends_ = *ends;
        chain.own_ = std::move(each);
    }
    const bool whole = pem::CertificateReader::is_at_end();
    ERR_clear_error();
    if (!whole) return fail(Fault::invalid, "a certificate in it is damaged");
    if (!chain.own_)
        return fail(Fault::invalid,
                    "there is no certificate in it; it must be PEM, “-----BEGIN CERTIFICATE-----”");
    return chain;
}

bool CertificateChain::speaks_for(std::string_view host) const
{
    const auto wanted = lower(host);
    const auto dot = wanted.find('.');
    const bool has_parent = dot != std::string::npos && dot > 0 && !wanted.starts_with('*');
    const auto wildcard = has_parent ? "*" + wanted.substr(dot) : wanted;
    return std::ranges::any_of(names_, [&](const auto& name) { return name == wanted || name == wildcard; });
}

Result<void> CertificateChain::takes(std::string_view key_pem) const
{
    ERR_clear_error();
    const auto [key, has_passphrase] = pem::read_key(key_pem);
    const bool belongs = key && X509_check_private_key(own_.get(), key.get()) == 1;
    ERR_clear_error();
    if (belongs) return {};
    if (has_passphrase)
        return fail(Fault::invalid,
                    "the key has a passphrase, which nobody could type in here; write it without one");
    if (!key)
        return fail(
            Fault::invalid,
            "there is no private key in it that can be read; it must be PEM, “-----BEGIN PRIVATE KEY-----”");
    return fail(Fault::invalid, "the key does not belong to the certificate");
}

} // namespace metka::net
