#include "core/net/pem.h"

#include <openssl/err.h>

namespace metka::net::pem {

namespace {

std::unique_ptr<BIO, Freed> reader(std::string_view pem)
{
    return std::unique_ptr<BIO, Freed>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Without it OpenSSL would ask for one at the terminal.
int note_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* is_asked)
{
    *static_cast<bool*>(is_asked) = true;
    return -1;
}

} // namespace

CertificateReader::CertificateReader(std::string_view pem) : bio_(reader(pem)) {}

Certificate CertificateReader::next() const
{
    return Certificate(PEM_read_bio_X509(bio_.get(), nullptr, nullptr, nullptr));
}

// It is reported as an error, of this kind and no other.
bool CertificateReader::is_at_end()
{
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

ReadKey read_key(std::string_view pem)
{
    ReadKey read;
    const auto bio = reader(pem);
    read.key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, note_passphrase, &read.has_passphrase));
    return read;
}

} // namespace metka::net::pem
