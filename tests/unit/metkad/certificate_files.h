#pragma once
// Certificates in files of a temporary folder, as metka.yaml names them.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/settings/settings.h"
#include "tests/dialogues/authority.h"
#include "tests/unit/directory/folder.h"

namespace metka::metkad::test {

constexpr std::chrono::sys_seconds new_year = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

inline dialogues::Certificate certificate_for(const std::string& host, int days = 365)
{
    return dialogues::issue({.common_name = host,
                             .names = {host},
                             .not_before = new_year,
                             .not_after = new_year + std::chrono::days(days)});
}

struct CertificateFolder {
    TestFolder folder;

    std::string path(const std::string& name) const { return folder.file(name); }
    // Replaced as certbot does it: a new file under the name.
    void put(const std::string& name, const std::string& text, unsigned mode = 0600) const
    {
        const auto passing = path("passing");
        std::ofstream(passing, std::ios::binary) << text;
        std::filesystem::permissions(passing, std::filesystem::perms(mode));
        std::filesystem::rename(passing, path(name));
    }
    void put(const std::string& name, const dialogues::Certificate& certificate) const
    {
        put(name + ".crt", certificate.chain_pem);
        put(name + ".key", certificate.key_pem);
    }
    void serve(settings::Settings& settings, const std::string& name) const // as the default
    {
        settings.tls_certificate = path(name + ".crt");
        settings.tls_key = path(name + ".key");
    }
    void serve(settings::Settings& settings, const std::string& name, const std::string& host) const
    {
        settings.certificates.push_back(
            {.host = host, .certificate = path(name + ".crt"), .key = path(name + ".key")});
    }
};

} // namespace metka::metkad::test
