#include "core/net/tls.h"

#include <algorithm>
#include <array>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "core/base/text.h"
#include "core/net/pem.h"

namespace metka::net {

namespace {

constexpr auto tls12_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                               "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                               "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// The same order: AES with 256 bits takes a third more time a byte, and SHA-384 more for each handshake.
constexpr auto tls13_ciphers = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

std::unexpected<Error> refuse(std::string_view what)
{
    std::array<char, 200> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    ERR_clear_error();
    return fail(Fault::invalid, "{}: {}", what, reason.data());
}

Result<void> use_chain(SSL_CTX* context, std::string_view text)
{
    const pem::CertificateReader reader(text);
    const auto leaf = reader.next();
    if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1)
        return refuse("the certificate cannot be used");
    while (const auto issuer = reader.next())
        if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1)
            return refuse("the certificate chain cannot be used");
    if (!pem::CertificateReader::is_at_end()) return refuse("the certificate chain cannot be used");
    ERR_clear_error();
    return {};
}

Result<void> use_key(SSL_CTX* context, std::string_view text)
{
    const auto key = pem::read_key(text).key;
    if (!key) return refuse("the private key cannot be used; it must be PEM without a passphrase");
    if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1)
        return refuse("the private key does not belong to the certificate");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return refuse("the private key cannot be used");
    return {};
}

void set_rules(SSL_CTX* context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_cipher_list(context, tls12_ciphers);
    SSL_CTX_set_ciphersuites(context, tls13_ciphers);
    SSL_CTX_set_read_ahead(context, 1);                          // else each record is two reads
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // tickets: nothing is kept here for a client
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_max_early_data(context, 0);
}

} // namespace

void TlsContext::Freed::operator()(SSL_CTX* context) const
{
    SSL_CTX_free(context);
}

Result<TlsContext::Context> TlsContext::make_context(const HostPem& pem) const
{
    Context context(SSL_CTX_new(TLS_server_method()));
    if (!context) return refuse("TLS cannot start");
    set_rules(context.get());
    const auto chain = use_chain(context.get(), pem.chain);
    if (!chain) return pass(chain);
    const auto key = use_key(context.get(), pem.key);
    if (!key) return pass(key);
    tickets_->serve(context.get());
    return context;
}

Result<std::shared_ptr<TlsContext>> TlsContext::make(std::string_view chain_pem, std::string_view key_pem,
                                                     std::string_view scope)
{
    std::shared_ptr<TlsContext> made(new TlsContext(std::make_shared<TicketKeys>(std::string(scope))));
    auto context = made->make_context({.host = {}, .chain = chain_pem, .key = key_pem});
    if (!context) return pass(context);
    made->context_ = std::move(*context);
    return made;
}

Result<std::shared_ptr<TlsContext>> TlsContext::make(std::span<const HostPem> certificates,
                                                     std::shared_ptr<TicketKeys> tickets)
{
    std::shared_ptr<TlsContext> made(new TlsContext(std::move(tickets)));
    for (const auto& each : certificates) {
        const auto added = made->add(each);
        if (!added) return pass(added);
    }
    if (!made->context_)
        return fail(Fault::invalid,
                    "there is no certificate for clients that ask for no host or for another; "
                    "one without a host is needed");
    SSL_CTX_set_tlsext_servername_callback(made->context_.get(), &TlsContext::choose);
    SSL_CTX_set_tlsext_servername_arg(made->context_.get(), made.get());
    return made;
}

Result<void> TlsContext::add(const HostPem& pem)
{
    const auto whose = pem.host.empty() ? std::string("everybody else") : escaped(pem.host);
    auto context = make_context(pem);
    if (!context) return fail(context.error().fault, "for {}: {}", whose, context.error().text);
    auto& place = pem.host.empty() ? context_ : by_host_[lower(pem.host)];
    if (place) return fail(Fault::invalid, "for {} there are two certificates; one is right", whose);
    place = std::move(*context);
    return {};
}

SSL_CTX* TlsContext::context_for(std::string_view server_name) const
{
    const auto name = lower(server_name);
    const auto exact = by_host_.find(name);
    if (exact != by_host_.end()) return exact->second.get();
    const auto dot = name.find('.');
    if (dot == std::string::npos || dot == 0) return nullptr;
    const auto wildcard = by_host_.find("*" + name.substr(dot));
    return wildcard == by_host_.end() ? nullptr : wildcard->second.get();
}

// Called within the handshake, before anything is chosen that depends on the certificate; at a resumption
// too.
int TlsContext::choose(SSL* connection, int* /*alert*/, void* self)
{
    const auto* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    auto* const context = static_cast<const TlsContext*>(self)->context_for(name);
    if (context == nullptr || SSL_set_SSL_CTX(connection, context) == nullptr) return SSL_TLSEXT_ERR_NOACK;
    return SSL_TLSEXT_ERR_OK;
}

void TlsContext::speak(std::vector<std::string> protocols)
{
    protocols_ = std::move(protocols);
    SSL_CTX_set_alpn_select_cb(context_.get(), &TlsContext::choose_protocol, this);
    for (const auto& [host, context] : by_host_)
        SSL_CTX_set_alpn_select_cb(context.get(), &TlsContext::choose_protocol, this);
}

// `offered`: names, each behind a byte with its length; OpenSSL has checked that they are whole.
int TlsContext::choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* size,
                                const unsigned char* offered, unsigned offered_size, void* self)
{
    const auto& ours = static_cast<const TlsContext*>(self)->protocols_;
    for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
        const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, offered[at]);
        if (std::ranges::find(ours, name) == ours.end()) continue;
        *chosen = offered + at + 1;
        *size = offered[at];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string rehearse_tls()
{
    std::array<unsigned char, 32> random{};
    const bool has_random = RAND_bytes(random.data(), static_cast<int>(random.size())) == 1;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (!context) return "no TLS";
    set_rules(context.get());
    const auto* const ciphers = SSL_CTX_get_ciphers(context.get());
    return fmt::format("random: {}, ciphers: {}", has_random, sk_SSL_CIPHER_num(ciphers));
}

TlsContext::~TlsContext() = default;

} // namespace metka::net
