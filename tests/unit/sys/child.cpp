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
