// The files of an instance on a real disk. What only root sees of it is tried where the tests run as root.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/metkad/configuration/sources.h"

using namespace metka;
namespace fs = std::filesystem;

namespace {

// A folder of the test's own, with a metka.yaml in it.
class Ground {
  public:
    Ground()
    {
        auto name = (fs::temp_directory_path() / "metka-sources-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        folder_ = name;
        write("metka.yaml", "log: {level: debug}\n");
    }
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;
    ~Ground() { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    void write(const std::string& name, const std::string& text) const
    {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name, std::ios::binary) << text;
        fs::permissions(folder_ / name, fs::perms::owner_read | fs::perms::owner_write |
                                            fs::perms::group_read | fs::perms::others_read);
    }
    std::vector<std::string> names() const // of the files that are read
    {
        const auto sources = metkad::read_sources(path("metka.yaml"));
        REQUIRE_MESSAGE(sources, sources.error().text);
        std::vector<std::string> all;
        for (const auto& source : *sources)
            all.push_back(source.file.substr(folder_.string().size() + 1));
        return all;
    }
    Error refusal(const std::string& config = "metka.yaml") const
    {
        const auto sources = metkad::read_sources(path(config));
        return sources ? Error{.text = "no refusal"} : sources.error();
    }

  private:
    fs::path folder_;
};

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a configuration without a folder of drop-ins is one file, named as it was asked for")
{
    const Ground ground;
    const auto sources = metkad::read_sources(ground.path("metka.yaml"));
    REQUIRE(sources);
    REQUIRE(sources->size() == 1);
    CHECK(sources->front().file == ground.path("metka.yaml"));
    CHECK(sources->front().text == "log: {level: debug}\n");
}

TEST_CASE("drop-ins come after the file, in the order of the bytes of their names")
{
    const Ground ground;
    for (const auto* name : {"b.yaml", "10.yaml", "9.yaml", "B.yaml", "\xC5\xBC.yaml"})
        ground.write(fmt::format("metka.d/{}", name), name);
    CHECK(ground.names() == Names{"metka.yaml", "metka.d/10.yaml", "metka.d/9.yaml", "metka.d/B.yaml",
                                  "metka.d/b.yaml", "metka.d/\xC5\xBC.yaml"});
}

TEST_CASE("what begins with a dot or does not end in .yaml is no drop-in")
{
    const Ground ground;
    for (const auto* name :
         {".hidden.yaml", "old.yaml~", "notes", "a.yml", "a.yaml.disabled", "good.yaml", ".yaml"})
        ground.write(fmt::format("metka.d/{}", name), "");
    fs::create_directory(ground.path("metka.d/folder"));
    CHECK(ground.names() == Names{"metka.yaml", "metka.d/good.yaml"});
}

TEST_CASE("the folder of drop-ins is named after the file")
{
    const Ground ground;
    ground.write("trial.yaml", "");
    ground.write("trial.d/1.yaml", "");
    ground.write("metka.d/2.yaml", "");
    const auto sources = metkad::read_sources(ground.path("trial.yaml"));
    REQUIRE(sources);
    REQUIRE(sources->size() == 2);
    CHECK(sources->back().file == ground.path("trial.d/1.yaml"));
}

TEST_CASE("a link to a file is read, and one to nowhere is refused")
{
    const Ground ground;
    ground.write("elsewhere", "x");
    fs::create_directory(ground.path("metka.d"));
    fs::create_symlink(ground.path("elsewhere"), ground.path("metka.d/1.yaml"));
    CHECK(ground.names() == Names{"metka.yaml", "metka.d/1.yaml"});
    fs::create_symlink(ground.path("nowhere"), ground.path("metka.d/2.yaml"));
    CHECK(ground.refusal().fault == Fault::invalid);
    CHECK(ground.refusal().text.contains("metka.d/2.yaml"));
}

TEST_CASE("what is no regular file is refused, and never waited for")
{
    const Ground ground;
    fs::create_directories(ground.path("metka.d/folder.yaml"));
    CHECK(ground.refusal().text ==
          ground.path("metka.d/folder.yaml") + " is not a regular file; settings are read from those alone");
    fs::remove(ground.path("metka.d/folder.yaml"));
    REQUIRE(mkfifo(ground.path("metka.d/fifo.yaml").c_str(), 0600) == 0);
    CHECK(ground.refusal().text.contains("fifo.yaml is not a regular file"));
    ground.write("other.yaml", "");
    ground.write("other.d", "");
    CHECK(ground.refusal("other.yaml")
              .text.ends_with("other.d is not a folder; drop-ins are files in a folder of that name"));
    CHECK(ground.refusal("gone.yaml").fault == Fault::invalid);
}

TEST_CASE("a file of 1 MiB is read, and a larger one refused by its name")
{
    const Ground ground;
    ground.write("metka.d/1.yaml", std::string(1U << 20, '#'));
    CHECK(ground.names().size() == 2);
    ground.write("metka.d/1.yaml", std::string((1U << 20) + 1, '#'));
    CHECK(ground.refusal().fault == Fault::limit);
    CHECK(ground.refusal().text.contains("metka.d/1.yaml is larger than 1 MiB"));
}

TEST_CASE("100 drop-ins are read, and no more")
{
    const Ground ground;
    for (int i = 0; i < 100; ++i)
        ground.write(fmt::format("metka.d/{}.yaml", i), "");
    CHECK(ground.names().size() == 101);
    ground.write("metka.d/last.yaml", "");
    CHECK(ground.refusal().text.contains("has 101 drop-ins; the most is 100"));
}

TEST_CASE("root takes no settings from a file or a folder that others may write or own")
{
    if (geteuid() != 0) return;
    const Ground ground;
    ground.write("metka.d/1.yaml", "");
    CHECK(ground.names().size() == 2);
    for (const auto* name : {"metka.yaml", "metka.d/1.yaml", "metka.d"}) {
        const auto path = ground.path(name);
        const auto right_mode = fs::is_directory(path) ? 0755U : 0644U;
        for (const auto mode : {right_mode | 0020U, right_mode | 0002U}) {
            REQUIRE(chmod(path.c_str(), mode) == 0);
            CHECK(ground.refusal().fault == Fault::invalid);
            CHECK(ground.refusal().text.ends_with("chmod go-w " + path));
        }
        REQUIRE(chmod(path.c_str(), right_mode) == 0);
        REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
        CHECK(ground.refusal().text.ends_with("root must own it: chown root " + path));
        REQUIRE(chown(path.c_str(), 0, 0) == 0);
        CHECK(ground.names().size() == 2);
    }
}
