#include "core/login/held_back.h"

#include <doctest/doctest.h>

using namespace metka;

TEST_CASE("the source of an account's own shell says whose it is, and no other source is one")
{
    const auto anna = InboxId::make(from_unix_ms(1));
    CHECK(login::account_of_shell(login::shell_of_account(anna.hex())) == anna);
    for (const auto* const other : {"", "my ", "my", "my anna", "local", "192.0.2.1", "2001:db8::/64"}) {
        CAPTURE(other);
        CHECK_FALSE(login::account_of_shell(other));
    }
    CHECK_FALSE(login::account_of_shell(anna.hex()));
}
