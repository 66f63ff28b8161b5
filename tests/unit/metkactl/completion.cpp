#include "cli/completion.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "cli/general_options.h"
#include "core/base/text.h"
#include "core/control/verbs.h"

using namespace metka;
using namespace metka::metkactl;

namespace {

// The words of a line, the last of which is being written; names are their kind with a number.
std::vector<std::string> complete(std::string_view line)
{
    std::vector<std::string> words;
    for (const auto word : split(line, ' '))
        words.emplace_back(word);
    const auto names = [](const NamesWanted& wanted) {
        const auto of = wanted.kind == "app-password" ? fmt::format("-of-{}-", wanted.account) : "";
        return std::vector<std::string>{fmt::format("{}{}1", wanted.kind, of),
                                        fmt::format("{}{}2", wanted.kind, of)};
    };
    return candidates(words, names);
}

bool offers(std::string_view line, std::string_view candidate)
{
    return std::ranges::count(complete(line), candidate) == 1;
}

using List = std::vector<std::string>;

} // namespace

TEST_CASE("nouns and verbs complete from the table, word by word")
{
    CHECK(complete("mail") == List{"mailbox"});
    CHECK(complete("comp") == List{"completion"}); // `complete` is for programs
    CHECK(complete("my al") == List{"alias"});
    CHECK(complete("my alias re") == List{"remove", "rename"});
    CHECK(offers("", "status"));
    CHECK(offers("mailbox ", "renew"));
    CHECK(complete("completion ") == List{"bash", "zsh", "fish"});
    CHECK(complete("--socket /s completion z") == List{"zsh"});
    CHECK(complete("completion bash ").empty());
    CHECK(complete("nonsense ").size() == complete("").size());
    for (const auto& verb : control::verbs())
        if (!verb.is_for_programs()) {
            const auto words = verb.words();
            const auto last = words.rfind(' ');
            CHECK(offers(words.substr(0, last == std::string::npos ? 0 : last + 1),
                         words.substr(last == std::string::npos ? 0 : last + 1)));
        }
}

TEST_CASE("a key completes with live names of its kind, but not where it is a new one")
{
    CHECK(complete("mailbox show m") == List{"mailbox1", "mailbox2"});
    CHECK(complete("alias show a") == List{"alias1", "alias2"});
    CHECK(complete("my alias remove a") == List{"alias1", "alias2"});
    CHECK(complete("my mailbox show ") == List{"mailbox1", "mailbox2"});
    CHECK(complete("shell show ") == List{"shell1", "shell2"});
    CHECK(complete("customer show ") == List{"customer1", "customer2"});
    CHECK(complete("domain show ") == List{"domain1", "domain2"});
    CHECK(complete("plan show ") == List{"plan1", "plan2"});
    CHECK(complete("mailbox add ").empty());
    CHECK(complete("mailbox rename mailbox1 --to ").empty());
    CHECK(complete("alias set alias1 --to ") == List{"inbox1", "inbox2"});
}

TEST_CASE("app passwords are added to a mailbox that is there, under a name that is not")
{
    CHECK(offers("mailbox app-password ", "add"));
    CHECK(offers("mailbox app-password add ", "mailbox1"));
    CHECK(offers("shell app-password add ", "shell1"));
    CHECK(offers("mailbox app-password remove ", "mailbox1"));
    CHECK(offers("my app-password add x --mailbox ", "mailbox1"));
    CHECK_FALSE(offers("my app-password add ", "mailbox1"));
}

TEST_CASE("values of flags complete with their choices and with live names")
{
    CHECK(complete("mailbox list --state ") == List{"active", "suspended", "expired"});
    CHECK(complete("mailbox list --customer ") == List{"customer1", "customer2"});
    CHECK(complete("mailbox list --customer=c") == List{"--customer=customer1", "--customer=customer2"});
    CHECK(complete("shell set shell1 --free-domain ") == List{"none", "domain1", "domain2"});
    CHECK(complete("shell set shell1 --aliases ") == List{"plan"});
    CHECK(complete("--as ") == List{"shell1", "shell2"});
    CHECK(complete("my password --mailbox ") == List{"mailbox1", "mailbox2"});
    CHECK(complete("mailbox set x --valid-until ").empty());
}

TEST_CASE("flags complete until they are given, and one way to say a password is enough")
{
    CHECK(complete("alias list --cu") == List{"--customer"});
    CHECK(complete("alias list --customer x --cu").empty());
    CHECK(offers("mailbox set x --", "--generate"));
    CHECK_FALSE(offers("mailbox set x --generate --", "--password-stdin"));
    CHECK_FALSE(offers("my password --", "--current"));
    CHECK(offers("status --", "--json"));
    CHECK(offers("mailbox --", "--help"));
    CHECK(offers("mailbox show mailbox1 ", "--json"));
}

TEST_CASE("flags before and between the words do not lead astray")
{
    CHECK(complete("--json --socket /s mail") == List{"mailbox"});
    CHECK(complete("--as anna my alias remove ") == List{"alias1", "alias2"});
    CHECK(complete("alias --json li") == List{"list"});
}

TEST_CASE("the file of apply is left to the shell")
{
    CHECK(complete("apply ").empty());
    CHECK(offers("apply firma.yaml --", "--dry-run"));
}

TEST_CASE("there is a script for each shell that is named, which begins by saying where it goes")
{
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        const auto script = completion_script(List{shell});
        REQUIRE(script.has_value());
        CHECK(script->contains("metkactl completion " + shell + " > "));
        CHECK(script->starts_with("#"));
    }
    CHECK(words_of("completion", List{"--socket", "/s", "completion", "bash"}) == List{"bash"});
    CHECK(words_of("completion", List{"completion", "--as=anna", "bash", "--json"}) == List{"bash"});
    CHECK(words_of("completion", List{"--help", "completion"}) == List{"--help"});
    CHECK_FALSE(words_of("completion", List{"--socket", "completion"}).has_value());
    CHECK_FALSE(words_of("completion", List{"mailbox", "completion"}).has_value());
    CHECK(completion_script(List{"tcsh"}).error().status == 64);
    CHECK(completion_script({}).error().status == 64);
    CHECK(completion_script(List{"--help"}).has_value());
}

TEST_CASE("where metkad is away, names are none and nothing is said")
{
    CHECK(completions({"mailbox", "show", ""}, "/nonexistent/control.sock").empty());
    CHECK(completions({"--socket", "/nonexistent/s", "mail"}, "/nonexistent/control.sock") == "mailbox\n");
}

TEST_CASE("an app password completes with those of its account, but not where it is a new one")
{
    CHECK(complete("mailbox app-password remove a@b.pl --name app") ==
          List{"app-password-of-a@b.pl-1", "app-password-of-a@b.pl-2"});
    CHECK(complete("shell app-password remove anna --name=app") ==
          List{"--name=app-password-of-anna-1", "--name=app-password-of-anna-2"});
    CHECK(complete("my app-password remove app") == List{"app-password-of--1", "app-password-of--2"});
    CHECK(complete("my app-password remove --mailbox a@b.pl app") ==
          List{"app-password-of-a@b.pl-1", "app-password-of-a@b.pl-2"});
    CHECK(complete("mailbox app-password add a@b.pl --name ").empty());
    CHECK(complete("my app-password add app").empty());
}
