#include "cli/command_line.h"

#include <doctest/doctest.h>

#include "cli/general_options.h"
#include "cli/question.h"
#include "cli/user_language.h"
#include "core/base/text.h"
#include "core/control/arguments.h"
#include "core/wire/pop3_command.h"

using namespace metka;
using namespace metka::metkactl;

namespace {

std::vector<std::string> words(std::string_view line)
{
    std::vector<std::string> result;
    for (const auto word : split(line, ' '))
        if (!word.empty()) result.emplace_back(word);
    return result;
}

auto read(std::string_view line)
{
    return read_command_line(words(line), "/default.sock");
}

} // namespace

TEST_CASE("the forms that scripts rely on become requests")
{
    struct Row {
        std::string_view line, method, params;
    };
    const Row rows[] = {
        {"customer add firma --name Firma --contact anna@example.org", "customer.add",
         R"({"name":"firma","title":"Firma","contact":"anna@example.org"})"},
        {"domain add moja-firma.lublin.pl --customer firma", "domain.add",
         R"({"domain":"moja-firma.lublin.pl","customer":"firma"})"},
        {"domain add example.com --customer firma --owned", "domain.add",
         R"({"domain":"example.com","customer":"firma","owned":true})"},
        {"shell add anna --customer firma --disk-limit 500M --free-domain moja-firma.lublin.pl "
         "--password-stdin",
         "shell.add",
         R"({"login":"anna","customer":"firma","disk_limit":"500M","free_domain":"moja-firma.lublin.pl"})"},
        {"mailbox add biuro@moja-firma.lublin.pl --shell anna --capacity 50M --valid-until 2027-12-31 "
         "--password-stdin",
         "mailbox.add",
         R"({"address":"biuro@moja-firma.lublin.pl","shell":"anna","capacity":"50M","valid_until":"2027-12-31"})"},
        {"mailbox add sklep@moja-firma.lublin.pl --customer firma --capacity 1G --password-stdin",
         "mailbox.add", R"({"address":"sklep@moja-firma.lublin.pl","customer":"firma","capacity":"1G"})"},
        {"alias add marketing@moja-firma.lublin.pl --to biuro@moja-firma.lublin.pl", "alias.add",
         R"({"address":"marketing@moja-firma.lublin.pl","to":"biuro@moja-firma.lublin.pl"})"},
        {"mailbox show biuro@moja-firma.lublin.pl --json", "mailbox.show",
         R"({"address":"biuro@moja-firma.lublin.pl"})"},
        {"shell remove anna --remove-unix-user --dry-run", "shell.remove",
         R"({"login":"anna","remove_unix_user":true,"dry_run":true})"},
        {"mailbox set a@b.pl --valid-until +1y", "mailbox.set",
         R"({"address":"a@b.pl","valid_until":"+1y"})"},
        {"my alias add info@moja-firma.lublin.pl", "my.alias.add",
         R"({"address":"info@moja-firma.lublin.pl"})"},
        {"my mailbox rename a@b.pl --to c@b.pl --keep-alias", "my.mailbox.rename",
         R"({"address":"a@b.pl","to":"c@b.pl","keep_alias":true})"},
        {"my password --mailbox a@b.pl --password-stdin", "my.password", R"({"mailbox":"a@b.pl"})"},
        {"sweep expiry --yes", "sweep.expiry", R"({"yes":true})"},
        {"--yes sweep expiry --at 2027-01-01", "sweep.expiry", R"({"yes":true,"at":"2027-01-01"})"},
        {"mailbox list --over 90% --sort expires", "mailbox.list", R"({"over":"90%","sort":"expires"})"},
        {"apply firma.yaml --dry-run", "apply", R"({"dry_run":true})"},
        {"status", "status", "{}"},
        {"version", "version", "{}"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.line);
        const auto line = read(row.line);
        REQUIRE_MESSAGE(line.has_value(), line.error().text);
        CHECK(line->verb->method() == row.method);
        auto wanted = control::parse_json(row.params).value();
        for (const auto& member : *wanted.object()) {
            const control::Json params(line->params);
            const auto* const given = params.member(member.name);
            REQUIRE(given != nullptr);
            CHECK(*given == member.value);
        }
        CHECK(line->params.size() == wanted.object()->size());
    }
}

TEST_CASE("every example of the table is a command line of its own verb")
{
    for (const auto& verb : control::verbs()) {
        std::string example(verb.example);
        if (const auto quote = example.find('\''); quote != std::string::npos)
            example.replace(quote, example.rfind('\'') - quote + 1, "quoted");
        CAPTURE(example);
        const auto line = read(example.substr(std::string_view("metkactl ").size()));
        REQUIRE_MESSAGE(line.has_value(), line.error().text);
        CHECK(line->verb == &verb);
    }
}

TEST_CASE("flags that every command has may stand before it and after it")
{
    for (const std::string_view text :
         {"--json --yes --socket /s alias list", "alias --json list --yes --socket /s",
          "alias list --socket /s --yes --json"}) {
        CAPTURE(text);
        const auto line = read(text);
        REQUIRE_MESSAGE(line.has_value(), line.error().text);
        CHECK(line->json);
        CHECK(line->yes);
        CHECK(line->socket == "/s");
    }
    CHECK(read("alias list")->socket == "/default.sock");
}

TEST_CASE("in whose place is asked may be said anywhere, and apply has a file")
{
    CHECK(read("--as anna my alias list")->as == "anna");
    CHECK(read("my alias list --as anna")->as == "anna");
    CHECK_FALSE(read("my alias list")->as.has_value());
    CHECK(read("apply - --yes")->file == "-");
    CHECK(read("apply firma.yaml")->file == "firma.yaml");
}

TEST_CASE("a password comes from standard input or the generator, and is never an argument")
{
    CHECK(read("mailbox set a@b.pl --password-stdin")->password == PasswordFrom::standard_input);
    CHECK(read("mailbox set a@b.pl --generate")->password == PasswordFrom::generator);
    CHECK(read("mailbox set a@b.pl --capacity 1M")->password == PasswordFrom::nowhere);
    CHECK(read("mailbox set a@b.pl --generate --password-stdin").error().status == 64);
    CHECK(read("mailbox set a@b.pl --password tajne").error().status == 64);
}

TEST_CASE("a command line that is none ends with 64 and says what was meant")
{
    struct Row {
        std::string_view line, says;
    };
    const Row rows[] = {
        {"", "say what to do"},
        {"mailbox", "say what to do with mailbox"},
        {"mailbx list", "did you mean “mailbox”"},
        {"mailbox lst", "did you mean “list”"},
        {"my alias ad a@b.pl", "metkactl my alias has no “ad”; did you mean “add”"},
        {"my alias", "say what to do with my alias"},
        {"completon bash", "did you mean “completion”"},
        {"apply", "FILE"},
        {"my password --current x", "--current"},
        {"mailbox add a@b.pl --capcity 5M", "did you mean “--capacity”"},
        {"mailbox show", "ADDRESS"},
        {"alias add a@b.pl", "--to"},
        {"status now", "does not take “now”"},
        {"alias show a@b.pl c@d.pl", "does not take “c@d.pl”"},
        {"--nonsense", "--nonsense"},
        {"mailbox app-passwords list",
         "metkactl mailbox has no “app-passwords”; did you mean “app-password”"},
        {"my autoreply show", "metkactl my has no “autoreply”"},
        {"--socket /s my autoreply show", "metkactl my has no “autoreply”"},
        {"mailbox help", "did you mean “--help”"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.line);
        const auto line = read(row.line);
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error().status == 64);
        CHECK(line.error().help.empty());
        CHECK_MESSAGE(line.error().text.contains(row.says), line.error().text);
        CHECK(line.error().text.contains("--help"));
    }
}

TEST_CASE("help is there for the program, each noun and each verb, and ends with 0")
{
    CHECK(read("--help").error().help.contains("metkactl NOUN VERB"));
    CHECK(read("mailbox --help").error().help.contains("metkactl mailbox remove"));
    CHECK(read("--version").error().help.starts_with("metkactl "));
    for (const auto& verb : control::verbs()) {
        CAPTURE(verb.method());
        const auto line = read(fmt::format("{} --help", verb.words()));
        REQUIRE_FALSE(line.has_value());
        CHECK(line.error().status == 0);
        CHECK(line.error().help.contains(verb.example));
        for (const auto& parameter : verb.parameters)
            CHECK((line.error().help.contains(parameter.help) || !parameter.is_said()));
    }
    CHECK(read("my alias --help").error().help.contains("metkactl my alias rename"));
    CHECK_FALSE(read("my alias --help").error().help.contains("metkactl my mailbox"));
    CHECK_FALSE(read("--help").error().help.contains("\n  complete "));
    CHECK(read("--help").error().help.contains("completion"));
}

TEST_CASE("help asks what --help does")
{
    CHECK(help_as_option(words("help")) == words("--help"));
    CHECK(help_as_option(words("--socket /s help mailbox add")) == words("--socket /s mailbox add --help"));
    CHECK(help_as_option(words("mailbox help")) == words("mailbox help"));
    CHECK(help_as_option({}).empty());
}

TEST_CASE("the help of my password says which lines of standard input it reads")
{
    const auto help = read("my password --help").error().help;
    CHECK(help.contains("two lines of standard input: your own password as it is now, then the new one"));
    CHECK_FALSE(read("my mailbox add --help").error().help.contains("two lines"));
}

TEST_CASE("a new password is no longer than what POP3's PASS can carry")
{
    CHECK(wire::pop3_line_most - std::string_view("PASS ").size() == control::most_new_password);
}

TEST_CASE("the help of my is in the language of its user, all other help in English")
{
    const auto help = [](std::string_view line) {
        return read_command_line(words(line), "/s", Language::polish).error().help;
    };
    CHECK(help("my show --help").contains("Pokaż swoje konto"));
    CHECK(help("my --help").contains("samoobsługa"));
    CHECK(help("my alias --help").contains("metkactl my alias add"));
    CHECK(help("mailbox --help").contains("On every command:"));
    CHECK(help("--help").contains("Nouns:"));
}

TEST_CASE("all that users read of my has its Polish")
{
    for (const auto& verb : control::verbs()) {
        if (verb.noun != "my") continue;
        CAPTURE(verb.method());
        CHECK(said(Language::polish, verb.help) != verb.help);
        for (const auto& parameter : verb.parameters) {
            CAPTURE(parameter.help);
            CHECK(said(Language::polish, parameter.help) != parameter.help);
        }
        for (const auto& field : verb.fields) {
            CAPTURE(field.name);
            CAPTURE(field.help);
            CHECK((said(Language::polish, field.name) != field.name || field.name == "login" ||
                   verb.shape == control::Shape::object));
            CHECK(said(Language::polish, field.help) != field.help);
        }
    }
}

TEST_CASE("what is asked before a removal names what goes, for every verb that removes")
{
    const auto question = [](std::string_view line, Language language) {
        return removal_question(read(line).value(), language);
    };
    CHECK(question("mailbox remove a@b.pl", Language::english) == "Remove mailbox a@b.pl with its aliases?");
    CHECK(question("customer remove firma --recursive", Language::english) ==
          "Remove customer firma and all that belongs to it?");
    CHECK(question("shell remove anna --remove-unix-user", Language::english).contains("the home"));
    CHECK(question("my alias remove a@b.pl", Language::polish) == "Usunąć alias a@b.pl?");
    CHECK(question("mailbox app-password remove a@b.pl --name Telefon", Language::english) ==
          "Remove the app password “Telefon”?");
    CHECK(question("my app-password remove Telefon", Language::polish) ==
          "Usunąć hasło aplikacji „Telefon”?");
    for (const auto& verb : control::verbs()) {
        if (verb.effect != control::Effect::destroys) continue;
        auto line = fmt::format("{} {}", verb.words(), "x");
        for (const auto& parameter : verb.parameters)
            if (parameter.need == control::Need::required) line += fmt::format(" {} x", parameter.flag());
        CHECK_MESSAGE(question(line, Language::english) != "Remove x?", verb.method());
    }
}
