#include "daemon/auth/shadow.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "daemon/auth/kept_hash.h"
#include "daemon/auth/password.h"
#include "tests/unit/directory/folder.h"

using namespace metka;
using namespace metka::auth;

namespace {

constexpr std::int64_t today = 20'000;
const Instant noon = from_unix_ms((today * 24 + 12) * 3'600'000);

constexpr std::string_view passwd = "root:x:0:0:root:/root:/bin/bash\n"
                                    "anna:x:1001:1001:Anna,,,:/h/anna:/bin/bash\n"
                                    "annabella:x:1002:1002::/h/annabella:/bin/bash\n"
                                    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
                                    "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n"
                                    "ewa:x:1003:1003::/h/ewa:/bin/bash";

} // namespace

TEST_CASE("a line of shadow is found by the whole name, and read whole or not at all")
{
    const std::string_view shadow =
        "annabella:$6$b:1:0:99999:7:::\nanna:$y$a:19000:0:90:7:14:21000:\nbad:$6$x:1:0:ten:7:::\n"
        "short:$6$x:1\nlong:$6$x:1:0:1:7::::\nlast:*:::::::";
    const auto anna = find_shadow(shadow, "anna");
    REQUIRE(anna);
    CHECK(anna->line == "anna:$y$a:19000:0:90:7:14:21000:");
    CHECK(anna->hash == "$y$a");
    CHECK(anna->last_change == 19'000);
    CHECK(anna->most_days == 90);
    CHECK(anna->inactive == 14);
    CHECK(anna->expires == 21'000);
    CHECK(find_shadow(shadow, "annabella")->hash == "$6$b");
    CHECK(find_shadow(shadow, "last")->hash == "*");
    for (const auto* none : {"", "ann", "anna:$y$a", "bad", "short", "long", "x\nanna", "nobody"}) {
        CAPTURE(none);
        CHECK_FALSE(find_shadow(shadow, none));
    }
    CHECK(find_uid(passwd, "anna") == 1001);
    CHECK(find_uid(passwd, "ewa") == 1003);
    CHECK_FALSE(find_uid(passwd, "ann"));
    CHECK_FALSE(find_uid("anna:x:-1:1:::", "anna"));
    CHECK_FALSE(find_uid("anna:x:4294967295:1:::", "anna"));
}

TEST_CASE("a line of shadow cut anywhere gives no entry, or the whole one")
{
    const std::string line = "anna:$y$a:19000:0:90:7:14:21000:";
    for (std::size_t cut = 0; cut < line.size(); ++cut)
        CHECK_FALSE(find_shadow(line.substr(0, cut), "anna"));
    CHECK(find_shadow(line, "anna"));
}

TEST_CASE("a locked, closed or outdated entry opens nothing")
{
    struct Row {
        std::string_view fields; // from the hash on
        bool open;
    };
    const std::vector<Row> rows{
        {"$y$h:19000:0:99999:7:::", true},
        {"$y$h:19000:0:99999:7::20001:", true},
        {"$y$h:19000:0:99999:7::20000:", false}, // closed from that day on
        {"$y$h:19000:0:99999:7::0:", false},
        {"$y$h:0:0:99999:7:::", false},    // to be changed at the next log-in
        {"$y$h:::::::", true},             // no ageing
        {"$y$h:19900:0:50:7:49::", false}, // 19,999 was the last day
        {"$y$h:19900:0:50:7:50::", true},  // today is
        {"$y$h:19900:0:50:7:::", true},    // old, and nobody says until when
        {"$y$h:19900:0::7:0::", true},
        {"$y$h:19000:0:-1:7:-1:-1:", true},
        {"!$y$h:19000:0:99999:7:::", false},
        {"!:19000:0:99999:7:::", false},
        {"!!:19000:0:99999:7:::", false},
        {"*:19000:0:99999:7:::", true}, // no password: app passwords, and keys elsewhere
        {"*:19000:0:99999:7::20000:", false},
        {"*LK*:19000:0:99999:7:::", false},
        {":19000:0:99999:7:::", false}, // no password at all
    };
    for (const auto& row : rows) {
        CAPTURE(row.fields);
        const auto entry = find_shadow("anna:" + std::string(row.fields), "anna");
        REQUIRE(entry);
        CHECK(is_open(*entry, today) == row.open);
    }
}

TEST_CASE("only a person whose stored uid is the one of today has a Unix password")
{
    TestFolder folder;
    std::ofstream(folder.file("passwd")) << passwd;
    {
        std::ofstream shadow(folder.file("shadow"));
        for (const auto* name : {"root", "anna", "daemon", "nobody", "ghost"})
            shadow << name << ":$y$h:19000:0:99999:7:::\n";
    }
    const auto users = open_unix_users(folder.file(""));
    REQUIRE(users);
    CHECK(users->find("anna", 1001, noon).value()->hash == "$y$h");
    CHECK_FALSE(users->find("anna", 1002, noon).value());
    CHECK_FALSE(users->find("root", 0, noon).value());
    CHECK_FALSE(users->find("daemon", 1, noon).value());
    CHECK_FALSE(users->find("nobody", 65534, noon).value());
    CHECK_FALSE(users->find("ghost", 1009, noon).value());
    CHECK_FALSE(users->find("ewa", 1003, noon).value()); // in passwd alone

    std::ofstream(folder.file("shadow")) << "anna:!$y$h:19000:0:99999:7:::\n";
    CHECK_FALSE(users->find("anna", 1001, noon).value());
    CHECK_FALSE(open_unix_users(folder.file("nowhere")));
}

TEST_CASE("hashes are taken from elsewhere if they are strong, whole and not too costly")
{
    const std::string sha =
        "$6$qb7r0Om9qQQ9ytpt$mauGURleypmahusksP.8a6qiS/t2phDZzzfeX.PYQlMQh0mBkpPRNUvXMy8VbUD3pwEKZYCn"
        "nSg8XA/v3.hcY1";
    const auto rounds = [&](std::string_view number) {
        return "$6$rounds=" + std::string(number) + sha.substr(2);
    };
    struct Row {
        std::string hash;
        bool taken;
    };
    const std::vector<Row> rows{
        {sha, true},
        {rounds("100000"), true},
        {rounds("999999999"), false},
        {sha.substr(0, sha.size() - 1), false},
        {"$5$i4hn23xrDVvYijJD$4BfaQfrO9x.QdRJg4hC4ryzgduvLy1VujaOyoNByMDD", true},
        {"$2b$12$Z.t8VTxbm2TmkbE2sHfCZ.3PXg3Hbo68dAt/8U2yaE3cuVdur8ESK", true},
        {"$2b$31$Z.t8VTxbm2TmkbE2sHfCZ.3PXg3Hbo68dAt/8U2yaE3cuVdur8ESK", false},
        {"$y$j9T$Fyyc6HZrJWp5LFXavjGuw0$y4kE/QwaFKUQxvIVb/AAi6y6hBheqMfMOC/R6ZfJws2", true},
        {"$y$jFT$Fyyc6HZrJWp5LFXavjGuw0$y4kE/QwaFKUQxvIVb/AAi6y6hBheqMfMOC/R6ZfJws2", false},
        {"$gy$j9T$d.J0SXSepJZQtuZtEBXce1$pSrn2Xpqc0jSb5LrMU/LHc.LBMZjH/GuyUtRSggEIaD", true},
        {"$1$abcdefgh$0000000000000000000000", false},
        {"abJnggxhB/yWI", false},
        {"secret", false},
        {"", false},
        {"!" + sha, false},
        {sha + "\nroot:x", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.hash);
        CHECK(check_hash(row.hash).has_value() == row.taken);
    }
    CHECK(check_hash(Hasher::make().value()->dummy()).has_value()); // what we make ourselves
    CHECK_FALSE(Hasher::knows("*"));
    CHECK(Hasher::knows(sha));
}
