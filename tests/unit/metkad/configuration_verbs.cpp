// config, engine, daemon: what is asked of the configuration, and how it is told.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

namespace {

const Json& row_with(const Json& rows, std::string_view key)
{
    for (const auto& row : *rows.array())
        if (text_of(row, "key") == key) return row;
    static const Json none;
    return none;
}

} // namespace

TEST_CASE("config show tells what the files come to, with where it came from if that is asked for")
{
    TestOffice office;
    office.configuration.yaml = "smtp:\n  recipients: 500\n";
    const auto plain = office.done("config.show", R"({"of":"smtp"})");
    CHECK(text_of(row_with(plain, "smtp.recipients"), "value") == "500");
    CHECK(text_of(row_with(plain, "smtp.recipients"), "origin").empty());
    CHECK(row_with(plain, "pop3.connections").is_null());
    const auto told = office.done("config.show", R"({"of":"smtp","origin":true})");
    CHECK(text_of(row_with(told, "smtp.recipients"), "origin") == "metka.yaml:2");
    CHECK(text_of(row_with(told, "smtp.errors"), "origin") == "default");
}

TEST_CASE("config show --default ignores the files, --set leaves out what they do not say")
{
    TestOffice office;
    office.configuration.yaml = "smtp:\n  recipients: 500\n";
    const auto fallback = office.done("config.show", R"({"of":"smtp.recipients","default":true})");
    CHECK(text_of(row_with(fallback, "smtp.recipients"), "value") == "1000");
    const auto set = office.done("config.show", R"({"set":true})");
    CHECK(column(set, "key") == std::vector<std::string>{"smtp.recipients"});
    CHECK(office.refused("config.show", R"({"set":true,"default":true})").fault == Fault::invalid);
}

TEST_CASE("a key begins with a section only at its dot")
{
    TestOffice office;
    CHECK(office.refused("config.show", R"({"of":"pop"})").fault == Fault::not_found);
    for (const auto& key : column(office.done("config.show", R"({"of":"pop3"})"), "key"))
        CHECK(key.starts_with("pop3."));
}

TEST_CASE("a setting that does not exist is refused with the nearest one")
{
    TestOffice office;
    CHECK(office.refused("config.show", R"({"of":"smtp.recipient"})").text.contains("smtp.recipients"));
}

TEST_CASE("config apply switches and tells how, with a dry run before it that does not")
{
    TestOffice office;
    office.configuration.yaml = "smtp:\n  recipients: 500\n";
    const auto rehearsed = office.done("config.apply", R"({"dry_run":true})");
    CHECK(rehearsed.member("done")->truth() != nullptr);
    CHECK_FALSE(*rehearsed.member("done")->truth());
    CHECK(number_of(rehearsed, "generation") == 1);
    CHECK(office.settings.smtp_recipients != 500);
    const auto done = office.done("config.apply", R"({"reason":"fewer"})");
    CHECK(number_of(done, "generation") == 2);
    CHECK(office.settings.smtp_recipients == 500);
    const auto history = office.done("config.history", "{}");
    REQUIRE(history.array()->size() == 1);
    CHECK(text_of(history.array()->front(), "reason") == "fewer");
    CHECK(text_of(history.array()->front(), "cause") == "apply");
    CHECK(text_of(history.array()->front(), "outcome") == "running");
    CHECK(number_of(history.array()->front(), "before") == 1);
}

TEST_CASE("config rollback goes back to a generation, and not to one that is not there")
{
    TestOffice office;
    office.configuration.yaml = "smtp:\n  recipients: 500\n";
    const auto before = office.settings.smtp_recipients;
    (void)office.done("config.apply", "{}");
    CHECK(office.refused("config.rollback", R"({"generation":9})").fault == Fault::not_found);
    CHECK(office.refused("config.rollback", R"({"generation":"x"})").fault == Fault::invalid);
    CHECK(office.refused("config.rollback", R"({"generation":0})").fault == Fault::invalid);
    const auto done = office.done("config.rollback", R"({"generation":1,"reason":"oops"})");
    CHECK(number_of(done, "generation") == 1);
    CHECK(office.settings.smtp_recipients == before);
}

TEST_CASE("config diff compares with the files, or with a generation")
{
    TestOffice office;
    CHECK_FALSE(*office.done("config.diff", R"({"generation":1})").member("differs")->truth());
    office.configuration.yaml = "smtp:\n  recipients: 500\n";
    const auto differs = office.done("config.diff", "{}");
    CHECK(*differs.member("differs")->truth());
    CHECK(text_of(differs, "text").contains("---"));
    CHECK_FALSE(texts(*differs.member("meaning")).empty());
}

TEST_CASE("files that are wrong are refused with every place, by each verb that reads them")
{
    TestOffice office;
    office.configuration.yaml = "smtp:\n  recipients: many\n  errors: 0\n";
    for (const auto* const method :
         {"config.check", "config.show", "config.diff", "config.apply", "daemon.reload"}) {
        const auto refused = office.refused(method, "{}");
        CHECK(refused.fault == Fault::invalid);
        CHECK(refused.text.contains("metka.yaml:2:15"));
        CHECK(refused.text.contains("metka.yaml:3:11"));
    }
}

TEST_CASE("daemon reload is an apply by that name")
{
    TestOffice office;
    office.configuration.yaml = "smtp:\n  recipients: 500\n";
    (void)office.done("daemon.reload", "{}");
    CHECK(text_of(office.done("config.history", "{}").array()->front(), "cause") == "reload");
}

TEST_CASE("engine restart names the program, and a dry run leaves it alone")
{
    TestOffice office;
    CHECK(steps_of(office.done("engine.restart", R"({"program":"smtp","dry_run":true})")) ==
          std::vector<std::string>{"start metka-smtp anew"});
    CHECK(office.notes.empty());
    CHECK(number_of(office.done("engine.restart", R"({"program":"smtp"})"), "pid") == 4711);
    CHECK(office.notes == std::vector<std::string>{"restart metka-smtp"});
    CHECK(office.refused("engine.restart", R"({"program":"relay"})").fault == Fault::invalid);
}

TEST_CASE("status has the generation, the certificates, and what is wrong with the configuration")
{
    TestOffice office;
    office.configuration.remarks = {"generation 1 runs since a rollback"};
    office.configuration.certificate_rows.push_back(
        {.host = "mail.example.org", .file = "/x", .names = {"mail.example.org"}});
    const auto status = office.done("status", "{}");
    CHECK(number_of(status, "generation") == 1);
    CHECK(texts(*status.member("problems")) ==
          std::vector<std::string>{"generation 1 runs since a rollback"});
    CHECK(text_of(status.member("certificates")->array()->front(), "host") == "mail.example.org");
}

TEST_CASE("completion knows settings and generations, for administrators alone")
{
    TestOffice office;
    office.settle();
    CHECK(column(office.done("complete", R"({"of":"setting","begins":"smtp.rec"})"), "name") ==
          std::vector<std::string>{"smtp.recipients"});
    CHECK(column(office.done("complete", R"({"of":"generation","begins":""})"), "name") ==
          std::vector<std::string>{"1"});
    CHECK(office.done("complete", R"({"of":"setting","begins":""})", anna).array()->empty());
}
