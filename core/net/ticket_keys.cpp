#include "core/net/ticket_keys.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "core/net/pause.h"
#include "core/net/spawn.h"

namespace metka::net {

namespace {

// What OpenSSL's callback answers (SSL_CTX_set_tlsext_ticket_key_evp_cb).
constexpr int broken = -1;
constexpr int not_ours = 0; // a full handshake follows
constexpr int done = 1;
constexpr int done_but_renew = 2;

constexpr std::size_t iv_size = 16; // of AES in CBC mode

} // namespace

struct TicketKeys::Key {
    Time made;
    Name name{};
    std::array<unsigned char, 32> cipher{}; // AES-256-CBC
    std::array<unsigned char, 32> mac{};    // HMAC-SHA256

    explicit Key(Time now) : made(now) {}
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key()
    {
        OPENSSL_cleanse(cipher.data(), cipher.size());
        OPENSSL_cleanse(mac.data(), mac.size());
    }
};

void TicketKeys::CipherFreed::operator()(EVP_CIPHER* cipher) const
{
    EVP_CIPHER_free(cipher);
}

TicketKeys::TicketKeys(std::string scope, Now now)
    : scope_(std::move(scope)),
      now_(std::move(now)),
      cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr))
{
}

TicketKeys::~TicketKeys() = default;

void TicketKeys::serve(SSL_CTX* context)
{
    SSL_CTX_set_session_id_context(
        context, reinterpret_cast<const unsigned char*>(scope_.data()),
        static_cast<unsigned>(std::min<std::size_t>(scope_.size(), SSL_MAX_SID_CTX_LENGTH)));
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TicketKeys::apply);
}

void TicketKeys::turn()
{
    const auto now = now_();
    if (previous_ && now - previous_->made >= 2 * life) previous_.reset();
    if (!current_ || now - current_->made < life) return;
    previous_ = now - current_->made < 2 * life ? std::move(current_) : nullptr;
    current_.reset();
}

std::unique_ptr<TicketKeys::Key> TicketKeys::make_key(Time now) const
{
    auto key = std::make_unique<Key>(now);
    const bool is_random = RAND_bytes(key->name.data(), static_cast<int>(key->name.size())) == 1 &&
                           RAND_priv_bytes(key->cipher.data(), static_cast<int>(key->cipher.size())) == 1 &&
                           RAND_priv_bytes(key->mac.data(), static_cast<int>(key->mac.size())) == 1;
    return is_random ? std::move(key) : nullptr;
}

int TicketKeys::apply(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                      EVP_MAC_CTX* mac, int is_sealing)
{
    auto* const self = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
    self->turn();
    if (is_sealing == 1) return self->seal(name, iv, cipher, mac);
    const int opened = self->open(name, iv, cipher, mac);
    // Under TLS 1.3 a client shows each ticket once, lest it be known again by it (RFC 8446 §C.4).
    return opened == done && SSL_version(connection) == TLS1_3_VERSION ? done_but_renew : opened;
}

int TicketKeys::seal(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac)
{
    if (!current_) current_ = make_key(now_());
    if (!current_ || RAND_bytes(iv, iv_size) != 1) return broken;
    std::ranges::copy(current_->name, name);
    return use(*current_, Direction::seal, iv, cipher, mac);
}

int TicketKeys::open(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                     EVP_MAC_CTX* mac) const
{
    const auto sealed_by = [name](const std::unique_ptr<Key>& key) {
        return key && std::equal(key->name.begin(), key->name.end(), name);
    };
    if (sealed_by(current_)) return use(*current_, Direction::open, iv, cipher, mac);
    if (!sealed_by(previous_)) return not_ours;
    const int used = use(*previous_, Direction::open, iv, cipher, mac);
    return used == done ? done_but_renew : used;
}

int TicketKeys::use(const Key& key, Direction direction, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac) const
{
    static std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    const int seals = direction == Direction::seal ? 1 : 0;
    const bool is_set =
        EVP_CipherInit_ex2(cipher, cipher_.get(), key.cipher.data(), iv, seals, nullptr) == 1 &&
        EVP_MAC_init(mac, key.mac.data(), key.mac.size(), parameters.data()) == 1;
    return is_set ? done : broken;
}

namespace {

asio::awaitable<void> keep_turning(std::weak_ptr<TicketKeys> keys)
{
    for (;;) {
        co_await pause(std::chrono::minutes(10));
        const auto living = keys.lock();
        if (!living) co_return;
        living->turn();
    }
}

} // namespace

std::shared_ptr<TicketKeys> TicketKeys::kept_by(const asio::any_io_executor& loop, std::string scope)
{
    auto keys = std::make_shared<TicketKeys>(std::move(scope));
    spawn(loop, keep_turning(keys), "ticket keys");
    return keys;
}

} // namespace metka::net
