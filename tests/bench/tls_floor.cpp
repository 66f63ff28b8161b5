// The floor under every TLS server: what OpenSSL alone takes, with no socket and no protocol above it.
//
//     bench-tls-floor CERTIFICATE-FOLDER
//
// Prints a line a form: its name, a figure.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <malloc.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace {

constexpr int handshakes = 1000;
constexpr int idle_connections = 500;

void must(bool held, const char* call)
{
    if (held) return;
    std::fprintf(stderr, "bench-tls-floor: %s\n", call);
    ERR_print_errors_fp(stderr);
    std::_Exit(70);
}

template <auto free>
struct Free {
    void operator()(auto* object) const { free(object); }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Free<SSL_free>>;
using Session = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;

// Microseconds of this thread.
double cpu_time()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Contexts {
    Context server{SSL_CTX_new(TLS_server_method())};
    Context client{SSL_CTX_new(TLS_client_method())};

    explicit Contexts(const std::string& folder)
    {
        must(SSL_CTX_use_certificate_chain_file(server.get(), (folder + "/certificate.pem").c_str()) == 1 &&
                 SSL_CTX_use_PrivateKey_file(server.get(), (folder + "/key.pem").c_str(), SSL_FILETYPE_PEM) ==
                     1,
             "the certificate or its key cannot be read");
        SSL_CTX_set_mode(server.get(), SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_num_tickets(server.get(), 1);
        SSL_CTX_set_session_cache_mode(server.get(), SSL_SESS_CACHE_OFF);
    }
};

// Both sides of a connection; how long the server's worked.
struct Pair {
    Tls server;
    Tls client;
    double server_time = 0;

    Pair(const Contexts& contexts, SSL_SESSION* taken_up)
        : server(SSL_new(contexts.server.get())), client(SSL_new(contexts.client.get()))
    {
        BIO* one = nullptr;
        BIO* other = nullptr;
        must(BIO_new_bio_pair(&one, 0, &other, 0) == 1, "BIO_new_bio_pair");
        SSL_set_bio(server.get(), one, one);
        SSL_set_bio(client.get(), other, other);
        SSL_set_accept_state(server.get());
        SSL_set_connect_state(client.get());
        if (taken_up != nullptr) SSL_set_session(client.get(), taken_up);
    }

    void shake_hands()
    {
        for (int turns = 0;
             turns < 10 && (!SSL_is_init_finished(server.get()) || !SSL_is_init_finished(client.get()));
             ++turns) {
            SSL_do_handshake(client.get());
            const double began = cpu_time();
            SSL_do_handshake(server.get());
            server_time += cpu_time() - began;
        }
        char nothing = 0;
        SSL_read(client.get(), &nothing, 1); // the ticket
        must(SSL_is_init_finished(server.get()) && SSL_is_init_finished(client.get()), "the handshake");
    }

    Session session() const
    {
        SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN);
        return Session(SSL_get1_session(client.get()));
    }
};

void full(const Contexts& contexts)
{
    double sum = 0;
    for (int n = 0; n < handshakes; ++n) {
        Pair pair(contexts, nullptr);
        pair.shake_hands();
        sum += pair.server_time;
    }
    std::printf("full handshake, CPU us of the server\t%.1f\n", sum / handshakes);
}

void resumed(const Contexts& contexts)
{
    Pair first(contexts, nullptr);
    first.shake_hands();
    Session kept = first.session();
    double sum = 0;
    for (int n = 0; n < handshakes; ++n) {
        Pair pair(contexts, kept.get());
        pair.shake_hands();
        must(SSL_session_reused(pair.server.get()) == 1, "the session was not taken up");
        sum += pair.server_time;
        kept = pair.session();
    }
    std::printf("resumed handshake, CPU us of the server\t%.1f\n", sum / handshakes);
}

// The client's side and the pair's buffers are given back before it is counted.
void idle(const Contexts& contexts)
{
    std::vector<Tls> held;
    held.reserve(idle_connections);
    const auto before = mallinfo2().uordblks;
    for (int n = 0; n < idle_connections; ++n) {
        Pair pair(contexts, nullptr);
        pair.shake_hands();
        SSL_set_bio(pair.server.get(), nullptr, nullptr);
        held.push_back(std::move(pair.server));
    }
    std::printf("idle TLS object, kB\t%.1f\n",
                static_cast<double>(mallinfo2().uordblks - before) / idle_connections / 1000);
}

} // namespace

int main(int count, char** words)
{
    if (count != 2) {
        std::fputs("usage: bench-tls-floor CERTIFICATE-FOLDER\n", stderr);
        return 64;
    }
    const Contexts contexts(words[1]);
    full(contexts);
    resumed(contexts);
    idle(contexts);
}
