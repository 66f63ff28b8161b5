#pragma once
// The keys of TLS session tickets (RFC 8446 §4.6.1, RFC 5077 §4) of one program. They outlive its
// TlsContexts, so that neither a new certificate nor a new generation ends resumption. Nobody else's tickets
// are worth anything here: keys are random, never leave the process, and tickets are bound to the scope.
//
// A key seals new tickets for `life`, and then opens those it sealed for another `life`, so that whoever has
// read the memory of a program reads no more than a day of TLS 1.2 with it. Keys that go are wiped.
//
// One thread, as the loop that it serves.

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <openssl/types.h>

namespace metka::net {

class TicketKeys {
  public:
    using Time = std::chrono::steady_clock::time_point;
    using Now = std::function<Time()>;
    static constexpr auto life = std::chrono::hours(12);

    // `scope`: the name of the program.
    explicit TicketKeys(std::string scope, Now now = std::chrono::steady_clock::now);
    // The same, turned in time also while nobody connects.
    static std::shared_ptr<TicketKeys> kept_by(const asio::any_io_executor& loop, std::string scope);
    ~TicketKeys();
    TicketKeys(const TicketKeys&) = delete;
    TicketKeys& operator=(const TicketKeys&) = delete;

    const std::string& scope() const { return scope_; }
    // The tickets of this context are sealed and opened here; *this outlives it, and all that was made of it.
    void serve(SSL_CTX* context);
    // Makes a new key when that is due, and wipes what is too old. Every ticket does it too.
    void turn();

  private:
    struct Key;
    enum class Direction { open, seal };
    using Name = std::array<unsigned char, 16>;

    static int apply(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac, int is_sealing);
    int seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac);
    int open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
             EVP_MAC_CTX* mac) const;
    int use(const Key& key, Direction direction, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
            EVP_MAC_CTX* mac) const;
    std::unique_ptr<Key> make_key(Time now) const; // null: there are no random numbers

    struct CipherFreed {
        void operator()(EVP_CIPHER* cipher) const;
    };
    const std::string scope_;
    const Now now_;
    std::unique_ptr<EVP_CIPHER, CipherFreed> cipher_; // fetched once: to look it up costs more than to use it
    std::unique_ptr<Key> current_;                    // null: not needed yet
    std::unique_ptr<Key> previous_;
};

} // namespace metka::net
