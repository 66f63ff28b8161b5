#include <doctest/doctest.h>

#include <span>
#include <string>

#include "core/settings/values.h"

using namespace metka;
using settings::load;
using settings::Reader;
using settings::Settings;

namespace {

struct Refusal {
    std::string_view about;
    std::string_view yaml;
    std::string_view shown; // what the whole list of problems reads
};

std::string problems_of(std::string_view yaml, Reader reader = Reader::metkad)
{
    const auto loaded = load(yaml, "metka.yaml", reader);
    return loaded ? std::string("no problems") : show(loaded.error());
}

const Refusal structure[] = {
    {"unknown key", "smtp:\n  recipient: 5\n",
     "metka.yaml:2:3: smtp.recipient: there is no such setting; the nearest is smtp.recipients"},
    {"unknown key far from all", "smtp:\n  zzzzzzzzzzzzzzzz: 5\n",
     "metka.yaml:2:3: smtp.zzzzzzzzzzzzzzzz: there is no such setting; metka.yaml(5) lists them all"},
    {"unknown section", "smpt:\n  recipients: 500\n",
     "metka.yaml:1:1: smpt: there is no such section; the nearest is smtp"},
    {"a dotted key", "smtp.recipients: 500\n",
     "metka.yaml:1:1: smtp.recipients: write it in two lines: “smtp:”, and below it, indented, “recipients: "
     "…”"},
    {"a word without its section", "recipients: 500\n",
     "metka.yaml:1:1: recipients: it belongs below “smtp:”, indented"},
    {"a section that is a word", "smtp: 25\n",
     "metka.yaml:1:7: smtp: this is a section; its settings stand below it, indented, like “word: value”"},
    {"a key twice", "log:\n  level: info\n  level: debug\n",
     "metka.yaml:3:3: log.level: stands twice, first in line 2; keep one of them"},
    {"a section twice", "log:\n  level: info\nlog:\n  level: debug\n",
     "metka.yaml:3:1: log: stands twice, first in line 1; keep one of them"},
    {"no value", "smtp:\n  recipients:\n",
     "metka.yaml:2:3: smtp.recipients: there is no value; it takes a whole number"},
    {"keys for a value", "smtp:\n  recipients:\n    most: 5\n",
     "metka.yaml:3:5: smtp.recipients: here are further keys; it takes a whole number"},
    {"a list for a value", "smtp:\n  recipients: [100, 200]\n",
     "metka.yaml:2:15: smtp.recipients: this is a list; it takes a whole number"},
    {"a list of lists", "smtp:\n  listen: [[\"*:25\"]]\n",
     "metka.yaml:2:12: smtp.listen: one value is missing or a list; it takes a list of addresses like "
     "[\"*:25\"] or "
     "[\"127.0.0.1:2525\", \"[::1]:2525\"]"},
    {"a word alone", "smtp\n",
     "metka.yaml:1:1: settings are keys and values, like “smtp:” and below it, indented, “recipients: 1000”"},
    {"an engine key", "generation: 5\n",
     "metka.yaml:1:1: generation: this is not for metkad, which takes only what metkad writes for it"},
};

const Refusal values[] = {
    {"too small", "smtp:\n  recipients: 99\n",
     "metka.yaml:2:15: smtp.recipients: “99” is too small; the least is 100 recipients"},
    {"too much", "auth:\n  parallel_hashes: 65\n",
     "metka.yaml:2:20: auth.parallel_hashes: “65” is too much; the most is 64 hashes"},
    {"not a number", "smtp:\n  recipients: many\n",
     "metka.yaml:2:15: smtp.recipients: “many” is not what it takes: a whole number"},
    {"negative", "plan:\n  lifetime: -1\n",
     "metka.yaml:2:13: plan.lifetime: “-1” is not what it takes: a whole number"},
    {"beyond 64 bits", "plan:\n  lifetime: 18446744073709551616\n",
     "metka.yaml:2:13: plan.lifetime: “18446744073709551616” is not what it takes: a whole number"},
    {"a time without unit", "smtp:\n  command_timeout: 300\n",
     "metka.yaml:2:20: smtp.command_timeout: “300” is not what it takes: a time like 30s, 5m, 1h or 2d"},
    {"a time that overflows", "smtp:\n  command_timeout: 18446744073709551615d\n",
     "metka.yaml:2:20: smtp.command_timeout: “18446744073709551615d” is too much; the most is 1h"},
    {"a short time", "pop3:\n  idle_timeout: 999ms\n",
     "metka.yaml:2:17: pop3.idle_timeout: “999ms” is too small; the least is 1s"},
    {"a size", "smtp:\n  message_size: 2 gigs\n",
     "metka.yaml:2:17: smtp.message_size: “2 gigs” is not what it takes: a size like 500M or 2G"},
    {"no bound at all", "smtp:\n  message_size: unlimited\n",
     "metka.yaml:2:17: smtp.message_size: “unlimited” is not what it takes: a size like 500M or 2G"},
    {"a small capacity", "plan:\n  capacity: 512K\n",
     "metka.yaml:2:13: plan.capacity: “512K” is too small; the least is 1M"},
    {"a relative path", "state:\n  folder: var/metka\n",
     "metka.yaml:2:11: state.folder: “var/metka” is not what it takes: an absolute path like /var/lib/metka"},
    {"none where there must be one", "state:\n  folder: none\n",
     "metka.yaml:2:11: state.folder: “none” is not what it takes: an absolute path like /var/lib/metka"},
    {"a user", "users:\n  smtp: Metka SMTP\n",
     "metka.yaml:2:9: users.smtp: “Metka SMTP” is not what it takes: a system name: a-z, 0-9, _ and -, a "
     "letter or _ "
     "first, at most 32 characters"},
    {"a host", "operator:\n  host: mail..example.org\n",
     "metka.yaml:2:9: operator.host: “mail..example.org” is not what it takes: a host name like "
     "mail.example.org"},
    {"an address for a host", "operator:\n  host: 192.0.2.1\n",
     "metka.yaml:2:9: operator.host: “192.0.2.1” is not what it takes: a host name like mail.example.org"},
    {"a domain", "operator:\n  domain: localhost\n",
     "metka.yaml:2:11: operator.domain: “localhost” is not a domain name: it needs at least two parts, like "
     "example.org"},
    {"a zone twice", "operator:\n  local_zones:\n    - lublin.pl\n    - LUBLIN.pl\n",
     "metka.yaml:4:7: operator.local_zones: lublin.pl is in the list already"},
    {"a time zone", "operator:\n  time_zone: ../../etc/passwd\n",
     "metka.yaml:2:14: operator.time_zone: “../../etc/passwd” is not what it takes: a time zone like "
     "Europe/Warsaw"},
    {"a level", "log:\n  level: loud\n",
     "metka.yaml:2:10: log.level: “loud” is not what it takes: error, warning, info or debug"},
    {"no port", "smtp:\n  listen: 127.0.0.1\n",
     "metka.yaml:2:11: smtp.listen: “127.0.0.1” has no port of 1 to 65535; write it like \"*:25\" or "
     "\"127.0.0.1:2525\""},
    {"port 0", "smtp:\n  listen: [\"*:25\", \"127.0.0.1:0\"]\n",
     "metka.yaml:2:20: smtp.listen: “127.0.0.1:0” has no port of 1 to 65535; write it like \"*:25\" or "
     "\"127.0.0.1:2525\""},
    {"a name to listen on", "smtp:\n  listen: localhost:25\n",
     "metka.yaml:2:11: smtp.listen: “localhost:25” does not begin with an IP address; write it like "
     "\"127.0.0.1:25\", "
     "\"[::1]:25\" or \"*:25\""},
    {"control characters", "operator:\n  host: \"a\\x07b\"\n",
     "metka.yaml:2:9: operator.host: “a\\x07b” is not what it takes: a host name like mail.example.org"},
};

const Refusal yaml_beyond_us[] = {
    {"a plain *", "smtp:\n  listen: *:25\n",
     "metka.yaml:2:11: a plain * begins an alias, which settings do not have; put the value in quotes, like "
     "\"*:25\""},
    {"an alias in a list", "smtp:\n  listen: [*:25]\n",
     "metka.yaml:2:12: a plain * begins an alias, which settings do not have; put the value in quotes, like "
     "\"*:25\""},
    {"an anchor", "log: &log\n  level: info\n",
     "metka.yaml:1:6: settings have no anchors; leave out the word that begins with &"},
    {"an alias", "smtp:\n  errors: &n 10\n  commands: *n\n",
     "metka.yaml:2:11: settings have no anchors; leave out the word that begins with &"},
    {"a tag", "log:\n  level: !!str info\n",
     "metka.yaml:2:10: settings have no tags; leave out the word that begins with !"},
    {"a second document", "log:\n  level: info\n---\nlog:\n  level: debug\n",
     "metka.yaml:3:1: a second document begins here; settings are one document"},
    {"an unquoted IPv6 address", "smtp:\n  listen: [::1]:25\n",
     "metka.yaml:2:16: not YAML: end of map not found; a value that begins with [ or * or contains “: ” goes "
     "in quotes"},
    {"a tab for a blank", "log:\n\tlevel: info\n", "metka.yaml:2:1: indented with a tab; YAML wants blanks"},
    {"a list as key", "[a]: b\n", "metka.yaml:1:1: a key is missing here, or is not a word"},
    {"a byte that is no text", "log:\n  level: \xFF\n", "metka.yaml:2:1: this line is not UTF-8 text"},
    {"a control character",
     "log:\n  level: in\x1B"
     "fo\n",
     "metka.yaml:2:12: a control character"},
};

void check_table(std::span<const Refusal> table)
{
    for (const auto& row : table) {
        CAPTURE(row.about);
        CHECK(problems_of(row.yaml) == row.shown);
    }
}

} // namespace

TEST_CASE("a file of the wrong structure is refused where it is wrong")
{
    check_table(structure);
}

TEST_CASE("a wrong value is refused with what would be right")
{
    check_table(values);
}

TEST_CASE("YAML beyond what settings need is refused")
{
    check_table(yaml_beyond_us);
}

TEST_CASE("all problems of a file are told at once")
{
    CHECK(problems_of("smtp:\n  recipients: 1\n  lisen: none\nlog:\n  level: loud\n") ==
          "metka.yaml:2:15: smtp.recipients: “1” is too small; the least is 100 recipients\n"
          "metka.yaml:3:3: smtp.lisen: there is no such setting; the nearest is smtp.listen\n"
          "metka.yaml:5:10: log.level: “loud” is not what it takes: error, warning, info or debug");
}

TEST_CASE("a file too large, too deep or too full is refused")
{
    CHECK(problems_of(std::string((1 << 20) + 1, '#')) == "metka.yaml:1:1: larger than 1024 KiB");
    CHECK(problems_of("a: " + std::string(600, '[')).contains("nested deeper than 16 levels"));
    std::string many;
    for (int i = 0; i < 10'000; ++i)
        many += "k" + std::to_string(i) + ": v\n";
    CHECK(problems_of(many).contains("more than 20000 values"));
}

TEST_CASE("an empty file, an empty section and comments mean the defaults")
{
    for (const auto* yaml : {"", "---\n", "# nothing\n", "smtp:\nlog:\n  # level: debug\n", "smtp: {}\n"}) {
        CAPTURE(yaml);
        const auto loaded = load(yaml, "metka.yaml", Reader::metkad);
        REQUIRE(loaded);
        CHECK(*loaded == Settings());
    }
}

TEST_CASE("values are read with their units")
{
    const auto loaded = load("smtp:\n  listen: [127.0.0.1:2525, \"[::1]:2525\"]\n  message_size: 3GiB\n"
                             "  command_timeout: 250s\nsubmission: {listen: none}\npop3s: {listen: []}\n"
                             "submissions: {listen: \"*:4650\"}\n"
                             "plan: {capacity: unlimited, disk_limit: unlimited, lifetime: 0}\n"
                             "operator: {host: Mail.Example.ORG, domain: żółw.example, local_zones: none}\n"
                             "log: {level: \"debug\"}\n",
                             "metka.yaml", Reader::metkad);
    REQUIRE_MESSAGE(loaded, show(loaded.error()));
    REQUIRE(loaded->smtp_listen.size() == 2);
    CHECK(loaded->smtp_listen[0] == settings::ListenAddress{"127.0.0.1", 2525});
    CHECK(loaded->smtp_listen[1] == settings::ListenAddress{"::1", 2525});
    CHECK(loaded->smtp_message_size == 3_GiB);
    CHECK(loaded->smtp_command_timeout == std::chrono::seconds(250));
    CHECK(loaded->submission_listen.empty());
    CHECK(loaded->pop3s_listen.empty());
    CHECK(loaded->submissions_listen[0].text() == "*:4650");
    CHECK(!loaded->plan_capacity);
    CHECK(loaded->operator_host == "mail.example.org");
    CHECK(loaded->operator_domain->show() == "żółw.example");
    CHECK(loaded->operator_local_zones.empty());
    CHECK(loaded->log_level == settings::LogLevel::debug);
}

TEST_CASE("an engine file takes its own program's keys and no others")
{
    CHECK(problems_of("generation: 3\nsmtp:\n  errors: 3\n", Reader::smtp) == "no problems");
    CHECK(problems_of("smtp:\n  errors: 3\n", Reader::store) ==
          "metka.yaml:2:3: smtp.errors: this is not for metka-store, which takes only what metkad writes for "
          "it");
    CHECK(problems_of("tls:\n  key: /etc/key.pem\n", Reader::smtp)
              .contains("tls.key: this is not for metka-smtp"));
}
