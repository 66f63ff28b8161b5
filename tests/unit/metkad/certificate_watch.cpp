#include "daemon/metkad/configuration/certificate_watch.h"

#include <asio/co_spawn.hpp>
#include <asio/use_future.hpp>

#include "tests/unit/metkad/certificate_files.h"
#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;
using namespace std::chrono_literals;
using maildir::Notice;
using std::chrono::days;

namespace {

using Steady = CertificateWatch::Steady;

constexpr auto operator_address = "poczta@moja-firma.lublin.pl";
constexpr int until_office = 68; // days from new year to the office's 10 March

// A watch over two certificates, and a steady clock that the test moves.
struct Watched {
    explicit Watched(int days_left = 200)
    {
        office.settle();
        office.settings.operator_inbox = address(operator_address);
        folder.put("all", certificate_for("mail.example", until_office + 1000));
        folder.put("firma", certificate_for("mail.firma.example", until_office + days_left));
        folder.serve(office.settings, "all");
        folder.serve(office.settings, "firma", "mail.firma.example");
        begin();
    }
    void begin()
    {
        auto certificates = read_certificates(office.settings);
        if (!certificates) FAIL(certificates.error().text);
        watch.use(office.settings, std::move(certificates->inventory));
    }
    void add_operator()
    {
        office.done("mailbox.add",
                    fmt::format(R"({{"address":"{}","customer":"firma","password":"x"}})", operator_address));
    }
    void step(std::chrono::seconds later = 5s)
    {
        steady += later;
        asio::co_spawn(office.loop, watch.step(steady), [](const std::exception_ptr& thrown) {
            if (thrown) std::rethrow_exception(thrown);
        });
        office.loop.restart();
        office.loop.run();
    }
    asio::awaitable<Result<void>> take(Certificates fresh)
    {
        if (programs_refuse) co_return fail(Fault::unavailable, "metka-smtp did not answer within 8 s");
        taken.push_back(std::move(fresh));
        co_return Result<void>();
    }
    Result<void> look_now()
    {
        auto looked = asio::co_spawn(office.loop, watch.look_now(steady), asio::use_future);
        office.loop.restart();
        office.loop.run();
        return looked.get();
    }
    std::vector<std::string> told() const
    {
        std::vector<std::string> list;
        for (const auto& each : office.trees.told)
            if (each.notice == Notice::certificate)
                list.push_back(fmt::format("{} {}", each.about, each.days));
        return list;
    }
    std::string problem() const
    {
        std::string all;
        for (const auto& each : watch.problems())
            all += each + "\n";
        return all;
    }
    bool says(std::string_view what) const { return problem().find(what) != std::string::npos; }

    TestOffice office;
    CertificateFolder folder;
    std::vector<Certificates> taken;
    bool programs_refuse = false;
    Steady::time_point steady{};
    CertificateWatch watch{office.loop.get_executor(),
                           {.registry = office.registry, .trees = office.trees, .clock = office.clock},
                           [this](Certificates fresh) { return take(std::move(fresh)); }};
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("a new certificate is taken into use at the next look, once")
{
    Watched scene;
    scene.step();
    CHECK(scene.taken.empty());
    scene.folder.put("firma", certificate_for("mail.firma.example", 700));
    scene.step();
    REQUIRE(scene.taken.size() == 1);
    CHECK(scene.taken[0].memory);
    CHECK(scene.watch.rows()[1].not_after == new_year + days(700));
    scene.step();
    CHECK(scene.taken.size() == 1);
}

TEST_CASE("a link that is swapped is a change, and a file that is only touched is none")
{
    Watched scene;
    namespace files = std::filesystem;
    scene.folder.put("new", certificate_for("mail.firma.example", 700));
    for (const auto* const end : {".crt", ".key"}) {
        files::remove(scene.folder.path(std::string("firma") + end));
        files::create_symlink(std::string("new") + end, scene.folder.path(std::string("firma") + end));
    }
    scene.step();
    CHECK(scene.taken.size() == 1);
    files::last_write_time(scene.folder.path("new.crt"), files::file_time_type::clock::now() + 1h);
    scene.step();
    scene.step();
    CHECK(scene.taken.size() == 1);
}

TEST_CASE("half a replacement keeps the old certificate in use until the other half is there")
{
    Watched scene;
    const auto fresh = certificate_for("mail.firma.example", 700);
    scene.folder.put("firma.crt", fresh.chain_pem);
    for (int looks = 0; looks < 6; ++looks)
        scene.step(); // 25 s after the first
    CHECK(scene.taken.empty());
    CHECK(scene.problem().empty());
    scene.folder.put("firma.key", fresh.key_pem);
    scene.step();
    CHECK(scene.taken.size() == 1);
    CHECK(scene.watch.rows()[1].not_after == new_year + days(700));
}

TEST_CASE("files that stay unusable for half a minute are a problem until they are mended")
{
    Watched scene;
    const auto fresh = certificate_for("mail.firma.example", 700);
    scene.folder.put("firma.crt", fresh.chain_pem);
    for (int looks = 0; looks < 7; ++looks)
        scene.step();
    CHECK(scene.says("certificates.mail.firma.example.key: " + scene.folder.path("firma.key")));
    CHECK(scene.says("the key does not belong"));
    CHECK(scene.taken.empty());
    CHECK(scene.watch.rows()[1].not_after == new_year + days(until_office + 200));
    scene.folder.put("firma.key", fresh.key_pem);
    scene.step();
    CHECK(scene.problem().empty());
    CHECK(scene.taken.size() == 1);
}

TEST_CASE("the old files put back end the trouble, though nothing is new")
{
    Watched scene;
    namespace files = std::filesystem;
    files::rename(scene.folder.path("firma.key"), scene.folder.path("away"));
    for (int looks = 0; looks < 8; ++looks)
        scene.step();
    CHECK(scene.says("firma.key is not there"));
    files::rename(scene.folder.path("away"), scene.folder.path("firma.key"));
    scene.step();
    CHECK(scene.problem().empty());
    CHECK(scene.taken.empty());
}

TEST_CASE("what the programs did not take is not in use, and is handed to them again at the next look")
{
    Watched scene;
    const auto before = scene.watch.rows().front().not_after;
    scene.programs_refuse = true;
    scene.folder.put("all", certificate_for("mail.example", 700));
    scene.step();
    CHECK(scene.watch.rows().front().not_after == before);
    for (int look = 0; look < 7; ++look)
        scene.step();
    CHECK(scene.says("metka-smtp did not answer"));
    scene.programs_refuse = false;
    scene.step();
    CHECK(scene.taken.size() == 1);
    CHECK(scene.watch.rows().front().not_after != before);
    CHECK_FALSE(scene.says("metka-smtp did not answer"));
}

TEST_CASE("nothing is looked at while a switch exchanges certificates")
{
    Watched scene;
    scene.folder.put("all", certificate_for("mail.example", 700));
    {
        const CertificateWatch::Hold hold(scene.watch);
        scene.step();
        CHECK(scene.taken.empty());
    }
    scene.step();
    CHECK(scene.taken.size() == 1);
}

TEST_CASE("a reload looks at once and says what is wrong")
{
    Watched scene;
    CHECK(scene.look_now());
    CHECK(scene.taken.empty());
    scene.folder.put("all.key", "nothing");
    const auto looked = scene.look_now();
    REQUIRE_FALSE(looked);
    CHECK(looked.error().field == "tls.key");
    scene.folder.put("all", certificate_for("mail.example", 700));
    CHECK(scene.look_now());
    CHECK(scene.taken.size() == 1);
}

TEST_CASE("a certificate's notice is due 21 and 7 days before its end, and when it has ended")
{
    struct Row {
        std::int64_t left;
        bool is_over;
        std::optional<std::uint16_t> due;
    };
    for (const auto& [left, is_over, due] :
         {Row{400, false, {}}, Row{22, false, {}}, Row{21, false, 21}, Row{8, false, 21}, Row{7, false, 7},
          Row{1, false, 7}, Row{0, false, 7}, Row{0, true, 0}, Row{-1, true, 0}, Row{-900, true, 0}}) {
        CAPTURE(left);
        const Date last(std::chrono::year(2026) / 12 / 1);
        CHECK(certificate_notice_due({.last = last, .left = left, .is_over = is_over}) == due);
    }
}

TEST_CASE("the days of a certificate are those of the operator's calendar")
{
    const CertificateRow row{.host = "mail.example",
                             .file = {},
                             .names = {},
                             .not_before = new_year,
                             .not_after =
                                 std::chrono::sys_days(std::chrono::year(2026) / 3 / 19) + 23h + 30min,
                             .problem = {}};
    const Instant now = std::chrono::sys_days(std::chrono::year(2026) / 3 / 10) + 22h;
    const auto in_warsaw = end_of(row, now, "Europe/Warsaw");
    REQUIRE(in_warsaw);
    CHECK(in_warsaw->last.text() == "2026-03-20"); // 00:30 there
    CHECK(in_warsaw->left == 10);
    CHECK(
        expiry_problem(row, *in_warsaw) ==
        "the certificate of mail.example ends on 2026-03-20, in 10 days; renew it, Metka takes the new file "
        "by itself");
    CHECK(end_of(row, now, "UTC")->left == 9);
    const auto after = end_of(row, row.not_after + 24h, "Europe/Warsaw");
    CHECK(expiry_problem(row, *after).find("ended on 2026-03-20, 1 day ago") != std::string::npos);
    CHECK_FALSE(end_of(row, row.not_after, "UTC")->is_over);
    CHECK(expiry_problem(row, *end_of(row, row.not_after, "UTC")).find("ends on 2026-03-19, today") !=
          std::string::npos);
    CHECK(too_early_problem(row, new_year - 1h, "UTC").find("not valid before 2026-01-01") !=
          std::string::npos);
}

TEST_CASE("the operator is told once for each threshold, and anew of a renewed certificate")
{
    Watched scene(22);
    scene.add_operator();
    scene.step();
    CHECK(scene.told().empty());
    Texts expected;
    const auto end = Date(std::chrono::year(2026) / 3 / 10).plus_days(22).text();
    for (const auto& [after, due] : {std::pair{days(1), 21}, {days(14), 7}, {days(8), 0}}) {
        scene.office.pass(after);
        scene.step(3600s);
        scene.step(3600s);
        expected.push_back(fmt::format("{} mail.firma.example {}", end, due));
        CHECK(scene.told() == expected);
    }
    CHECK(scene.says("the certificate of mail.firma.example ended on " + end));
    scene.folder.put("firma", certificate_for("mail.firma.example", until_office + 23 + 5));
    scene.step(); // not only after the hour
    expected.push_back(
        fmt::format("{} mail.firma.example 7", Date(std::chrono::year(2026) / 3 / 10).plus_days(28).text()));
    CHECK(scene.told() == expected);
}

TEST_CASE("while there is no inbox to tell, the status says so, and it is tried again")
{
    Watched scene(5);
    scene.step();
    CHECK(scene.says("operator.inbox is poczta@moja-firma.lublin.pl, and there is no such mailbox"));
    scene.add_operator();
    scene.step(30s);
    CHECK(scene.told().empty());
    scene.step(30s);
    CHECK(scene.told().size() == 1);
    CHECK_FALSE(scene.says("there is no such mailbox"));
    CHECK(scene.watch.rows()[1].problem.find("in 5 days") != std::string::npos);
    CHECK(scene.watch.rows()[0].problem.empty());
}

TEST_CASE("a store that is away hears of it later")
{
    Watched scene(5);
    scene.add_operator();
    scene.office.troubles.fails_at = scene.office.troubles.calls();
    scene.step();
    CHECK(scene.told().empty());
    CHECK(scene.says("the operator could not be told of the certificate of mail.firma.example"));
    scene.step(60s);
    CHECK(scene.told().size() == 1);
}

TEST_CASE("other settings put an end to what was said of the old ones")
{
    Watched scene(5);
    scene.step();
    CHECK_FALSE(scene.problem().empty());
    scene.office.settings.certificates.clear();
    scene.begin();
    scene.step();
    CHECK(scene.problem().empty());
    CHECK(scene.watch.rows().size() == 1);
    CHECK(scene.taken.empty());
}

TEST_CASE("a watch that is told to stop ends")
{
    Watched scene;
    bool ended = false;
    asio::co_spawn(scene.office.loop, scene.watch.run(), [&](const std::exception_ptr&) { ended = true; });
    scene.office.loop.restart();
    scene.office.loop.poll();
    CHECK_FALSE(ended);
    scene.watch.stop();
    scene.office.loop.restart();
    scene.office.loop.run();
    CHECK(ended);
}
