#include "core/sys/file.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace metka;
using namespace metka::sys;

namespace {

class Folder {
  public:
    Folder()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "metka-file-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
        auto opened = open_folder(path_);
        REQUIRE(opened);
        held_ = std::move(*opened);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    int get() const { return held_.get(); }
    std::string path(const std::string& name = "") const { return path_ + "/" + name; }

  private:
    std::string path_;
    Descriptor held_;
};

Fault fault_of(const auto& result)
{
    REQUIRE_FALSE(result);
    return result.error().fault;
}

} // namespace

TEST_CASE("a folder that is not there is not found, and the text names it")
{
    const auto opened = open_folder("/nowhere/at-all");
    CHECK(fault_of(opened) == Fault::not_found);
    CHECK(opened.error().text.find("/nowhere/at-all") != std::string::npos);
}

TEST_CASE("nothing outside the held folder is reached, by any spelling")
{
    const Folder folder;
    REQUIRE(symlink("/etc", folder.path("link").c_str()) == 0);
    REQUIRE(symlink("real", folder.path("inner").c_str()) == 0);
    REQUIRE(replace_file(folder.get(), "real", "x", 0600));

    for (const std::string path : {"../", "..", "a/../../x", "/etc/passwd", "link/passwd", "link", "inner"}) {
        CAPTURE(path);
        CHECK_FALSE(open_beneath(folder.get(), path, O_RDONLY));
    }
    CHECK(open_beneath(folder.get(), "real", O_RDONLY));
    CHECK_FALSE(open_beneath(folder.get(), std::string("real\0x", 6), O_RDONLY));
    CHECK(fault_of(open_beneath(folder.get(), "inner", O_RDONLY)) == Fault::denied);
}

TEST_CASE("a mount point is not crossed")
{
    const auto root = open_folder("/");
    REQUIRE(root);
    CHECK_FALSE(open_beneath(root->get(), "proc/version", O_RDONLY));
}

TEST_CASE("folders are made with exactly the mode asked for, and existing ones are left as they are")
{
    const Folder folder;
    const auto before = umask(077);
    const auto made = make_folders_beneath(folder.get(), "a/b/c", 0711);
    const auto again = make_folders_beneath(folder.get(), "a/b/c/d", 0700);
    umask(before);
    REQUIRE(made);
    REQUIRE(again);
    const auto status = status_of(made->get());
    REQUIRE(status);
    CHECK((status->st_mode & 07777) == 0711);
    CHECK((status_of(again->get())->st_mode & 07777) == 0700);
    CHECK(std::filesystem::is_directory(folder.path("a/b/c/d")));
}

TEST_CASE("folders are not made through links or upwards")
{
    const Folder folder;
    REQUIRE(symlink("/tmp", folder.path("link").c_str()) == 0);
    for (const std::string path : {"link/x", "../x", "a//b", "a/./b", "", "/x"}) {
        CAPTURE(path);
        CHECK_FALSE(make_folders_beneath(folder.get(), path, 0700));
    }
}

TEST_CASE("a whole write lands where it was asked to, and a whole read gives it back")
{
    const Folder folder;
    const auto file = open_beneath(folder.get(), "f", O_RDWR | O_CREAT | O_EXCL, 0600);
    REQUIRE(file);
    const std::string long_text(100'000, 'a');
    CHECK(write_whole(file->get(), long_text, 0));
    CHECK(write_whole(file->get(), "bc", 100'000));
    CHECK(read_whole(file->get(), 1_MiB) == long_text + "bc");
    CHECK(fault_of(read_whole(file->get(), Bytes{100'001})) == Fault::limit);
    CHECK(read_whole(file->get(), Bytes{100'002}));
    CHECK(read_file(folder.path("f"), 1_MiB)->size() == 100'002);
}

TEST_CASE("what cannot be written is an error, and a full disk is one that passes")
{
    const Descriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
    REQUIRE(full);
    CHECK(fault_of(write_whole(full.get(), "x", 0)) == Fault::unavailable);
    CHECK(fault_of(write_whole(-1, "x", 0)) == Fault::io);
}

TEST_CASE("a FIFO in the place of a file is refused and holds nobody up")
{
    const Folder folder;
    REQUIRE(mkfifo(folder.path("pipe").c_str(), 0600) == 0);
    CHECK(fault_of(read_file(folder.path("pipe"), 1_MiB)) == Fault::invalid);
}

TEST_CASE("a replaced file is the new one with the mode asked for, and nothing is left beside it")
{
    const Folder folder;
    REQUIRE(replace_file(folder.get(), "f", "old", 0644));
    REQUIRE(replace_file(folder.get(), "f", "new", 0640));
    CHECK(read_file(folder.path("f"), 1_KiB) == "new");
    const auto file = open_beneath(folder.get(), "f", O_RDONLY);
    REQUIRE(file);
    CHECK((status_of(file->get())->st_mode & 07777) == 0640);
    CHECK(names_in(folder.get()) == std::vector<std::string>{"f"});
}

TEST_CASE("a replacement that fails leaves the old file and nothing else")
{
    const Folder folder;
    REQUIRE(mkdir(folder.path("taken").c_str(), 0700) == 0);
    CHECK_FALSE(replace_file(folder.get(), "taken", "x", 0600));
    CHECK_FALSE(replace_file(folder.get(), "../x", "x", 0600));
    CHECK(names_in(folder.get()) == std::vector<std::string>{"taken"});
}

TEST_CASE("names are listed afresh each time, without . and ..")
{
    const Folder folder;
    CHECK(names_in(folder.get())->empty());
    REQUIRE(replace_file(folder.get(), "one", "", 0600));
    REQUIRE(replace_file(folder.get(), "two", "", 0600));
    for (int i = 0; i < 2; ++i) {
        auto names = names_in(folder.get());
        REQUIRE(names);
        std::ranges::sort(*names);
        CHECK(*names == std::vector<std::string>{"one", "two"});
    }
}

TEST_CASE("a folder that cannot be listed is a fault, and not an empty one")
{
    const auto file = sealed_memory("no folder", "x");
    REQUIRE(file);
    CHECK_FALSE(names_in(file->get()));
    const Folder folder;
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit none = before;
    none.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const auto names = names_in(folder.get());
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE_FALSE(names);
    CHECK(names.error().fault == Fault::unavailable);
}

TEST_CASE("sealed memory is read by whoever has it and changed by nobody")
{
    const auto memory = sealed_memory("certificate", "chain");
    REQUIRE(memory);
    CHECK(read_whole(memory->get(), 1_KiB) == "chain");
    CHECK_FALSE(write_whole(memory->get(), "x", 0));
    CHECK(ftruncate(memory->get(), 0) != 0);
    CHECK(fcntl(memory->get(), F_ADD_SEALS, F_SEAL_WRITE) != 0);
}
