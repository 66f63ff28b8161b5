// Sessions are resumed by tickets, across certificates and generations, until their keys have gone.

#include "core/net/ticket_keys.h"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "core/net/tls.h"
#include "tests/unit/net/sockets.h"

using namespace metka;
using namespace metka::net;
using namespace std::chrono_literals;

namespace {

constexpr auto begin_of_time = TicketKeys::Time{} + 1000h;

// A client that remembers the last ticket it was given.
class Visitor {
  public:
    explicit Visitor(int version) : client_(client_context(version, version))
    {
        SSL_CTX_set_session_cache_mode(client_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(client_.get(), this);
        SSL_CTX_sess_set_new_cb(client_.get(), [](SSL* ssl, SSL_SESSION* session) {
            auto* const self = static_cast<Visitor*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
            self->take(session);
            return 1;
        });
    }

    // Comes with its ticket, if it has one. Whether the session was resumed.
    bool resumes(const TlsContext& server_side, const char* host = nullptr)
    {
        const Ssl server(SSL_new(server_side.get()));
        const Ssl client(SSL_new(client_.get()));
        BIO* one = nullptr;
        BIO* other = nullptr;
        REQUIRE(BIO_new_bio_pair(&one, 0, &other, 0) == 1);
        SSL_set_bio(server.get(), one, one);
        SSL_set_bio(client.get(), other, other);
        SSL_set_accept_state(server.get());
        SSL_set_connect_state(client.get());
        if (host != nullptr) REQUIRE(SSL_set_tlsext_host_name(client.get(), host) == 1);
        const auto shown = std::move(ticket_);
        tickets_ = 0;
        if (shown) REQUIRE(SSL_set_session(client.get(), shown.get()) == 1);
        bool is_done = false;
        for (int round = 0; round < 20 && !is_done; ++round) {
            const bool client_is_done = SSL_do_handshake(client.get()) == 1;
            const bool server_is_done = SSL_do_handshake(server.get()) == 1;
            is_done = client_is_done && server_is_done;
        }
        REQUIRE(is_done);
        char byte = 0;
        SSL_read(client.get(), &byte, 1); // TLS 1.3 brings its ticket after the handshake
        ERR_clear_error();
        // OpenSSL takes a session that broke off for one not to be resumed.
        SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_set_shutdown(server.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        CHECK(SSL_session_reused(client.get()) == SSL_session_reused(server.get()));
        if (SSL_version(client.get()) == TLS1_2_VERSION) take(SSL_get1_session(client.get()));
        return SSL_session_reused(server.get()) == 1;
    }

    bool has_ticket() const { return ticket_ != nullptr; }
    int tickets() const { return tickets_; } // given at the last visit
    bool may_send_early() const { return SSL_SESSION_get_max_early_data(ticket_.get()) > 0; }

  private:
    void take(SSL_SESSION* session)
    {
        if (session != ticket_.get()) ++tickets_;
        ticket_.reset(session);
    }

    SslContext client_;
    std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> ticket_{nullptr, SSL_SESSION_free};
    int tickets_ = 0;
};

std::shared_ptr<TlsContext> context_with(const std::shared_ptr<TicketKeys>& keys)
{
    const auto pem = make_certificate();
    const auto other = make_certificate();
    const std::vector<HostPem> pems{
        {.host = "", .chain = pem.certificate, .key = pem.key},
        {.host = "mail.example.org", .chain = other.certificate, .key = other.key}};
    auto made = TlsContext::make(pems, keys);
    REQUIRE(made);
    return *made;
}

struct Row {
    const char* host;
    int version;
};
constexpr std::array<Row, 4> everybody{{{nullptr, TLS1_2_VERSION},
                                        {nullptr, TLS1_3_VERSION},
                                        {"mail.example.org", TLS1_2_VERSION},
                                        {"mail.example.org", TLS1_3_VERSION}}};

} // namespace

TEST_CASE("a session is resumed after the certificate has been replaced")
{
    for (const auto& row : everybody) {
        CAPTURE(row.version);
        const auto keys = std::make_shared<TicketKeys>("test");
        Visitor visitor(row.version);
        CHECK_FALSE(visitor.resumes(*context_with(keys), row.host));
        REQUIRE(visitor.has_ticket());
        CHECK(visitor.resumes(*context_with(keys), row.host));
    }
}

TEST_CASE("a ticket is taken for one more life of its key, and replaced by one of the new key")
{
    for (const auto& row : everybody) {
        CAPTURE(row.version);
        auto now = begin_of_time;
        const auto keys = std::make_shared<TicketKeys>("test", [&now] { return now; });
        const auto context = context_with(keys);
        Visitor visitor(row.version);
        CHECK_FALSE(visitor.resumes(*context, row.host));
        now += TicketKeys::life;
        CHECK(visitor.resumes(*context, row.host));
        REQUIRE(visitor.has_ticket());
        now += TicketKeys::life - 1s; // the key of the first ticket has gone, that of the second has not
        CHECK(visitor.resumes(*context, row.host));
    }
}

TEST_CASE("a ticket is worth nothing after two lives of its key")
{
    for (const auto& row : everybody) {
        for (const bool is_used_between : {false, true}) {
            CAPTURE(row.version);
            CAPTURE(is_used_between);
            auto now = begin_of_time;
            const auto keys = std::make_shared<TicketKeys>("test", [&now] { return now; });
            const auto context = context_with(keys);
            Visitor visitor(row.version);
            CHECK_FALSE(visitor.resumes(*context, row.host));
            now += TicketKeys::life;
            if (is_used_between) CHECK_FALSE(Visitor(row.version).resumes(*context, row.host));
            now += TicketKeys::life;
            CHECK_FALSE(visitor.resumes(*context, row.host));
            CHECK(visitor.has_ticket());
        }
    }
}

TEST_CASE("a ticket of another program is worth nothing, nor is one of another start of it")
{
    for (const auto& row : everybody) {
        CAPTURE(row.version);
        for (const auto* const scope : {"metka-smtp", "metka-access"}) {
            Visitor visitor(row.version);
            CHECK_FALSE(
                visitor.resumes(*context_with(std::make_shared<TicketKeys>("metka-access")), row.host));
            REQUIRE(visitor.has_ticket());
            CHECK_FALSE(visitor.resumes(*context_with(std::make_shared<TicketKeys>(scope)), row.host));
        }
    }
}

TEST_CASE("each connection brings one ticket, and none of them allows early data")
{
    const auto context = context_with(std::make_shared<TicketKeys>("test"));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        CAPTURE(version);
        Visitor visitor(version);
        CHECK_FALSE(visitor.resumes(*context));
        CHECK(visitor.tickets() == 1);
        CHECK_FALSE(visitor.may_send_early());
    }
    Visitor again(TLS1_3_VERSION);
    CHECK_FALSE(again.resumes(*context));
    CHECK(again.resumes(*context));
    CHECK(again.tickets() == 1);
}
