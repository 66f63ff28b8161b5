// Two configurations compared: key by key, in words, and as text.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/settings/difference.h"
#include "core/settings/table.h"

using namespace metka;
using settings::Change;
using settings::load;
using settings::Settings;
using settings::Source;

namespace {

Settings loaded(std::string_view yaml)
{
    const Source source{.file = "m", .text = std::string(yaml)};
    auto all = load({&source, 1});
    REQUIRE_MESSAGE(all, show(all.error()));
    return std::move(all->settings);
}

struct Row {
    std::string_view before;
    std::string_view after;
    std::vector<std::string> meaning;
};

std::string numbers(int from, int to)
{
    std::string text;
    for (int i = from; i <= to; ++i)
        text += fmt::format("{}\n", i);
    return text;
}

} // namespace

TEST_CASE("changes are told key by key, with what the file would say before and after")
{
    const auto before = loaded("smtp: {recipients: 500}\nplans: {firm: {capacity: 1G, disk_limit: 5G}}\n"
                               "certificates: {a.example: {certificate: /a, key: /b}}\n");
    const auto after = loaded("smtp: {listen: none}\nstate: {folder: /srv/metka}\n"
                              "plans: {firm: {capacity: 2G, disk_limit: 5G}}\n"
                              "certificates: {b.example: {certificate: /a, key: /b}}\n");
    CHECK(
        changes(before, after) ==
        std::vector<Change>{
            {.key = "state.folder", .before = "/var/lib/metka", .after = "/srv/metka", .needs_restart = true},
            {.key = "smtp.listen", .before = "[\"*:25\"]", .after = "none"},
            {.key = "smtp.recipients", .before = "500", .after = "1000"},
            {.key = "certificates.a.example.certificate", .before = "/a", .after = ""},
            {.key = "certificates.a.example.key", .before = "/b", .after = ""},
            {.key = "certificates.b.example.certificate", .before = "", .after = "/a"},
            {.key = "certificates.b.example.key", .before = "", .after = "/b"},
            {.key = "plans.firm.capacity", .before = "1G", .after = "2G"},
        });
    CHECK(changes(before, before).empty());
    CHECK(meaning(after, after).empty());
}

TEST_CASE("only the state folder, the socket and the users of the programs need a restart")
{
    for (const auto& row : settings::rows()) {
        CAPTURE(row.key);
        const bool fixed =
            row.key == "state.folder" || row.key == "control.socket" || row.section() == "users";
        CHECK((row.changes == settings::Changes::on_restart) == fixed);
    }
}

TEST_CASE("what a change means is said in words, the weightiest first")
{
    const Row table[] = {
        {"", "pop3s: {listen: none}", {"a listener is removed: pop3s *:995; sessions under way finish"}},
        {"",
         "pop3s: {listen: none}\nsubmission: {listen: \"127.0.0.1:587\"}",
         {"2 listeners are removed: submission *:587, pop3s *:995; sessions under way finish",
          "a listener is added: submission 127.0.0.1:587"}},
        {"", "pop3: {listen: \"*:110\"}", {"a listener is added: pop3 *:110"}},
        {"smtp: {listen: [\"*:25\", \"*:26\"]}", "smtp: {listen: [\"*:26\", \"*:25\"]}", {}},
        {"",
         "tls: {certificate: /c, key: /k}",
         {"the certificate of every listener changes: tls.certificate /etc/metka/tls/certificate.pem becomes "
          "/c, tls.key /etc/metka/tls/key.pem becomes /k"}},
        {"",
         "tls: {key: /k}",
         {"the certificate of every listener changes: tls.key /etc/metka/tls/key.pem becomes /k"}},
        {"",
         "certificates: {a.example: {certificate: /c, key: /k}, b.example: {certificate: /c, key: /k}}",
         {"2 certificates of host names are added: a.example, b.example"}},
        {"certificates: {a.example: {certificate: /c, key: /k}, b.example: {certificate: /c, key: /k}}",
         "certificates: {b.example: {certificate: /c, key: /l}}",
         {"the certificate of a host name is removed: a.example; clients that ask for it get that of every "
          "listener",
          "the certificate of a host name changes: b.example"}},
        {"", "smtp: {recipients: 500}", {"smtp.recipients: 1000 becomes 500 (metka-smtp)"}},
        {"", "log: {level: debug}", {"log.level: info becomes debug (every program)"}},
        {"", "dns: {servers: 127.0.0.1:53}", {"dns.servers: none becomes [127.0.0.1:53] (metkad)"}},
        {"",
         "operator: {inbox: a@example.org}",
         {"operator.inbox: none becomes \"a@example.org\" (metka-store, metka-smtp)"}},
        {"plans: {firm: {capacity: 1M}, old: {}}",
         "plans: {firm: {capacity: 2M}, new: {}, newer: {}}",
         {"a plan is removed: old; accounts that have it follow the standard plan",
          "2 plans are added: new, newer", "plans.firm.capacity: 1M becomes 2M"}},
        {"",
         "control: {socket: /s}\nsmtp: {errors: 3}\npop3s: {listen: none}",
         {"a listener is removed: pop3s *:995; sessions under way finish",
          "smtp.errors: 10 becomes 3 (metka-smtp)",
          "control.socket: /run/metka/control.sock becomes /s: takes a restart of metkad"}},
    };
    for (const auto& row : table) {
        CAPTURE(row.after);
        CHECK(meaning(loaded(row.before), loaded(row.after)) == row.meaning);
    }
}

TEST_CASE("a unified diff reads as diff -u writes it")
{
    struct Pair {
        std::string before;
        std::string after;
        std::string_view hunks;
    };
    const Pair table[] = {
        {"a\n", "a\n", ""},
        {"", "a\n", "@@ -0,0 +1 @@\n+a\n"},
        {"a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n"},
        {"a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
        {numbers(1, 9), numbers(1, 8), "@@ -6,4 +6,3 @@\n 6\n 7\n 8\n-9\n"},
        {numbers(1, 9), "0\n" + numbers(1, 9), "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n"},
        // Two changes six lines apart share a hunk; seven lines apart each has its own.
        {numbers(1, 8), numbers(2, 7), "@@ -1,8 +1,6 @@\n-1\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n"},
        {numbers(1, 9), numbers(2, 8), "@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n@@ -6,4 +5,3 @@\n 6\n 7\n 8\n-9\n"},
        // A block that could stand in two places stands in the lower one.
        {"p:\n  c: 1\n\nq:\n", "p:\n  c: 1\n\np:\n  c: 1\n\nq:\n",
         "@@ -1,4 +1,7 @@\n p:\n   c: 1\n \n+p:\n+  c: 1\n+\n q:\n"},
    };
    for (const auto& row : table) {
        CAPTURE(row.before);
        CAPTURE(row.after);
        const auto front = row.hunks.empty() ? "" : "--- old\n+++ new\n";
        CHECK(settings::unified(row.before, row.after, "old", "new") ==
              fmt::format("{}{}", front, row.hunks));
    }
}

TEST_CASE("texts that differ beyond measure are told as one removal and one addition")
{
    const auto before = numbers(1, 5000);
    const auto after = numbers(10001, 15000);
    const auto text = settings::unified("same\n" + before, "same\n" + after, "old", "new");
    CHECK(text.starts_with("--- old\n+++ new\n@@ -1,5001 +1,5001 @@\n same\n-1\n-2\n"));
    CHECK(text.contains("\n-5000\n+10001\n"));
    CHECK(text.ends_with("\n+15000\n"));
}
