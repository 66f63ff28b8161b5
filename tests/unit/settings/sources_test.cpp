// The files of an instance together: which one wins, where a value came from, and where a problem is.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/settings/listing.h"
#include "core/settings/named.h"
#include "core/settings/values.h"

using namespace metka;
using settings::load;
using settings::Loaded;
using settings::Origin;
using settings::Reader;
using settings::Settings;
using settings::Source;

namespace {

Loaded loaded(const std::vector<Source>& sources)
{
    auto all = load(sources);
    REQUIRE_MESSAGE(all, show(all.error()));
    return std::move(*all);
}

std::string problems_of(const std::vector<Source>& sources)
{
    const auto all = load(sources);
    return all ? std::string("no problems") : show(all.error());
}

// The line of `text` that contains `part`.
std::string line_with(const std::string& text, std::string_view part)
{
    const auto at = text.find(part);
    if (at == std::string::npos) return "";
    const auto start = text.rfind('\n', at) + 1;
    return text.substr(start, text.find('\n', at) - start);
}

const std::vector<Source> three{
    {"m.yaml", "smtp:\n  recipients: 500\n  listen: [127.0.0.1:25, 127.0.0.2:25]\n"
               "plans:\n  firm:\n    capacity: 1G\n    disk_limit: 5G\n"
               "certificates:\n  Mail.Example.org: {certificate: /a/c, key: /a/k}\n"},
    {"m.d/10.yaml", "smtp:\n  errors: 3\nplan:\n  grace_days: 7\n"},
    {"m.d/20.yaml", "smtp:\n  recipients: 200\n  listen: \"[::1]:25\"\n"
                    "plans:\n  firm: {capacity: 2G}\n  small: {}\n"
                    "certificates:\n  mail.example.org:\n    key: /b/k\n"},
};

} // namespace

TEST_CASE("without any file every setting has its default, and none an origin")
{
    const auto all = loaded({});
    CHECK(all.settings == Settings());
    CHECK(all.origins.empty());
}

TEST_CASE("a later file wins key by key, and leaves the rest as it is")
{
    const auto all = loaded(three);
    CHECK(all.settings.smtp_recipients == 200);
    CHECK(all.settings.smtp_errors == 3);
    CHECK(all.settings.smtp_commands == 10000);
    CHECK(loaded({three[0], three[1]}).settings.smtp_recipients == 500);
    CHECK(loaded({three[2], three[0]}).settings.smtp_recipients == 500);
}

TEST_CASE("a list is replaced whole")
{
    const auto all = loaded(three);
    REQUIRE(all.settings.smtp_listen.size() == 1);
    CHECK(all.settings.smtp_listen[0].text() == "[::1]:25");
    CHECK(loaded({three[0], {"x", "submission:\n  listen: none\n"}}).settings.submission_listen.empty());
    CHECK(loaded({three[0], {"x", "smtp:\n  listen: none\n"}}).settings.smtp_listen.empty());
}

TEST_CASE("plans and certificates are joined with those of the same name, word by word")
{
    const auto all = loaded(three);
    REQUIRE(all.settings.plans.size() == 2);
    CHECK(all.settings.plans[0].name == "firm");
    CHECK(all.settings.plans[0].capacity == Capacity(2_GiB));
    CHECK(all.settings.plans[0].disk_limit == Capacity(5_GiB));
    CHECK(all.settings.plans[0].grace_days == 7);
    CHECK(all.settings.plans[1].name == "small");
    REQUIRE(all.settings.certificates.size() == 1);
    CHECK(all.settings.certificates[0] == settings::CertificateFiles{"mail.example.org", "/a/c", "/b/k"});
}

TEST_CASE("every value has the file and the line that set it last")
{
    const auto origins = loaded(three).origins;
    CHECK(origins.at("smtp.recipients") == Origin{"m.d/20.yaml", 2});
    CHECK(origins.at("smtp.errors") == Origin{"m.d/10.yaml", 2});
    CHECK(origins.at("plans.firm.capacity") == Origin{"m.d/20.yaml", 5});
    CHECK(origins.at("plans.firm.disk_limit") == Origin{"m.yaml", 7});
    CHECK(origins.at("plans.small") == Origin{"m.d/20.yaml", 6});
    CHECK(origins.at("certificates.mail.example.org.certificate") == Origin{"m.yaml", 9});
    CHECK(origins.at("certificates.mail.example.org.key") == Origin{"m.d/20.yaml", 9});
    CHECK(!origins.contains("smtp.commands"));
}

TEST_CASE("the problems of all files are told at once, in the order of the files and their lines")
{
    CHECK(problems_of({{"a", "plans:\n  firm:\n    capacity: many\nsmtp:\n  errors: no\n"},
                       {"b", "smtp: [\n"},
                       {"c", "log:\n  level: loud\n"}})
              .starts_with("a:3:15: plans.firm.capacity: “many” is not what it takes: a size like 500M or "
                           "2G, or unlimited\n"
                           "a:5:11: smtp.errors: “no” is not what it takes: a whole number\n"
                           "b:"));
    CHECK(problems_of({{"a", ""}, {"b", "smtp: [\n"}, {"c", "log:\n  level: loud\n"}})
              .ends_with("\nc:2:10: log.level: “loud” is not what it takes: error, warning, info or debug"));
}

TEST_CASE("a contradiction between files is told at the file that set the key")
{
    CHECK(
        problems_of({{"a", "smtp:\n  connections: 20\n"}, {"b", "smtp:\n  connections_per_address: 30\n"}}) ==
        "b:2:28: smtp.connections_per_address: 30 is more than 20 of smtp.connections; lower it, or raise "
        "that");
    CHECK(problems_of({{"a", ""}, {"b", "smtp:\n  connections: 20\n"}}) ==
          "a: smtp.connections_per_address: 50 is more than 20 of smtp.connections; lower it, or raise that");
}

TEST_CASE("a name that stands twice in one file is refused, in whatever case, and in two files it is joined")
{
    CHECK(problems_of({{"a", "certificates:\n  mail.example.org: {certificate: /c, key: /k}\n"
                             "  MAIL.example.org: {certificate: /c, key: /k}\n"}}) ==
          "a:3:3: certificates.MAIL.example.org: stands twice, first in line 2; keep one of them");
}

TEST_CASE("a certificate that cannot be is refused where it stands")
{
    struct Row {
        const char* yaml;
        const char* shown;
    };
    const Row table[] = {
        {"certificates:\n  mail.example.org: {certificate: /c}\n",
         "m:2:3: certificates.mail.example.org.key: this is missing; the certificate of a host name has "
         "both, "
         "“certificate” and “key”"},
        {"certificates:\n  mail.example.org:\n    key: /k\n",
         "m:2:3: certificates.mail.example.org.certificate: this is missing; the certificate of a host name "
         "has both, “certificate” and “key”"},
        {"certificates:\n  mail.example.org: {certificate: none, key: /k}\n",
         "m:2:35: certificates.mail.example.org.certificate: “none” is not what it takes: an absolute path "
         "like /var/lib/metka"},
        {"certificates:\n  mail.example.org: {certificate: c.pem, key: /k}\n",
         "m:2:35: certificates.mail.example.org.certificate: “c.pem” is not what it takes: an absolute path "
         "like /var/lib/metka"},
        {"certificates:\n  mail.example.org: {chain: /c}\n",
         "m:2:22: certificates.mail.example.org.chain: there is no such setting; a host name has "
         "“certificate” "
         "and “key”"},
        {"certificates:\n  192.0.2.1: {certificate: /c, key: /k}\n",
         "m:2:3: certificates.192.0.2.1: this is not a host name; write it like mail.example.org or "
         "\"*.example.org\""},
        {"certificates:\n  \"*.org\": {certificate: /c, key: /k}\n",
         "m:2:3: certificates.*.org: this is not a host name; write it like mail.example.org or "
         "\"*.example.org\""},
        {"certificates:\n  \"mail.*.org\": {certificate: /c, key: /k}\n",
         "m:2:3: certificates.mail.*.org: this is not a host name; write it like mail.example.org or "
         "\"*.example.org\""},
        {"certificates: /c\n", "m:1:15: certificates: certificates stand below it, indented, like "
                               "“mail.example.org:” and below that “certificate: /etc/metka/tls/mail.pem”"},
        {"certificates:\n  mail.example.org: /c\n",
         "m:2:21: certificates.mail.example.org: its files stand below it, indented, like “certificate: "
         "/etc/metka/tls/mail.pem”"},
        {"tls: {certificate: none, key: none}\nsubmission: {listen: none}\nsubmissions: {listen: none}\n"
         "pop3s: {listen: none}\ncertificates:\n  mail.example.org: {certificate: /c, key: /k}\n",
         "m:6:3: certificates.mail.example.org: certificates of host names need tls.certificate and tls.key, "
         "for clients that ask for no name; set them"},
    };
    for (const auto& row : table) {
        CAPTURE(row.yaml);
        CHECK(problems_of({{"m", row.yaml}}) == row.shown);
    }
}

TEST_CASE("certificates are for host names, wildcards and names of any language, and for metkad alone")
{
    const auto all = loaded({{"m", "certificates:\n"
                                   "  localhost: {certificate: /1, key: /1}\n"
                                   "  \"*.Example.org\": {certificate: /2, key: /2}\n"
                                   "  poczta.żółw.example: {certificate: /3, key: /3}\n"}});
    REQUIRE(all.settings.certificates.size() == 3);
    CHECK(all.settings.certificates[0].host == "localhost");
    CHECK(all.settings.certificates[1].host == "*.example.org");
    CHECK(all.settings.certificates[2].host == "poczta.xn--w-uga1v8h.example");
    for (const auto reader : {Reader::store, Reader::smtp, Reader::access, Reader::auth}) {
        const auto engine = load("certificates:\n  localhost: {certificate: /1, key: /1}\n", "m", reader);
        REQUIRE(!engine);
        CHECK(
            show(engine.error()) ==
            fmt::format("m:1:1: certificates: this is not for {}, which takes only what metkad writes for it",
                        program(reader)));
        CHECK(!render(all.settings, reader, 1).contains("certificates"));
    }
}

TEST_CASE("the example of every section of entries loads")
{
    for (const auto& section : settings::named_sections()) {
        const auto all = loaded({{"m", std::string(section.example)}});
        int entries = 0;
        section.each(all.settings, [&](const settings::Entry&) { ++entries; });
        CHECK(entries > 0);
    }
}

TEST_CASE("what is rendered for metkad reads back to equal settings, plans and certificates included")
{
    auto sources = three;
    sources.push_back({"m.d/30.yaml",
                       "certificates:\n  \"*.example.net\": {certificate: /c c, key: \"/k#\"}\n"
                       "plans:\n  \"null\": {lifetime: 0, notice_days: none}\n  \"on\": {}\n"});
    const auto all = loaded(sources);
    const auto text = render(all.settings, Reader::metkad, 3, all.origins);
    CAPTURE(text);
    const auto again = loaded({{"metkad.yaml", text}});
    CHECK(again.settings == all.settings);
}

TEST_CASE(
    "as many plans and certificates as there may be are rendered and read back, and one more is refused")
{
    const auto entries = [](std::string text, int count, std::string_view form) {
        for (int i = 0; i < count; ++i)
            text += fmt::format("  h{}: {}\n", i, form);
        return text;
    };
    constexpr std::string_view files = "{certificate: /etc/metka/tls/c.pem, key: /etc/metka/tls/k.pem}";
    const std::vector<Source> most{
        {"/etc/metka/metka.yaml", entries("plans:\n", 200, "{}")},
        {"/etc/metka/metka.d/hosts.yaml", entries("certificates:\n", 1000, files)}};
    const auto all = loaded(most);
    const auto text = render(all.settings, Reader::metkad, 3, all.origins);
    CHECK(loaded({{"metkad.yaml", text}}).settings == all.settings);
    CHECK(problems_of({{"m", entries("plans:\n", 201, "{}")}}) ==
          "m:202:3: plans.h200: there are 201 plans; the most is 200");
    CHECK(problems_of({{"m", entries("certificates:\n", 1001, files)}}) ==
          "m:1002:3: certificates.h1000: there are 1001 certificates of host names; the most is 1000");
}

TEST_CASE("each rendered entry says which key of which file it came from, without the line")
{
    const auto all = loaded(three);
    const auto text = render(all.settings, Reader::metkad, 3, all.origins);
    CHECK(text.contains("  recipients: 200  # smtp.recipients in m.d/20.yaml\n"));
    CHECK(text.contains("  commands: 10000  # default\n"));
    CHECK(text.contains("    capacity: 2G  # plans.firm.capacity in m.d/20.yaml\n"));
    CHECK(text.contains("    disk_limit: 5G  # plans.firm.disk_limit in m.yaml\n"));
    CHECK(text.contains("    grace_days: 7  # plan.grace_days in m.d/10.yaml\n"));
    CHECK(text.contains("    lifetime: 365  # default\n"));
    CHECK(text.contains("  mail.example.org:\n"
                        "    certificate: /a/c  # certificates.mail.example.org.certificate in m.yaml\n"
                        "    key: /b/k  # certificates.mail.example.org.key in m.d/20.yaml\n"));
    CHECK(line_with(render(all.settings, Reader::smtp, 3, all.origins), "recipients") ==
          "  recipients: 200  # smtp.recipients in m.d/20.yaml");
    auto moved = three;
    moved[2].text = "# a comment\n\n" + moved[2].text;
    const auto after = loaded(moved);
    CHECK(render(after.settings, Reader::metkad, 3, after.origins) == text);
}

TEST_CASE("a file with an odd name does no harm in a comment")
{
    const auto all = loaded({{"a\nsmtp: {errors: 5}\n\xFF", "log:\n  level: debug\n"}});
    const auto text = render(all.settings, Reader::smtp, 3, all.origins);
    CHECK(line_with(text, "level") == "  level: debug  # log.level in a\\x0Asmtp: {errors: 5}\\x0A\\xFF");
    CHECK(load(text, "m", Reader::smtp));
}

TEST_CASE("the listing has every key with its value, its default, its origin and its sentence")
{
    const auto all = loaded(three);
    const auto keys = listing(all.settings, all.origins);
    const auto shown = [&](std::string_view key) {
        for (const auto& each : keys)
            if (each.key == key) return each;
        return settings::Shown{};
    };
    std::size_t rows_of_metkad = 0;
    for (const auto& row : settings::rows())
        if (row.knows.has(Reader::metkad)) {
            ++rows_of_metkad;
            CHECK(shown(row.key).sentence == row.sentence);
        }
    CHECK(keys.size() == rows_of_metkad + 2 + 2 * settings::rows_of("plan").size());
    CHECK(shown("smtp.recipients").value == "200");
    CHECK(shown("smtp.recipients").fallback == "1000");
    CHECK(shown("smtp.recipients").origin == "m.d/20.yaml:2");
    CHECK(shown("smtp.listen").value == "[\"[::1]:25\"]");
    CHECK(shown("smtp.commands").origin.empty());
    CHECK(shown("plans.firm.capacity").fallback == "50M");
    CHECK(shown("plans.small.grace_days").value == "7");
    CHECK(shown("certificates.mail.example.org.key").value == "/b/k");
    CHECK(shown("certificates.mail.example.org.key").fallback.empty());
    CHECK(shown("certificates.mail.example.org.key").origin == "m.d/20.yaml:9");
    for (const auto& each : listing(Settings(), {}))
        CHECK(each.value == each.fallback);
}
