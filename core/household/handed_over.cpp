#include "core/household/handed_over.h"

#include <array>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/sys/file.h"

namespace metka::household {

namespace {

using settings::Settings;

constexpr Bytes most_settings{std::uint64_t{1} << 20};
constexpr Bytes most_certificates{std::uint64_t{16} << 20};
constexpr int needed_seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;

Result<std::string> read_sealed(int memory, Bytes most)
{
    const int seals = fcntl(memory, F_GET_SEALS);
    if (seals < 0 || (seals & needed_seals) != needed_seals)
        return fail(Fault::invalid, "it must come in memory that is sealed against changes");
    const auto status = sys::status_of(memory);
    if (!status) return pass(status);
    const auto size = static_cast<std::uint64_t>(status->st_size); // sealed, so it stays
    if (size > most.count)
        return fail(Fault::limit, "it has {}, and may have at most {}", Bytes{size}.show(), most.show());
    // Straight to its place: a key leaves no copy of itself on the way.
    std::string content(size, '\0');
    for (std::size_t at = 0; at < content.size();) {
        const auto count = pread(memory, content.data() + at, content.size() - at, static_cast<off_t>(at));
        if (count <= 0 && errno != EINTR) return fail_errno(errno, "reading sealed memory");
        if (count > 0) at += static_cast<std::size_t>(count);
    }
    return content;
}

// What people call a file without a path, also one that cannot be loaded.
std::string name_of(std::string_view engine_file)
{
    constexpr std::string_view key = "generation: ";
    auto at = engine_file.find(key);
    while (at != std::string_view::npos && at != 0 && engine_file[at - 1] != '\n')
        at = engine_file.find(key, at + 1);
    if (at == std::string_view::npos) return "engine file";
    const auto rest = engine_file.substr(at + key.size());
    const auto number = rest.substr(0, std::min(rest.find_first_not_of("0123456789"), std::size_t{20}));
    return fmt::format("engine file of generation {}", number);
}

struct Fixed {
    std::string_view key;
    std::string Settings::* value;
};
constexpr std::array<Fixed, 6> fixed{{
    {"state.folder", &Settings::state_folder},
    {"users.store", &Settings::users_store},
    {"users.smtp", &Settings::users_smtp},
    {"users.access", &Settings::users_access},
    {"users.auth", &Settings::users_auth},
    {"users.directory_group", &Settings::users_directory_group},
}};

} // namespace

Result<Settings> read_engine_file(int memory, settings::Reader reader)
{
    const auto text = read_sealed(memory, most_settings);
    if (!text) return fail(text.error().fault, "the engine file: {}", text.error().text);
    auto loaded = settings::load(*text, name_of(*text), reader);
    if (!loaded) return fail(Fault::invalid, "{}", settings::show(loaded.error()));
    return std::move(*loaded);
}

Result<std::vector<HostCertificate>> read_certificates(int memory)
{
    auto bytes = read_sealed(memory, most_certificates);
    if (!bytes) return fail(bytes.error().fault, "the certificates: {}", bytes.error().text);
    sys::Frame frame; // which wipes what it holds
    frame.kind = CertificateSet::kind;
    frame.body = std::move(*bytes);
    auto set = sys::decode<CertificateSet>(frame);
    // In words of our own: what is wrong with the memory is no reason to close the wire it came over.
    if (!set) return fail(Fault::invalid, "the certificates cannot be read: {}", set.error().text);
    return std::move(set->certificates);
}

Result<std::shared_ptr<net::TlsContext>> tls_context(std::span<const HostCertificate> certificates,
                                                     std::shared_ptr<net::TicketKeys> tickets)
{
    if (certificates.empty()) return nullptr;
    std::vector<net::HostPem> pems;
    for (const auto& each : certificates)
        pems.push_back({.host = each.host, .chain = each.chain, .key = each.key.reveal()});
    return net::TlsContext::make(pems, std::move(tickets));
}

Result<void> check_adoptable(const Settings& now, const Settings& wanted)
{
    for (const auto& each : fixed)
        if (now.*each.value != wanted.*each.value)
            return fail(Fault::invalid,
                        "{} cannot change while the program runs: it is {}, and generation {} has {}",
                        each.key, now.*each.value, wanted.generation, wanted.*each.value);
    return {};
}

} // namespace metka::household
