#include "core/sys/descriptor.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace metka::sys;

namespace {

bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

} // namespace

TEST_CASE("a descriptor closes with its owner, once")
{
    int fd = -1;
    {
        const Descriptor owner(open("/dev/null", O_RDONLY | O_CLOEXEC));
        fd = owner.get();
        CHECK(is_open(fd));
    }
    CHECK_FALSE(is_open(fd));
}

TEST_CASE("a descriptor that moved has one owner, and the one it took the place of is closed")
{
    Descriptor first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    Descriptor second(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int kept = first.get();
    const int dropped = second.get();
    second = std::move(first);
    CHECK(second.get() == kept);
    CHECK(is_open(kept));
    CHECK_FALSE(is_open(dropped));
    second.reset(second.release());
    CHECK(is_open(kept));
}

TEST_CASE("a duplicate is close-on-exec, lives on its own, and of nothing there is none")
{
    Descriptor first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto second = first.duplicate();
    REQUIRE(second);
    CHECK((fcntl(second.get(), F_GETFD) & FD_CLOEXEC) != 0);
    first.reset();
    CHECK(is_open(second.get()));
    CHECK_FALSE(Descriptor().duplicate());
}
