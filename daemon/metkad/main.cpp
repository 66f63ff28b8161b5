// metkad(8): owns what is provisioned, and the programs of the engine.

#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>
#include <sysexits.h>

#include "core/base/version.h"
#include "core/sys/log.h"
#include "daemon/metkad/configuration/instance_files.h"
#include "daemon/metkad/daemon.h"

namespace {

using namespace metka;

int run(const std::string& config, bool only_check)
{
    auto files = metkad::load_instance(config);
    if (!files) {
        fmt::print(stderr, "metkad: {}\n", files.error().text);
        return files.error().fault == Fault::denied ? EX_NOPERM : EX_CONFIG;
    }
    if (only_check) return EX_OK;
    sys::log_as("metkad", static_cast<sys::Level>(files->settings.log_level));
    return metkad::run_daemon(config, std::move(*files));
}

} // namespace

int main(int count, char** words)
{
    try {
        CLI::App app("Owns what is provisioned on this machine, and runs the mail engine.", "metkad");
        std::string config = "/etc/metka/metka.yaml";
        bool only_check = false;
        app.add_option("--config", config, "the configuration, see metka.yaml(5)")->capture_default_str();
        app.add_flag("--check", only_check, "check the configuration, say what is wrong with it, and end");
        app.set_version_flag("--version", fmt::format("metkad {}", version));
        try {
            app.parse(count, words);
        } catch (const CLI::ParseError& error) {
            return app.exit(error) == 0 ? EX_OK : EX_USAGE;
        }
        return run(config, only_check);
    } catch (const std::exception& error) {
        fmt::print(stderr, "metkad: {}\n", error.what());
        return EX_SOFTWARE;
    }
}
