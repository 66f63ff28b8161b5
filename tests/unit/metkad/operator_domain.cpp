// The host domain follows operator.domain, at a start and at a switch, and goes back with it.

#include "daemon/metkad/provisioning/operator.h"
#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

std::string host_domain_of(TestOffice& office)
{
    const auto host = office.registry.host_domain().value();
    return host ? host->name.text() : "none";
}

Result<void> settle_to(TestOffice& office, std::string_view domain)
{
    auto settings = office.settings;
    settings.operator_domain.reset();
    if (!domain.empty()) settings.operator_domain = DomainName::parse(domain).value();
    return settle_host_domain(office.registry, settings, office.clock.now());
}

} // namespace

TEST_CASE("a host domain that nothing lies in goes with the setting, and comes back with it")
{
    TestOffice office;
    CHECK(settle_to(office, ""));
    CHECK(host_domain_of(office) == "none");
    CHECK(settle_to(office, ""));
    CHECK(settle_to(office, "other.example.org"));
    CHECK(host_domain_of(office) == "other.example.org");
    CHECK(settle_to(office, "platon.man.lublin.pl"));
    CHECK(host_domain_of(office) == "platon.man.lublin.pl");
}

TEST_CASE("a host domain with addresses stays, whatever the setting says")
{
    TestOffice office;
    office.settle(); // the first active domain brings the operator's inbox
    CHECK(settle_to(office, ""));
    CHECK(host_domain_of(office) == "platon.man.lublin.pl");
}

TEST_CASE("the domain of a customer becomes no host domain, and a check alone changes nothing")
{
    TestOffice office;
    office.settle();
    auto settings = office.settings;
    settings.operator_domain = DomainName::parse("moja-firma.lublin.pl").value();
    CHECK(check_host_domain(office.registry, settings).error().fault == Fault::conflict);
    CHECK(settle_host_domain(office.registry, settings, office.clock.now()).error().fault == Fault::conflict);
    settings.operator_domain = DomainName::parse("free.example.org").value();
    CHECK(check_host_domain(office.registry, settings));
    CHECK(host_domain_of(office) == "platon.man.lublin.pl");
}
