// metka-smtp and metka-access as they run: listeners given and taken away, certificates exchanged, a
// generation adopted, and what is under way meanwhile goes on.

#include <map>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/pem.h>

#include "tests/unit/household/store_process.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::household;

namespace {

struct Service {
    const char* program;
    settings::Reader reader;
    std::string listener; // under TLS from its first byte
    std::string asks;
    std::string answer;
};

std::vector<Service> services()
{
    return {{METKA_SMTP, settings::Reader::smtp, "submissions", "NOOP\r\n", "250 "},
            {METKA_ACCESS, settings::Reader::access, "pop3s", "CAPA\r\n", "+OK"}};
}

struct Running {
    explicit Running(const Service& service)
        : reader(service.reader),
          process(service.program, settings::render(house.settings(), service.reader, 1),
                  house.path("second.lock"))
    {
        process.start();
    }

    // Gives the listener away: nobody but the program has it.
    Result<sys::Frame> give(const std::string& name)
    {
        auto listening = net::listen_on_loopback();
        port = listening.port;
        return process.metkad().ask(GiveListener{.name = name, .address = address()},
                                    std::move(listening.socket));
    }
    std::string address() const { return fmt::format("127.0.0.1:{}", port); }
    sys::Descriptor visit() const { return net::connect_from("127.0.0.1", port); }

    Result<sys::Frame> certify(const std::map<std::string, net::Pem>& pems)
    {
        CertificateSet set;
        for (const auto& [host, pem] : pems)
            set.certificates.push_back({.host = host, .chain = pem.certificate, .key = Secret(pem.key)});
        return process.metkad().ask(GiveCertificates{}, sealed(sys::encode(set).body));
    }

    settings::Reader reader;
    StoreProcess house; // for its state folder
    ChildProcess process;
    std::uint16_t port = 0;
};

// A client under TLS; `host` is whom it asks for.
struct Client {
    explicit Client(const Running& running, const char* host = "mail.example.org")
        : socket(running.visit()), tls(socket.get())
    {
        SSL_set_tlsext_host_name(tls.get(), host);
        if (tls.handshake()) greeting = tls.read();
    }
    bool was_shown(const net::Pem& pem) const
    {
        const std::unique_ptr<BIO, int (*)(BIO*)> bio(
            BIO_new_mem_buf(pem.certificate.data(), static_cast<int>(pem.certificate.size())), BIO_free);
        const std::unique_ptr<X509, void (*)(X509*)> expected(
            PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
        const auto* const shown = SSL_get0_peer_certificate(tls.get());
        return shown != nullptr && X509_cmp(expected.get(), shown) == 0;
    }
    bool is_served(const Service& service)
    {
        tls.write(service.asks);
        return tls.read().starts_with(service.answer);
    }

    sys::Descriptor socket;
    net::TlsClient tls;
    std::string greeting;
};

bool is_refused(std::uint16_t port)
{
    const sys::Descriptor late(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(late.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
           errno == ECONNREFUSED;
}

} // namespace

TEST_CASE("certificates are exchanged for connections to come, and those under way keep theirs")
{
    for (const auto& service : services()) {
        CAPTURE(service.program);
        Running running(service);
        const auto first = net::make_certificate();
        const auto of_host = net::make_certificate();
        const auto second = net::make_certificate();
        REQUIRE(running.certify({{"", first}, {"mail.example.org", of_host}}));
        REQUIRE(running.give(service.listener));
        Client client(running);
        CHECK(client.was_shown(of_host));
        CHECK(Client(running, "old.example.org").was_shown(first));

        REQUIRE(running.certify({{"", second}}));
        CHECK(client.is_served(service));
        CHECK(Client(running).was_shown(second));

        CHECK_FALSE(running.certify({{"mail.example.org", of_host}}));
        CHECK_FALSE(running.certify({{"", first}, {"*.example.org", {of_host.certificate, second.key}}}));
        CHECK_FALSE(running.process.metkad().ask(GiveCertificates{}, sealed("no certificates")));
        CHECK_FALSE(running.process.metkad().ask(GiveCertificates{}));
        Client after(running);
        CHECK(after.was_shown(second));
        CHECK(after.is_served(service));

        REQUIRE(running.certify({}));
        CHECK(Client(running).greeting.empty());
        CHECK(after.is_served(service));
    }
}

TEST_CASE("a listener that is taken away lets nobody in any more, and its sessions go on")
{
    for (const auto& service : services()) {
        CAPTURE(service.program);
        Running running(service);
        REQUIRE(running.certify({{"", net::make_certificate()}}));
        REQUIRE(running.give(service.listener));
        const auto twice =
            running.process.metkad().ask(GiveListener{.name = service.listener, .address = running.address()},
                                         net::listen_on_loopback().socket);
        REQUIRE_FALSE(twice);
        CHECK(twice.error().fault == Fault::conflict);
        const auto unknown =
            running.process.metkad().ask(DropListener{.name = service.listener, .address = "127.0.0.1:1"});
        REQUIRE_FALSE(unknown);
        CHECK(unknown.error().fault == Fault::not_found);

        Client client(running);
        const auto dropped = running.port;
        REQUIRE(running.process.metkad().ask(
            DropListener{.name = service.listener, .address = running.address()}));
        CHECK(is_refused(dropped));
        CHECK(client.is_served(service));
        REQUIRE(running.give(service.listener));
        CHECK(Client(running).is_served(service));
    }
}

TEST_CASE("sessions begin under the generation that was adopted, and end under the one they began with")
{
    Running running(services().front());
    REQUIRE(running.give("smtp"));
    const auto before = running.visit();
    CHECK(net::receive_some(before.get()).starts_with("220 mail.test ESMTP"));
    auto settings = running.house.settings();
    settings.operator_host = "other.test";
    settings.smtp_connections_per_address = 2;
    const auto adopted =
        running.process.metkad().ask(Adopt{}, sealed(settings::render(settings, running.reader, 2)));
    REQUIRE_MESSAGE(adopted, (adopted ? "" : adopted.error().text));
    net::send_all(before.get(), "HELO client.test\r\n");
    CHECK(net::receive_some(before.get()).starts_with("250 mail.test"));
    const auto after = running.visit();
    CHECK(net::receive_some(after.get()).starts_with("220 other.test ESMTP"));
    const auto too_many = running.visit();
    CHECK(net::receive_some(too_many.get()).starts_with("421 "));
}

TEST_CASE("the limits of POP3 connections that were adopted are for new ones, and end none")
{
    const auto service = services().back();
    Running running(service);
    REQUIRE(running.certify({{"", net::make_certificate()}}));
    REQUIRE(running.give(service.listener));
    Client client(running);
    auto settings = running.house.settings();
    settings.pop3_connections_per_address = 1;
    REQUIRE(running.process.metkad().ask(Adopt{}, sealed(settings::render(settings, running.reader, 2))));
    CHECK(Client(running).greeting.empty());
    CHECK(client.is_served(service));
}
