#include "daemon/metkad/machine/zones.h"

#include <algorithm>

#include <fcntl.h>

#include "core/policy/ownership.h"
#include "core/sys/file.h"

namespace metka::metkad {

namespace {

constexpr Bytes most_snippet = 64_MiB;

std::string file_name(const DomainName& zone)
{
    return zone.text() + ".zone";
}

std::string content_of(const DomainName& zone, const std::vector<Domain>& domains, std::string_view host)
{
    auto content =
        fmt::format("; Written by metkad(8), and again whenever a domain changes: see metka-zone(5).\n"
                    "$ORIGIN {}.\n",
                    zone.text());
    for (const auto& domain : domains)
        if (domain.state != DomainState::pending && domain.name.is_direct_child_of(zone))
            content += policy::snippet_for(domain, zone, host);
    return content;
}

bool is_there(int folder, const std::string& name, const std::string& content)
{
    const auto file = sys::open_beneath(folder, name, O_RDONLY);
    if (!file) return false;
    const auto now = sys::read_whole(file->get(), most_snippet);
    return now && *now == content;
}

} // namespace

Result<void> write_zones(int state, const settings::Settings& settings, directory::Registry& registry)
{
    auto domains = registry.domains();
    if (!domains) return pass(domains);
    std::erase_if(*domains, [](const Domain& each) { return each.kind != DomainKind::local; });
    std::ranges::sort(*domains, {}, &Domain::name);
    const auto folder = sys::make_folders_beneath(state, "zones", 0755);
    if (!folder) return pass(folder);
    for (const auto& zone : settings.operator_local_zones) {
        const auto content = content_of(zone, *domains, settings.operator_host);
        if (is_there(folder->get(), file_name(zone), content)) continue;
        const auto written = sys::replace_file(folder->get(), file_name(zone), content, 0644);
        if (!written) return pass(written);
    }
    return {};
}

} // namespace metka::metkad
