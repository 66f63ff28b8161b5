#include "core/net/tls_ends.h"

#include <cerrno>
#include <memory>
#include <new>

#include <openssl/bio.h>
#include <sys/socket.h>

namespace metka::net {

namespace {

TlsEnds& ends_of(BIO* bio)
{
    return *static_cast<TlsEnds*>(BIO_get_data(bio));
}

int read(BIO* bio, char* into, std::size_t room, std::size_t* got)
{
    const auto& ends = ends_of(bio);
    BIO_clear_retry_flags(bio);
    *got = 0;
    if (!ends.unsent().empty()) {
        BIO_set_retry_read(bio);
        return 0;
    }
    const auto taken = recv(ends.socket, into, room, 0);
    if (taken < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    if (taken <= 0) return 0;
    *got = static_cast<std::size_t>(taken);
    return 1;
}

int write(BIO* bio, const char* bytes, std::size_t count, std::size_t* put)
{
    BIO_clear_retry_flags(bio);
    *put = 0;
    try {
        ends_of(bio).sealed.append(bytes, count);
    } catch (const std::bad_alloc&) { // nothing of C++ passes through OpenSSL
        return 0;
    }
    *put = count;
    return 1;
}

long control(BIO* /*bio*/, int what, long /*number*/, void* /*with*/)
{
    return what == BIO_CTRL_FLUSH ? 1 : 0; // the channel sends when it is time
}

const BIO_METHOD* method()
{
    static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> made = [] {
        std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> each(
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "channel"), BIO_meth_free);
        BIO_meth_set_read_ex(each.get(), read);
        BIO_meth_set_write_ex(each.get(), write);
        BIO_meth_set_ctrl(each.get(), control);
        return each;
    }();
    return made.get();
}

} // namespace

void TlsEnds::took(std::size_t count)
{
    sent += count;
    if (sent < sealed.size()) return;
    sent = 0;
    sealed.clear();
}

BIO* bio_of(TlsEnds& ends)
{
    auto* const made = BIO_new(method());
    if (made == nullptr) return nullptr;
    BIO_set_data(made, &ends);
    BIO_set_init(made, 1);
    return made;
}

} // namespace metka::net
