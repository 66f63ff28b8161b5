#include "daemon/errand/errands.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sys/file.h"
#include "daemon/errand/walk.h"
#include "tests/unit/directory/folder.h"

using namespace metka;
using namespace metka::errand;

namespace {

void write_file(const std::string& path, std::size_t size)
{
    std::ofstream(path) << std::string(size, 'x');
}

sys::Descriptor opened(const TestFolder& folder)
{
    return sys::open_folder(folder.path()).value();
}

std::uint64_t blocks_of(const std::string& path)
{
    struct stat status{};
    REQUIRE(lstat(path.c_str(), &status) == 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

struct Counting final : Visitor {
    void file(int, const char*, const struct stat&) override { ++files; }
    void refused(int) override { ++refusals; }
    void left(int, const std::string&) override { ++folders; }
    int files = 0, refusals = 0, folders = 0;
};

} // namespace

TEST_CASE("a home is measured in blocks: a file with two names once, what a link leads to not at all")
{
    const TestFolder folder;
    const TestFolder elsewhere;
    write_file(elsewhere.file("large"), 1'000'000);
    std::filesystem::create_directories(folder.file("a/b"));
    write_file(folder.file("one"), 100'000);
    write_file(folder.file("a/b/two"), 50'000);
    std::filesystem::create_hard_link(folder.file("one"), folder.file("a/one again"));
    std::filesystem::create_symlink(elsewhere.path(), folder.file("out"));
    std::filesystem::create_symlink("..", folder.file("a/round"));
    for (const auto* name : {"one", "a/b/two"}) { // their blocks are counted when they are given
        const sys::Descriptor file(open(folder.file(name).c_str(), O_RDONLY | O_CLOEXEC));
        REQUIRE(fsync(file.get()) == 0);
    }

    std::uint64_t expected = 0;
    for (const auto* name : {"", "a", "a/b", "one", "a/b/two", "out", "a/round"})
        expected += blocks_of(folder.file(name));
    const auto measured = measure(opened(folder));
    CHECK(measured.used.count == expected);
    CHECK(measured.used.count >= 150'000);
    CHECK(measured.used.count < 1'000'000);
    CHECK(measured.unreadable == 0);
}

TEST_CASE("thousands of entries in one folder, with folders among them, are each visited once")
{
    const TestFolder folder;
    for (int i = 0; i < 3000; ++i) {
        const auto name =
            folder.file("a rather long name so that several reads are needed " + std::to_string(i));
        if (i % 10 == 0)
            std::filesystem::create_directory(name);
        else
            write_file(name, 0);
    }
    Counting counting;
    walk(opened(folder), counting);
    CHECK(counting.files == 2700);
    CHECK(counting.folders == 300);
    CHECK(counting.refusals == 0);
}

TEST_CASE("below so many levels a walk goes no further, and says so")
{
    const TestFolder folder;
    std::filesystem::create_directories(folder.file("1/2/3/4/5/6"));
    Counting counting;
    walk(opened(folder), counting, 3);
    CHECK(counting.refusals == 1);
    CHECK(counting.folders == 3);
}

TEST_CASE("a folder is emptied whatever lies in it, and nothing outside is touched")
{
    const TestFolder folder;
    const TestFolder elsewhere;
    write_file(elsewhere.file("kept"), 10);
    std::filesystem::create_directories(folder.file("closed/deep/deeper"));
    write_file(folder.file("closed/deep/file"), 10);
    std::filesystem::create_symlink(elsewhere.path(), folder.file("closed/out"));
    REQUIRE(mkfifo(folder.file("fifo").c_str(), 0600) == 0);
    REQUIRE(chmod(folder.file("closed/deep").c_str(), 0) == 0);
    REQUIRE(chmod(folder.file("closed").c_str(), 0) == 0);
    CHECK(clear(opened(folder)).left == 0);
    CHECK(std::filesystem::is_empty(folder.path()));
    CHECK(std::filesystem::exists(elsewhere.file("kept")));
    CHECK(clear(opened(folder)).left == 0);
}

TEST_CASE("the link to a Maildir is made once, and never over something that is there")
{
    const TestFolder folder;
    CHECK(link_maildir(opened(folder), "/mail/here").value().made);
    CHECK(std::filesystem::read_symlink(folder.file("Maildir")) == "/mail/here");
    CHECK_FALSE(link_maildir(opened(folder), "/mail/there").value().made);
    CHECK(std::filesystem::read_symlink(folder.file("Maildir")) == "/mail/here");
    std::filesystem::remove(folder.file("Maildir"));
    std::filesystem::create_directory(folder.file("Maildir"));
    CHECK_FALSE(link_maildir(opened(folder), "/mail/there").value().made);
    CHECK(std::filesystem::is_directory(folder.file("Maildir")));
}

TEST_CASE("a home that is a link, or another's, is not opened")
{
    const TestFolder folder;
    std::filesystem::create_directory(folder.file("home"));
    std::filesystem::create_symlink(folder.file("home"), folder.file("link"));
    CHECK(open_home(folder.file("home"), getuid()));
    CHECK_FALSE(open_home(folder.file("link"), getuid()));
    const auto refused = open_home(folder.file("home"), getuid() + 1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::denied);
}
