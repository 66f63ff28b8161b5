#include "daemon/metkad/configuration/certificates.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/bytes.h"
#include "core/household/household.h"
#include "core/sys/file.h"
#include "core/sys/frame.h"
#include "tests/unit/metkad/certificate_files.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;
using household::CertificateSet;

namespace {

struct Scene {
    Scene()
    {
        folder.put("all", certificate_for("mail.example"));
        folder.put("firma", certificate_for("*.firma.example"));
        folder.serve(settings, "all");
        folder.serve(settings, "firma", "poczta.firma.example");
    }
    Certificates read() const
    {
        auto certificates = read_certificates(settings);
        if (!certificates) FAIL(certificates.error().text);
        return std::move(*certificates);
    }
    Error refused() const
    {
        const auto certificates = read_certificates(settings);
        REQUIRE_FALSE(certificates);
        return certificates.error();
    }

    CertificateFolder folder;
    settings::Settings settings;
};

CertificateSet opened(const sys::Descriptor& memory)
{
    sys::Frame frame;
    frame.kind = CertificateSet::kind;
    auto body = sys::read_whole(memory.get(), 16_MiB);
    REQUIRE(body);
    frame.body = std::move(*body);
    auto set = sys::decode<CertificateSet>(frame);
    REQUIRE(set);
    return std::move(*set);
}

bool says(const Error& error, std::string_view what)
{
    return error.text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("all certificates travel with their keys in one piece of memory that nobody can change")
{
    const Scene scene;
    const auto certificates = scene.read();
    CHECK((fcntl(certificates.memory.get(), F_GET_SEALS) & F_SEAL_WRITE) != 0);
    const auto set = opened(certificates.memory);
    REQUIRE(set.certificates.size() == 2);
    CHECK(set.certificates[0].host.empty());
    CHECK(set.certificates[1].host == "poczta.firma.example");
    CHECK(set.certificates[1].chain.starts_with("-----BEGIN CERTIFICATE-----"));
    CHECK(set.certificates[1].key.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));

    const auto& rows = certificates.inventory.rows;
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].called() == "mail.example");
    CHECK(rows[1].called() == "poczta.firma.example");
    CHECK(rows[1].names == std::vector<std::string>{"*.firma.example"});
    CHECK(rows[1].file == scene.folder.path("firma.crt"));
    CHECK(rows[1].not_before == new_year);
    CHECK(rows[1].not_after == new_year + std::chrono::days(365));
    CHECK(rows[1].problem.empty());
    CHECK(certificates.inventory.marks == look_at_certificates(scene.settings));
}

TEST_CASE("without any certificate there is an empty set")
{
    settings::Settings settings;
    settings.tls_certificate.clear();
    settings.tls_key.clear();
    const auto certificates = read_certificates(settings);
    REQUIRE(certificates);
    CHECK(opened(certificates->memory).certificates.empty());
    CHECK(certificates->inventory.rows.empty());
}

TEST_CASE("what cannot be used is refused by its key, its file and what is wrong")
{
    const Scene scene;
    const auto other = certificate_for("poczta.firma.example");
    const auto own = certificate_for("poczta.firma.example");
    struct Row {
        std::string file, text, field, what;
    };
    const std::string chain = "certificates.poczta.firma.example.certificate";
    const std::string key = "certificates.poczta.firma.example.key";
    for (const auto& row :
         {Row{"firma.crt", "", chain, "no certificate in it"},
          Row{"firma.crt", certificate_for("mail.example").chain_pem, chain,
              "is not for poczta.firma.example: it names mail.example"},
          Row{"firma.crt", std::string(1024UL * 1024 + 1, 'x'), chain, "at most 1 MiB"},
          Row{"firma.key", other.key_pem, key, "the key does not belong to the certificate"},
          Row{"firma.key", "nothing", key, "no private key in it"},
          Row{"firma.key", dialogues::with_passphrase(own.key_pem, "x"), key, "passphrase"},
          Row{"all.key", other.key_pem, "tls.key", "does not belong"}}) {
        CAPTURE(row.what);
        scene.folder.put("all", certificate_for("mail.example"));
        scene.folder.put("firma", own);
        scene.folder.put(row.file, row.text);
        const auto error = scene.refused();
        CHECK(error.field == row.field);
        CHECK(says(error, scene.folder.path(row.file)));
        CHECK(says(error, row.what));
    }
}

TEST_CASE("a file that is not there, or no file, is refused at once")
{
    const Scene scene;
    std::filesystem::remove(scene.folder.path("all.key"));
    CHECK(scene.refused().field == "tls.key");
    CHECK(says(scene.refused(), "all.key is not there"));
    REQUIRE(mkfifo(scene.folder.path("all.key").c_str(), 0600) == 0);
    CHECK(says(scene.refused(), "all.key is not a regular file"));
}

TEST_CASE("a key that everybody can read is used, and its row says so until that is mended")
{
    const Scene scene;
    const auto before = scene.read();
    REQUIRE(chmod(scene.folder.path("firma.key").c_str(), 0644) == 0);
    CHECK(look_at_certificates(scene.settings) != before.inventory.marks);
    const auto open = scene.read();
    CHECK(open.inventory.rows[0].problem.empty());
    CHECK(open.inventory.rows[1].problem.find("chmod o= " + scene.folder.path("firma.key")) !=
          std::string::npos);
    CHECK(open.inventory.fingerprint == before.inventory.fingerprint);
    REQUIRE(chmod(scene.folder.path("firma.key").c_str(), 0640) == 0);
    CHECK(scene.read().inventory.rows[1].problem.empty());
}

TEST_CASE("an expired certificate is taken: better than none")
{
    Scene scene;
    scene.folder.put("firma", certificate_for("poczta.firma.example", 1));
    CHECK(scene.read().inventory.rows[1].not_after == new_year + std::chrono::days(1));
}
