#include "core/net/tls.h"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;

namespace {

// A handshake in memory. Empty: refused; otherwise "TLSv1.2 ECDHE-…".
std::string handshake(const TlsContext& server_side, SSL_CTX* client_side)
{
    const Ssl server(SSL_new(server_side.get()));
    const Ssl client(SSL_new(client_side));
    BIO* one = nullptr;
    BIO* other = nullptr;
    REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
    SSL_set_bio(server.get(), one, one);
    SSL_set_bio(client.get(), other, other);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    for (int round = 0; round < 20; ++round) {
        const bool client_is_done = SSL_do_handshake(client.get()) == 1;
        const bool server_is_done = SSL_do_handshake(server.get()) == 1;
        ERR_clear_error();
        if (client_is_done && server_is_done)
            return std::string(SSL_get_version(server.get())) + " " + SSL_get_cipher_name(server.get());
    }
    return {};
}

std::string sentence(const Pem& pem)
{
    const auto made = TlsContext::make(pem.certificate, pem.key, "test");
    REQUIRE_FALSE(made);
    CHECK(made.error().fault == Fault::invalid);
    return made.error().text;
}

} // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken, with either kind of key, and nothing older")
{
    for (const auto kind : {KeyKind::elliptic, KeyKind::rsa}) {
        const auto context = context_for(make_certificate(kind));
        const auto of_versions = [&](int least, int most) {
            return handshake(*context, client_context(least, most).get());
        };
        CHECK(of_versions(TLS1_3_VERSION, TLS1_3_VERSION).starts_with("TLSv1.3 "));
        CHECK(of_versions(TLS1_2_VERSION, TLS1_2_VERSION).starts_with("TLSv1.2 ECDHE-"));
        CHECK(of_versions(TLS1_1_VERSION, TLS1_1_VERSION).empty());
        CHECK(of_versions(TLS1_VERSION, TLS1_1_VERSION).empty());
    }
}

TEST_CASE("old versions are refused by our rules, not only by the system's")
{
    const auto context = context_for(make_certificate());
    SSL_CTX_set_cipher_list(context->get(), "ALL:@SECLEVEL=0");
    CHECK(handshake(*context, client_context(TLS1_1_VERSION, TLS1_1_VERSION).get()).empty());
    CHECK_FALSE(handshake(*context, client_context().get()).empty());
}

TEST_CASE("TLS 1.2 is spoken with forward secrecy and authenticated encryption only")
{
    const auto context = context_for(make_certificate(KeyKind::rsa));
    struct Row {
        const char* ciphers;
        bool is_spoken;
    };
    for (const auto& row :
         {Row{"ECDHE-RSA-AES128-GCM-SHA256", true}, Row{"ECDHE-RSA-CHACHA20-POLY1305", true},
          Row{"AES128-GCM-SHA256", false}, Row{"ECDHE-RSA-AES128-SHA", false},
          Row{"ECDHE-RSA-AES256-SHA384", false}, Row{"DHE-RSA-AES128-GCM-SHA256", false},
          Row{"ADH-AES128-GCM-SHA256:@SECLEVEL=0", false}, Row{"NULL-SHA256:@SECLEVEL=0", false}}) {
        CAPTURE(row.ciphers);
        const auto client = client_context(TLS1_2_VERSION, TLS1_2_VERSION);
        REQUIRE(SSL_CTX_set_cipher_list(client.get(), row.ciphers) == 1);
        CHECK(handshake(*context, client.get()).empty() != row.is_spoken);
    }
}

TEST_CASE("renegotiation and compression are off")
{
    const auto options = SSL_CTX_get_options(context_for(make_certificate())->get());
    CHECK((options & SSL_OP_NO_RENEGOTIATION) != 0);
    CHECK((options & SSL_OP_NO_COMPRESSION) != 0);
}

TEST_CASE("a key that does not belong to the certificate is refused in a sentence")
{
    const auto mine = make_certificate();
    CHECK(sentence({.certificate = mine.certificate, .key = make_certificate().key})
              .starts_with("the private key does not belong to the certificate"));
    CHECK(sentence({.certificate = mine.certificate, .key = make_certificate(KeyKind::rsa).key})
              .starts_with("the private key does not belong to the certificate"));
}

TEST_CASE("what is no certificate, no chain or no key is refused in a sentence")
{
    const auto good = make_certificate();
    auto torn = good.certificate;
    torn.insert(torn.size() / 2, "!");
    CHECK(sentence({.certificate = "", .key = good.key}).starts_with("the certificate cannot be used"));
    CHECK(
        sentence({.certificate = "nonsense", .key = good.key}).starts_with("the certificate cannot be used"));
    CHECK(sentence({.certificate = good.certificate + torn, .key = good.key})
              .starts_with("the certificate chain cannot be used"));
    CHECK(
        sentence({.certificate = good.certificate, .key = ""}).starts_with("the private key cannot be used"));
    CHECK(sentence({.certificate = good.certificate, .key = good.certificate})
              .starts_with("the private key cannot be used"));
}

TEST_CASE("a key under a passphrase is refused, and nobody is asked for it")
{
    CHECK(sentence({.certificate = make_certificate().certificate, .key = encrypted_key()})
              .starts_with("the private key cannot be used; it must be PEM without a passphrase"));
}

TEST_CASE("a chain is sent with its certificate")
{
    const auto leaf = make_certificate();
    const auto made = TlsContext::make(leaf.certificate + make_certificate().certificate, leaf.key, "test");
    REQUIRE(made);
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs((*made)->get(), &chain);
    CHECK(sk_X509_num(chain) == 1);
}
