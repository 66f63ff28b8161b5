#include "daemon/metkad/machine/zones.h"

#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>

#include "core/directory/memory_directory.h"
#include "core/sys/file.h"

namespace {

using namespace metka;
using namespace metka::metkad;

struct Zones {
    Zones()
    {
        settings.operator_host = "mail.example.net";
        settings.operator_local_zones = {DomainName::parse("lublin.pl").value(),
                                         DomainName::parse("krasnik.pl").value()};
        auto name = (std::filesystem::temp_directory_path() / "metka-zones-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        folder = name;
        state = std::move(*sys::open_folder(folder));
        add_customer();
    }
    ~Zones() { std::filesystem::remove_all(folder); }
    Zones(const Zones&) = delete;
    Zones& operator=(const Zones&) = delete;

    void change(const std::function<Result<void>(directory::Changes&)>& work)
    {
        directory::AuditEntry entry{.actor = "root", .verb = "test", .subject = "test"};
        const auto changed = registry.change(entry, work);
        REQUIRE_MESSAGE(changed, changed.error().text);
    }

    void add_customer()
    {
        const Customer customer{.id = owner, .name = "firma", .title = "Firma", .contact = "a@example.org"};
        change([&](directory::Changes& changes) { return changes.add(customer); });
    }

    void add(std::string_view name, DomainKind kind, DomainState standing)
    {
        const Domain domain{.id = DomainId::make(Instant()),
                            .name = DomainName::parse(name).value(),
                            .customer = owner,
                            .kind = kind,
                            .state = standing};
        change([&](directory::Changes& changes) { return changes.add(domain); });
    }

    std::string written(const std::string& zone)
    {
        const auto done = write_zones(state.get(), settings, registry);
        REQUIRE_MESSAGE(done, done.error().text);
        const auto text = sys::read_file(path(zone), 1_MiB);
        REQUIRE(text);
        return *text;
    }

    std::string path(const std::string& zone) const { return (folder / "zones" / (zone + ".zone")).string(); }

    std::filesystem::path folder;
    sys::Descriptor state;
    settings::Settings settings;
    directory::MemoryDirectory registry;
    CustomerId owner = CustomerId::make(Instant());
};

} // namespace

TEST_CASE("a zone snippet has the local domains of its zone, sorted, and no others")
{
    Zones zones;
    zones.add("sklep.lublin.pl", DomainKind::local, DomainState::active);
    zones.add("biuro.lublin.pl", DomainKind::local, DomainState::suspended);
    zones.add("sklep.krasnik.pl", DomainKind::local, DomainState::active);
    zones.add("x.y.lublin.pl", DomainKind::foreign, DomainState::active);
    const auto text = zones.written("lublin.pl");
    CHECK(text.starts_with("; Written by metkad(8)"));
    CHECK(text.ends_with("$ORIGIN lublin.pl.\n"
                         "biuro\tIN\tMX\t10 mail.example.net.\nbiuro\tIN\tTXT\t\"v=spf1 mx -all\"\n"
                         "sklep\tIN\tMX\t10 mail.example.net.\nsklep\tIN\tTXT\t\"v=spf1 mx -all\"\n"));
    CHECK_FALSE(zones.written("krasnik.pl").contains("biuro"));
}

TEST_CASE("a zone without domains has a file, and one that would say the same is left alone")
{
    Zones zones;
    const auto empty = zones.written("lublin.pl");
    CHECK(empty.ends_with("$ORIGIN lublin.pl.\n"));
    struct stat before{}, after{}, changed{};
    REQUIRE(stat(zones.path("lublin.pl").c_str(), &before) == 0);
    zones.add("sklep.krasnik.pl", DomainKind::local, DomainState::active);
    CHECK(zones.written("lublin.pl") == empty);
    REQUIRE(stat(zones.path("lublin.pl").c_str(), &after) == 0);
    CHECK(before.st_ino == after.st_ino);
    zones.add("sklep.lublin.pl", DomainKind::local, DomainState::active);
    CHECK(zones.written("lublin.pl").contains("sklep"));
    REQUIRE(stat(zones.path("lublin.pl").c_str(), &changed) == 0);
    CHECK((changed.st_mode & 0777) == 0644);
}
