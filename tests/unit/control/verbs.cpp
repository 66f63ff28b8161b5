#include "core/control/verbs.h"

#include <set>

#include <doctest/doctest.h>

using namespace metka::control;

TEST_CASE("each method is in the table once, under a noun that the help knows")
{
    std::set<std::string> methods;
    std::set<std::string_view> known;
    for (const auto& noun : nouns())
        known.insert(noun.noun);
    for (const auto& verb : verbs()) {
        CAPTURE(verb.method());
        CHECK(methods.insert(verb.method()).second);
        CHECK(known.contains(verb.noun));
        CHECK(verb_of(verb.method()) == &verb);
    }
    CHECK(verb_of("mailbox.") == nullptr);
    CHECK(verb_of("") == nullptr);
}

TEST_CASE("every writing verb can be tried dry, and no reading one needs to")
{
    for (const auto& verb : verbs()) {
        CAPTURE(verb.method());
        CHECK((verb.parameter("dry_run") != nullptr) == !only_reads(verb.effect));
    }
}

TEST_CASE(
    "a row of the table is whole: help, fields, one key at most and that first, choices where there are some")
{
    for (const auto& verb : verbs()) {
        CAPTURE(verb.method());
        CHECK(verb.help.ends_with('.'));
        CHECK(verb.example.starts_with("metkactl " + std::string(verb.noun)));
        CHECK_FALSE(verb.fields.empty());
        std::set<std::string_view> names;
        std::set<std::string> flags;
        for (const auto& parameter : verb.parameters) {
            CAPTURE(parameter.name);
            CHECK(names.insert(parameter.name).second);
            CHECK((parameter.is_key() || flags.insert(parameter.flag()).second));
            CHECK(parameter.is_key() == (&parameter == verb.key()));
            CHECK((parameter.type == Type::choice) == !parameter.choices.empty());
        }
    }
}

TEST_CASE("only what tells nothing may be asked by anyone")
{
    for (const auto& verb : verbs())
        CHECK((verb.who == Who::anyone) == (verb.method() == "version" || verb.method() == "complete"));
}

TEST_CASE("a usage line shows the key, what is required, and what may be left out")
{
    CHECK(usage(*verb_of("alias.set")) == "metkactl alias set ADDRESS --to ADDRESS|LOGIN [--dry-run]");
    CHECK(usage(*verb_of("domain.prove")) == "metkactl domain prove DOMAIN [--dry-run]");
    CHECK(usage(*verb_of("status")) == "metkactl status");
    CHECK(usage(*verb_of("login.unblock")) ==
          "metkactl login unblock [ADDRESS|LOGIN|IP|NETWORK] [--all] [--dry-run]");
    CHECK(usage(*verb_of("apply")) == "metkactl apply FILE [--dry-run]");
    CHECK(usage(*verb_of("my.alias.add")) == "metkactl my alias add ADDRESS [--dry-run]");
    CHECK(usage(*verb_of("my.password")) ==
          "metkactl my password [--mailbox ADDRESS] --password-stdin|--generate [--revoke-app-passwords] "
          "[--dry-run]");
}

TEST_CASE("every verb but the one for programs has an example that begins with its own words")
{
    for (const auto& verb : verbs()) {
        CHECK(verb.example.starts_with("metkactl " + verb.words()));
        CHECK(verb.is_for_programs() == (verb.method() == "complete"));
    }
}
