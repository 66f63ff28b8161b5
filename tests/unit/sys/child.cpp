#include "core/sys/child.h"

#include <doctest/doctest.h>

using namespace metka;

TEST_CASE("a program is run to its end with the arguments it was given, and no shell looks at them")
{
    CHECK(sys::run("/bin/true", {}).value() == 0);
    CHECK(sys::run("/bin/false", {}).value() == 1);
    CHECK(sys::run("/usr/bin/test", {"$(exit 3)", "=", "$(exit 3)"}).value() == 0);
}

TEST_CASE("a program has an empty environment")
{
    CHECK(sys::run("/usr/bin/printenv", {"PATH"}).value() == 1);
}

TEST_CASE("a program that a signal ended says which")
{
    CHECK(sys::run("/bin/sh", {"-c", "kill -9 $$"}).value() == 128 + 9);
}

TEST_CASE("a program that is not there is a fault")
{
    CHECK_FALSE(sys::run("/nonexistent/program", {}).has_value());
}

TEST_CASE("what a program gets on its standard input is in no argument, and ends")
{
    const Secret password("anna:p w\n");
    CHECK(sys::run("/bin/grep", {"-q", "^anna:p w$"}, password).value() == 0);
    CHECK(sys::run("/bin/grep", {"-q", "other"}, password).value() == 1);
    CHECK(sys::run("/bin/true", {}, password).value() == 0); // who does not read it loses nothing
    CHECK(sys::run("/bin/cat", {}, Secret()).value() == 0);
    CHECK(sys::run("/bin/cat", {}, Secret(std::string(5000, 'x'))).error().fault == Fault::invalid);
}
