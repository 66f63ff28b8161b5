#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/base/text.h"
#include "core/settings/values.h"

using namespace metka;
using settings::load;
using settings::Reader;
using settings::Settings;

namespace {

constexpr Reader readers[] = {Reader::metkad, Reader::store, Reader::smtp, Reader::access, Reader::auth};

// Every key away from its default, as far as it can be.
Settings unusual()
{
    const auto loaded = load(
        "state: {folder: \"/tmp/a \\\"b\\\" #c\", generations: 5}\n"
        "control: {socket: /tmp/s, admin_group: wheel}\n"
        "operator: {host: a-b.example, domain: example.org, inbox: op@example.org, local_zones: "
        "[example.pl], time_zone: "
        "Etc/GMT+1, language: en}\n"
        "accounts: {maildir_link: no, home_folder: /srv/home}\n"
        "dns: {servers: [\"[::1]:53\", 127.0.0.1:5353]}\n"
        "users: {store: a, smtp: b, access: c, auth: \"null\", errand: d, resolver: e, directory_group: "
        "\"none\"}\n"
        "tls: {certificate: /c, key: /k}\n"
        "smtp: {listen: [\"[::1]:25\", 127.0.0.1:26], message_size: 65537, recipients: 101, errors: 1,\n"
        "  commands: 100, command_timeout: 1001ms, data_timeout: 90s, transfer_timeout: 1d,\n"
        "  slowest_rate: 1, connections: 7, connections_per_address: 7, connections_per_network: 7,\n"
        "  connections_per_minute: 2, limit_loopback: yes}\n"
        "submission: {listen: none}\nsubmissions: {listen: \"*:9465\"}\npop3s: {listen: [\"*:1\", \"*:2\"]}\n"
        "pop3: {listen: \"*:110\", idle_timeout: 11m, login_timeout: 2m, login_delay: 90s, connections: 9, "
        "connections_per_address: 8,\n"
        "  connections_per_network: 9, connections_per_minute: 3, limit_loopback: yes}\n"
        "auth: {parallel_hashes: 64, guesses_per_address: 2, guesses_per_network: 3, guesses_per_account: "
        "4}\n"
        "log: {level: error}\n"
        "plan: {disk_limit: unlimited, capacity: 1025M, lifetime: 0, \n"
        "  free_mailboxes_per_shell: 6, free_mailboxes_per_domain: 7,\n"
        "  self_service_aliases: 8, notice_days: none, grace_days: 0, quarantine_days: 1,\n"
        "  messages_per_hour: 0, messages_per_day: 2000}\n"
        "plans: {big: {disk_limit: 10G, notice_days: \"60,14\", messages_per_hour: 9}, small: {}}\n",
        "unusual.yaml", Reader::metkad);
    REQUIRE_MESSAGE(loaded, show(loaded.error()));
    return *loaded;
}

// What a program of the engine is told of the plans: metka-auth how much may be sent, the others nothing.
std::vector<settings::Plan> plans_for(Reader reader, const Settings& settings)
{
    if (reader == Reader::metkad) return settings.plans;
    if (reader != Reader::auth) return {};
    std::vector<settings::Plan> plans;
    for (const auto& plan : settings.plans) {
        plans.push_back(Settings().standard());
        plans.back().name = plan.name;
        plans.back().messages_per_hour = plan.messages_per_hour;
        plans.back().messages_per_day = plan.messages_per_day;
    }
    return plans;
}

} // namespace

TEST_CASE("every default is of its kind and within its bounds")
{
    for (const auto& row : settings::rows()) {
        CAPTURE(row.key);
        Settings settings;
        if (row.fallback == "none") {
            CHECK(row.none == settings::None::allowed);
            CHECK(words_of(settings, row).empty());
            continue;
        }
        clear(settings, row);
        for (const auto word : split(row.fallback, ' '))
            CHECK(take(settings, row, word));
        CHECK(settings == Settings());
        std::string joined;
        for (const auto& word : words_of(settings, row))
            joined += (joined.empty() ? "" : " ") + word;
        CHECK(joined == row.fallback); // so that the sample, `render` and the manual say the same
    }
}

TEST_CASE("every row is whole: a unique key in a known section, a sentence, a reader, readable bounds")
{
    std::set<std::string_view> keys;
    for (const auto& row : settings::rows()) {
        CAPTURE(row.key);
        CHECK(keys.insert(row.key).second);
        const bool known = std::ranges::find(settings::sections(), row.section(), &settings::Section::name) !=
                           settings::sections().end();
        CHECK((known || row.key == "generation"));
        CHECK(!row.sentence.empty());
        CHECK(!row.sentence.ends_with('.'));
        CHECK(row.knows.bits != 0);
        Settings settings;
        for (const auto bound : {row.least, row.most})
            if (!bound.empty()) CHECK(take(settings, row, bound));
    }
    CHECK(keys.size() == settings::rows().size());
}

TEST_CASE("every kind stands in its own row")
{
    for (int i = 0; i < static_cast<int>(settings::Kind::count_); ++i)
        CHECK(settings::row_of(static_cast<settings::Kind>(i)).kind == static_cast<settings::Kind>(i));
}

TEST_CASE("what is rendered for a program reads back to the same values")
{
    for (const auto& original : {Settings(), unusual()}) {
        for (const auto reader : readers) {
            const auto text = render(original, reader, 41);
            CAPTURE(text);
            const auto again = load(text, "engine.yaml", reader);
            REQUIRE_MESSAGE(again, show(again.error()));
            CHECK(render(*again, reader, 41) == text);
            CHECK(again->generation == (reader == Reader::metkad ? 0 : 41));
            CHECK(again->plans == plans_for(reader, original));
            for (const auto& row : settings::rows())
                if (row.knows.has(reader) && row.key != "generation")
                    CHECK(words_of(*again, row) == words_of(original, row));
        }
    }
}

TEST_CASE("the unusual settings differ from the defaults in every key")
{
    const auto settings = unusual();
    for (const auto& row : settings::rows()) {
        CAPTURE(row.key);
        if (row.key != "generation") CHECK(words_of(settings, row) != words_of(Settings(), row));
    }
}

TEST_CASE("a rendered value says where it comes from")
{
    auto settings = Settings();
    settings.smtp_errors = 3;
    const auto text = render(settings, Reader::smtp, 7);
    CHECK(text.contains("generation: 7\n"));
    CHECK(text.contains("  errors: 3  # set by metkad\n"));
    CHECK(text.contains("  commands: 10000  # default\n"));
    CHECK(!text.contains("listen"));
}

TEST_CASE("no program but metkad learns where the key is")
{
    for (const auto reader : readers)
        if (reader != Reader::metkad) CHECK(!render(Settings(), reader, 1).contains("key.pem"));
}

TEST_CASE("settings that contradict each other are refused at the key that can be changed")
{
    struct Contradiction {
        const char* yaml;
        const char* shown;
    };
    const Contradiction table[] = {
        {"smtp:\n  listen: \"*:2525\"\npop3s:\n  listen: 127.0.0.1:2525\n",
         "m:4:11: pop3s.listen: 127.0.0.1:2525 cannot be had beside *:2525 of smtp.listen; give one of them "
         "another port"},
        {"smtp:\n  listen: [\"*:465\"]\n", "m: submissions.listen: *:465 cannot be had beside *:465 of "
                                           "smtp.listen; give one of them another port"},
        {"tls:\n  key: none\n",
         "m:2:8: tls.key: a certificate and its key go together; set both, or both to none"},
        {"tls: {certificate: none, key: none}\nsubmission: {listen: none}\nsubmissions: {listen: none}\n",
         "m: pop3s.listen: this service needs tls.certificate and tls.key; set them, or this to none"},
        {"pop3:\n  listen: \"*:995\"\n", "m:2:11: pop3.listen: *:995 cannot be had beside *:995 of "
                                         "pop3s.listen; give one of them another port"},
        {"tls: {certificate: none, key: none}\nsubmission: {listen: none}\nsubmissions: {listen: none}\n"
         "pop3s: {listen: none}\npop3: {listen: \"*:110\"}\n",
         "m:5:16: pop3.listen: this service needs tls.certificate and tls.key; set them, or this to none"},
        {"smtp:\n  connections: 20\n",
         "m: smtp.connections_per_address: 50 is more than 20 of smtp.connections; lower it, or raise that"},
        {"smtp:\n  data_timeout: 10m\n  transfer_timeout: 5m\n",
         "m:2:17: smtp.data_timeout: 10m is more than 5m of smtp.transfer_timeout; lower it, or raise that"},
        {"plan:\n  capacity: 1G\n",
         "m:2:13: plan.capacity: 1G is more than 500M of plan.disk_limit; lower it, or raise that"},
    };
    for (const auto& row : table) {
        CAPTURE(row.yaml);
        const auto loaded = load(row.yaml, "m", Reader::metkad);
        REQUIRE(!loaded);
        CHECK(show(loaded.error()) == row.shown);
    }
}

TEST_CASE("two addresses may share a port, and the defaults contradict nothing")
{
    CHECK(load("smtp:\n  listen: [127.0.0.1:25, 127.0.0.2:25, \"[::1]:25\"]\n", "m", Reader::metkad));
    CHECK(check(Settings()).empty());
}

TEST_CASE("a listen address is an IP address or *, and a port")
{
    struct Row {
        const char* text;
        bool good;
    };
    const Row table[] = {
        {"127.0.0.1:2525", true},
        {"[::1]:25", true},
        {"*:25", true},
        {"[2001:db8::25]:65535", true},
        {"127.0.0.1", false},
        {"127.0.0.1:", false},
        {"127.0.0.1:0", false},
        {"127.0.0.1:65536", false},
        {"::1:25", false},
        {"[::1]", false},
        {"[127.0.0.1]:25", false},
        {"[*]:25", false},
        {":25", false},
        {"", false},
        {"127.0.0.1:+25", false},
        {"127.0.0.1: 25", false},
        {"127.1:25", false},
        {"host.example:25", false},
        {"[::1%lo]:25", false},
        {"*:25:25", false},
    };
    for (const auto& row : table) {
        CAPTURE(row.text);
        const auto address = settings::ListenAddress::parse(row.text);
        CHECK(address.has_value() == row.good);
        if (address) CHECK(address->text() == row.text);
    }
    CHECK(!settings::ListenAddress::parse(std::string_view("127.0.0.1\0x:25", 14)));
}
