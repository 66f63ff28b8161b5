#include "daemon/metkad/configuration/instance_files.h"

#include <array>

#include <unistd.h>

#include "daemon/metkad/configuration/sources.h"

namespace metka::metkad {

namespace {

std::string host_name()
{
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// Mail for postmaster and abuse has a reader wherever there is a host domain.
void settle(settings::Settings& settings)
{
    if (settings.operator_host.empty()) settings.operator_host = host_name();
    if (settings.operator_inbox || !settings.operator_domain) return;
    auto postmaster = Address::parse("postmaster@" + settings.operator_domain->text());
    if (postmaster) settings.operator_inbox = std::move(*postmaster);
}

} // namespace

Result<settings::Loaded> load_instance(const std::string& config)
{
    const auto sources = read_sources(config);
    if (!sources) return pass(sources);
    auto loaded = settings::load(*sources);
    if (!loaded) return fail(Fault::invalid, "{}", settings::show(loaded.error()));
    settle(loaded->settings);
    return std::move(*loaded);
}

} // namespace metka::metkad
