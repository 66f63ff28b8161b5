#include "core/net/tls.h"

#include <map>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

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

TEST_CASE("who offers protocols by ALPN offers ours, and who offers none is served")
{
    const auto context = context_for(make_certificate());
    context->speak({"pop3", "other"});
    struct Row {
        std::string_view offered;
        bool is_served;
    };
    for (const auto& row :
         {Row{"", true}, Row{"\x04pop3", true}, Row{"\x02h2\x04pop3", true}, Row{"\x08http/1.1", false},
          Row{"\x02h2\x08http/1.1", false}, Row{"\x03pop", false}}) {
        CAPTURE(row.offered);
        const auto client = client_context();
        const auto* const bytes = reinterpret_cast<const unsigned char*>(row.offered.begin());
        REQUIRE(SSL_CTX_set_alpn_protos(client.get(), bytes, static_cast<unsigned>(row.offered.size())) == 0);
        CHECK(handshake(*context, client.get()).empty() == !row.is_served);
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

TEST_CASE("of what a client offers AES with 128 bits is taken first, unless it would rather have ChaCha20")
{
    const auto context = context_for(make_certificate());
    const auto tls13 = client_context(TLS1_3_VERSION, TLS1_3_VERSION);
    CHECK(handshake(*context, tls13.get()) == "TLSv1.3 TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_ciphersuites(tls13.get(), "TLS_AES_256_GCM_SHA384");
    CHECK(handshake(*context, tls13.get()) == "TLSv1.3 TLS_AES_256_GCM_SHA384");
    SSL_CTX_set_ciphersuites(tls13.get(), "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256");
    CHECK(handshake(*context, tls13.get()) == "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256");
    const auto tls12 = client_context(TLS1_2_VERSION, TLS1_2_VERSION);
    CHECK(handshake(*context, tls12.get()) == "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256");
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

namespace {

// A house with three certificates, told apart by their serial numbers, and clients that ask for a host.
struct Hosts {
    explicit Hosts(int version) : client(client_context(version, version))
    {
        SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(client.get(), this);
        SSL_CTX_sess_set_new_cb(client.get(), [](SSL* ssl, SSL_SESSION* session) {
            auto* const self = static_cast<Hosts*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
            self->ticket.reset(session);
            return 1;
        });
    }

    // Whose certificate a client is shown. Empty: the handshake fails.
    std::string shown(const char* asked, SSL_SESSION* resumed = nullptr)
    {
        const Ssl server(SSL_new(context->get()));
        const Ssl asking(SSL_new(client.get()));
        BIO* one = nullptr;
        BIO* other = nullptr;
        REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
        SSL_set_bio(server.get(), one, one);
        SSL_set_bio(asking.get(), other, other);
        SSL_set_accept_state(server.get());
        SSL_set_connect_state(asking.get());
        if (asked != nullptr) REQUIRE(SSL_set_tlsext_host_name(asking.get(), asked) == 1);
        if (resumed != nullptr) REQUIRE(SSL_set_session(asking.get(), resumed) == 1);
        bool is_done = false;
        for (int round = 0; round < 20 && !is_done; ++round) {
            const bool client_is_done = SSL_do_handshake(asking.get()) == 1;
            const bool server_is_done = SSL_do_handshake(server.get()) == 1;
            is_done = client_is_done && server_is_done;
        }
        char byte = 0;
        SSL_read(asking.get(), &byte, 1); // TLS 1.3 brings its ticket after the handshake
        ERR_clear_error();
        was_resumed = SSL_session_reused(server.get()) == 1;
        CHECK(SSL_session_reused(asking.get()) == SSL_session_reused(server.get()));
        // OpenSSL takes a session that broke off for one not to be resumed.
        SSL_set_shutdown(asking.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_set_shutdown(server.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        return is_done ? owner_of(SSL_get0_peer_certificate(asking.get())) : std::string();
    }

    std::string owner_of(X509* certificate) const
    {
        for (const auto& [host, pem] : pems) {
            const std::unique_ptr<BIO, int (*)(BIO*)> bio(
                BIO_new_mem_buf(pem.certificate.data(), static_cast<int>(pem.certificate.size())), BIO_free);
            const std::unique_ptr<X509, void (*)(X509*)> known(
                PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
            if (X509_cmp(known.get(), certificate) == 0) return host.empty() ? "everybody else" : host;
        }
        return "nobody";
    }

    std::map<std::string, Pem> pems{{"", make_certificate()},
                                    {"mail.example.org", make_certificate(KeyKind::rsa)},
                                    {"*.Example.ORG", make_certificate()}};
    std::shared_ptr<TlsContext> context = context_of(pems).value();
    SslContext client;
    std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> ticket{nullptr, SSL_SESSION_free};
    bool was_resumed = false;

    static Result<std::shared_ptr<TlsContext>> context_of(const std::map<std::string, Pem>& pems)
    {
        std::vector<HostPem> certificates;
        certificates.reserve(pems.size());
        for (const auto& [host, pem] : pems)
            certificates.push_back({.host = host, .chain = pem.certificate, .key = pem.key});
        return TlsContext::make(certificates, std::make_shared<TicketKeys>("test"));
    }
};

} // namespace

TEST_CASE("a client gets the certificate of the host it asks for, and that for everybody else otherwise")
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        Hosts hosts(version);
        CHECK(hosts.shown("mail.example.org") == "mail.example.org");
        CHECK(hosts.shown("MAIL.Example.Org") == "mail.example.org");
        CHECK(hosts.shown("pop.example.org") == "*.Example.ORG");
        CHECK(hosts.shown("POP.EXAMPLE.ORG") == "*.Example.ORG");
        for (const auto* const other : {"example.org", "a.b.example.org", ".example.org", "old.example.com",
                                        "localhost", "192.0.2.1", "*.com"}) {
            CAPTURE(other);
            CHECK(hosts.shown(other) == "everybody else");
        }
        CHECK(hosts.shown(nullptr) == "everybody else");
    }
}

TEST_CASE("a session is resumed for the host it began with, under TLS 1.2 and 1.3")
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const auto* const host : {"mail.example.org", "pop.example.org", "old.example.com"}) {
            CAPTURE(version);
            CAPTURE(host);
            Hosts hosts(version);
            const auto first = hosts.shown(host);
            CHECK_FALSE(hosts.was_resumed);
            REQUIRE(hosts.ticket);
            const auto ticket = std::move(hosts.ticket);
            CHECK(hosts.shown(host, ticket.get()) == first);
            CHECK(hosts.was_resumed);
        }
    }
}

TEST_CASE("the rules of TLS hold for every host")
{
    Hosts hosts(TLS1_1_VERSION);
    CHECK(hosts.shown("mail.example.org").empty());
    CHECK(hosts.shown("pop.example.org").empty());
    Hosts weak(TLS1_2_VERSION);
    REQUIRE(SSL_CTX_set_cipher_list(weak.client.get(), "AES128-GCM-SHA256") == 1);
    CHECK(weak.shown("mail.example.org").empty());
}

TEST_CASE("a set of certificates has one for everybody else, one for each host, and all of them can be used")
{
    const auto text_of = [](const std::vector<HostPem>& certificates) {
        const auto made = TlsContext::make(certificates, std::make_shared<TicketKeys>("test"));
        REQUIRE_FALSE(made);
        CHECK(made.error().fault == Fault::invalid);
        return made.error().text;
    };
    const auto pem = make_certificate();
    const auto other = make_certificate();
    const HostPem everybody{.host = "", .chain = pem.certificate, .key = pem.key};
    const HostPem host{.host = "mail.example.org", .chain = pem.certificate, .key = pem.key};
    const HostPem same{.host = "Mail.example.org", .chain = pem.certificate, .key = pem.key};
    const HostPem wrong{.host = "mail.example.org", .chain = pem.certificate, .key = other.key};
    CHECK(text_of({}).starts_with("there is no certificate for clients that ask for no host"));
    CHECK(text_of({host}).starts_with("there is no certificate for clients that ask for no host"));
    CHECK(text_of({everybody, everybody}) == "for everybody else there are two certificates; one is right");
    CHECK(text_of({everybody, host, same}) ==
          "for Mail.example.org there are two certificates; one is right");
    CHECK(text_of({everybody, wrong})
              .starts_with("for mail.example.org: the private key does not belong to the certificate"));
}

TEST_CASE("a chain is sent with its certificate")
{
    const auto leaf = make_certificate();
    const auto made = TlsContext::make(leaf.certificate + make_certificate().certificate, leaf.key, "test");
    REQUIRE(made);
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs((*made)->get(), static_cast<void*>(&chain));
    CHECK(sk_X509_num(chain) == 1);
}
