#include "tests/unit/net/sockets.h"

#include <csignal>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace metka::net {

namespace {

void be_patient(int socket)
{
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

sockaddr_in loopback(const char* address, std::uint16_t port)
{
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(port);
    inet_pton(AF_INET, address, &made.sin_addr);
    return made;
}

const sockaddr* generic(const sockaddr_in& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

} // namespace

Sockets unix_sockets(int type)
{
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) == 0);
    be_patient(ends[1]);
    return {.ours = sys::Descriptor(ends[0]), .peer = sys::Descriptor(ends[1])};
}

Listening listen_on_loopback()
{
    Listening made{.socket = sys::Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
    auto address = loopback("127.0.0.1", 0);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    socklen_t size = sizeof address;
    REQUIRE(bind(made.socket.get(), generic(address), sizeof address) == 0);
    REQUIRE(listen(made.socket.get(), 64) == 0);
    REQUIRE(getsockname(made.socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    made.port = ntohs(address.sin_port);
    return made;
}

sys::Descriptor connect_from(const char* address, std::uint16_t port)
{
    sys::Descriptor made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto from = loopback(address, 0);
    REQUIRE(bind(made.get(), generic(from), sizeof from) == 0);
    const auto to = loopback("127.0.0.1", port);
    REQUIRE(connect(made.get(), generic(to), sizeof to) == 0);
    be_patient(made.get());
    return made;
}

Sockets tcp_sockets()
{
    const auto listening = listen_on_loopback();
    auto peer = connect_from("127.0.0.1", listening.port);
    sys::Descriptor ours(accept4(listening.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(ours);
    return {.ours = std::move(ours), .peer = std::move(peer)};
}

void send_all(int socket, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string receive_some(int socket)
{
    std::string room(64 * 1024, '\0');
    const auto got = recv(socket, room.data(), room.size(), 0);
    room.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return room;
}

std::string receive_until_closed(int socket)
{
    std::string all;
    for (;;) {
        std::array<char, 4096> room{};
        const auto got = recv(socket, room.data(), room.size(), 0);
        if (got < 0) return all + "(reset)";
        if (got == 0) return all;
        all.append(room.data(), static_cast<std::size_t>(got));
    }
}

namespace {

std::string text_of(BIO* bio)
{
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

EVP_PKEY* make_key(KeyKind kind)
{
    return kind == KeyKind::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

} // namespace

Pem make_certificate(KeyKind kind)
{
    auto* const key = make_key(kind);
    auto* const certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    auto* const name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("mail.test"),
                               -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);

    auto* const certificate_text = BIO_new(BIO_s_mem());
    auto* const key_text = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(certificate_text, certificate);
    PEM_write_bio_PrivateKey(key_text, key, nullptr, nullptr, 0, nullptr, nullptr);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {.certificate = text_of(certificate_text), .key = text_of(key_text)};
}

std::string encrypted_key()
{
    auto* const key = make_key(KeyKind::elliptic);
    auto* const text = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(text, key, EVP_aes_128_cbc(), "word", 4, nullptr, nullptr);
    EVP_PKEY_free(key);
    return text_of(text);
}

std::shared_ptr<TlsContext> context_for(const Pem& pem)
{
    auto made = TlsContext::make(pem.certificate, pem.key, "test");
    REQUIRE(made);
    return *made;
}

SslContext client_context(int least, int most)
{
    SslContext context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context.get(), least);
    SSL_CTX_set_max_proto_version(context.get(), most);
    SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
}

TlsClient::TlsClient(int socket, int most)
    : context_(client_context(TLS1_2_VERSION, most)), ssl_(SSL_new(context_.get()))
{
    std::signal(SIGPIPE, SIG_IGN); // as every program of ours does: OpenSSL writes to sockets with write(2)
    SSL_set_fd(ssl_.get(), socket);
}

bool TlsClient::handshake()
{
    return SSL_connect(ssl_.get()) == 1;
}

bool TlsClient::write(std::string_view bytes)
{
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
           static_cast<int>(bytes.size());
}

std::string TlsClient::read()
{
    std::string room(64 * 1024, '\0');
    const int got = SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()));
    room.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return room;
}

void TlsClient::close_notify()
{
    SSL_shutdown(ssl_.get());
}

} // namespace metka::net
