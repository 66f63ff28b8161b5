#include "daemon/metkad/configuration/certificates.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/bytes.h"
#include "core/base/secret.h"
#include "core/base/text.h"
#include "core/household/household.h"
#include "core/net/certificate.h"
#include "core/net/tls.h"
#include "core/sys/digest.h"
#include "core/sys/file.h"
#include "core/sys/frame.h"

namespace metka::metkad {

namespace {

using household::CertificateSet;
using household::HostCertificate;
using settings::Settings;

constexpr std::uint64_t largest = 1024UL * 1024;

// One certificate with its key, as metka.yaml names them.
struct Pair {
    std::string host;
    std::string place; // "tls", "certificates.mail.example.org"
    std::string certificate;
    std::string key;
};

std::vector<Pair> pairs_of(const Settings& settings)
{
    std::vector<Pair> pairs;
    if (!settings.tls_certificate.empty())
        pairs.push_back(
            {.host = {}, .place = "tls", .certificate = settings.tls_certificate, .key = settings.tls_key});
    for (const auto& each : settings.certificates)
        pairs.push_back({.host = each.host,
                         .place = "certificates." + each.host,
                         .certificate = each.certificate,
                         .key = each.key});
    return pairs;
}

FileMark mark_of(const struct stat& status)
{
    const auto number = [](auto value) { return static_cast<std::uint64_t>(value); };
    // The change time sees a chmod(2), which may have mended what is said of a key.
    return {{number(status.st_dev), number(status.st_ino), number(status.st_size),
             number(status.st_mtim.tv_sec), number(status.st_mtim.tv_nsec), number(status.st_ctim.tv_sec),
             number(status.st_ctim.tv_nsec)}};
}

struct File {
    std::string path;
    struct stat status{};
    Secret content;

    std::string_view text() const { return content.reveal(); }
};

// In one piece of the right size, so that no copy of a key is left where a string has grown out of it. A file
// that grows meanwhile is cut, found wanting, and read again at the next look.
Result<Secret> read_content(int fd, std::size_t size)
{
    std::string content(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const auto count = pread(fd, content.data() + have, size - have, static_cast<off_t>(have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int why = errno;
            wipe(content);
            return fail_errno(why, "reading it");
        }
        if (count == 0) break;
        have += static_cast<std::size_t>(count);
    }
    content.resize(have);
    return Secret::take(std::move(content));
}

Result<File> read(const std::string& path)
{
    const auto name = escaped(path);
    // O_NONBLOCK: a FIFO in its place must not hold us up.
    const sys::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file && errno == ENOENT) return fail(Fault::not_found, "the file {} is not there", name);
    if (!file) return fail_errno(errno, "opening " + name);
    const auto status = sys::status_of(file.get());
    if (!status) return pass(status);
    if (!S_ISREG(status->st_mode)) return fail(Fault::invalid, "{} is not a regular file", name);
    const auto size = static_cast<std::uint64_t>(status->st_size);
    if (size > largest)
        return fail(Fault::limit, "{} has {}; a certificate or key has at most 1 MiB", name,
                    Bytes{size}.show());
    auto content = read_content(file.get(), size);
    if (!content) return fail(content.error().fault, "{}: {}", name, content.error().text);
    return File{.path = path, .status = *status, .content = std::move(*content)};
}

std::string listed(const std::vector<std::string>& names)
{
    if (names.empty()) return "it names no host";
    std::string list;
    for (const auto& name : names)
        list += (list.empty() ? "" : ", ") + name;
    return "it names " + list;
}

Result<net::CertificateChain> read_chain(const Pair& pair, const File& file)
{
    auto chain = net::CertificateChain::read(file.text());
    if (!chain) return fail(Fault::invalid, "{}: {}", escaped(pair.certificate), chain.error().text);
    // The default is for whoever asks for no name: there is none that it must have.
    if (!pair.host.empty() && !chain->speaks_for(pair.host))
        return fail(Fault::invalid, "{} is not for {}: {}", escaped(pair.certificate), pair.host,
                    listed(chain->names()));
    return chain;
}

Result<void> check_key(const Pair& pair, const net::CertificateChain& chain, const File& key)
{
    const auto takes = chain.takes(key.text());
    if (!takes)
        return fail(Fault::invalid, "{}: {} ({})", escaped(pair.key), takes.error().text,
                    escaped(pair.certificate));
    return {};
}

std::string problem_of(const Pair& pair, const File& key)
{
    if ((key.status.st_mode & (S_IROTH | S_IWOTH)) == 0) return {};
    return fmt::format("everybody on this machine can read or write the key {}: chmod o= {}",
                       escaped(pair.key), escaped(pair.key));
}

// Becomes the set and what is known of it, pair by pair.
class Collection {
  public:
    Result<void> add(const Pair& pair)
    {
        const auto certificate_key = pair.place + ".certificate";
        const auto key_key = pair.place + ".key";
        const auto certificate = read(pair.certificate);
        if (!certificate) return fail_field(certificate_key, certificate.error());
        const auto chain = read_chain(pair, *certificate);
        if (!chain) return fail_field(certificate_key, chain.error());
        auto key = read(pair.key);
        if (!key) return fail_field(key_key, key.error());
        const auto belongs = check_key(pair, *chain, *key);
        if (!belongs) return fail_field(key_key, belongs.error());
        const auto usable = net::TlsContext::make(certificate->text(), key->text(), "metkad");
        if (!usable)
            return fail_field(certificate_key, {.fault = Fault::invalid,
                                                .text = fmt::format("{}: {}", escaped(pair.certificate),
                                                                    usable.error().text)});
        inventory_.rows.push_back({.host = pair.host,
                                   .file = pair.certificate,
                                   .names = chain->names(),
                                   .not_before = chain->not_before(),
                                   .not_after = chain->ends(),
                                   .problem = problem_of(pair, *key)});
        inventory_.marks.push_back(mark_of(certificate->status));
        inventory_.marks.push_back(mark_of(key->status));
        set_.certificates.push_back(
            {.host = pair.host, .chain = std::string(certificate->text()), .key = std::move(key->content)});
        return {};
    }

    Result<Certificates> seal()
    {
        const auto frame = encoded();
        auto memory = sys::sealed_memory("certificates", frame.body);
        if (!memory) return pass(memory);
        inventory_.fingerprint = sys::sha256(frame.body);
        return Certificates{.memory = std::move(*memory), .inventory = std::move(inventory_)};
    }

  private:
    // As sys::encode() does it, but with room made before: a body that grows would leave keys behind.
    sys::Frame encoded()
    {
        constexpr std::size_t room_for_lengths = 64;
        std::size_t size = room_for_lengths;
        for (const auto& each : set_.certificates)
            size += each.host.size() + each.chain.size() + each.key.reveal().size() + room_for_lengths;
        sys::Frame frame;
        frame.kind = CertificateSet::kind;
        frame.body.reserve(size);
        sys::FieldWriter writer(frame.body);
        set_.fields(writer);
        return frame;
    }

    CertificateSet set_;
    CertificateInventory inventory_;
};

} // namespace

std::string CertificateRow::called() const
{
    if (!host.empty()) return host;
    return names.empty() ? file : names.front();
}

Result<Certificates> read_certificates(const Settings& settings)
{
    Collection collection;
    for (const auto& pair : pairs_of(settings)) {
        const auto added = collection.add(pair);
        if (!added) return pass(added);
    }
    return collection.seal();
}

Error of_settings(const Error& fault)
{
    const auto is_files_fault =
        fault.fault == Fault::not_found || fault.fault == Fault::denied || fault.fault == Fault::limit;
    return {.fault = is_files_fault ? Fault::invalid : fault.fault,
            .text = fault.field.empty() ? fault.text : fmt::format("{}: {}", fault.field, fault.text)};
}

std::vector<FileMark> look_at_certificates(const Settings& settings)
{
    std::vector<FileMark> marks;
    for (const auto& pair : pairs_of(settings))
        for (const auto& path : {pair.certificate, pair.key}) {
            struct stat status{};
            marks.push_back(stat(path.c_str(), &status) == 0 ? mark_of(status) : FileMark{});
        }
    return marks;
}

} // namespace metka::metkad
