// Every file of tests/programs/bad-config begins with comments that say how it is refused; the committed
// sample loads.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/base/text.h"
#include "core/settings/values.h"

using namespace metka;
using settings::load;
using settings::Reader;

namespace {

const std::filesystem::path root = METKA_TREE; // from CMakeLists.txt: __FILE__ may be relative

std::string content_of(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string expected_of(std::string_view content, std::string_view file_name)
{
    constexpr std::string_view mark = "# expect: ";
    std::string expected;
    for (const auto line : split(content, '\n'))
        if (line.starts_with(mark))
            expected +=
                fmt::format("{}{}:{}", expected.empty() ? "" : "\n", file_name, line.substr(mark.size()));
    return expected;
}

// The sample with every setting in force: `  #key: value` without its #.
std::string uncommented(std::string_view sample)
{
    std::string text;
    for (const auto line : split(sample, '\n'))
        text += line.starts_with("  #") && !line.starts_with("  # ") ? fmt::format("  {}\n", line.substr(3))
                                                                     : fmt::format("{}\n", line);
    return text;
}

} // namespace

TEST_CASE("every file of the bad-config corpus is refused as its first lines say")
{
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root / "tests/programs/bad-config")) {
        const auto name = entry.path().filename().string();
        CAPTURE(name);
        const auto content = content_of(entry.path());
        const auto loaded = load(content, name, Reader::metkad);
        CHECK(!loaded.has_value());
        if (!loaded) CHECK(show(loaded.error()) == expected_of(content, name));
        ++files;
    }
    CHECK(files >= 25);
}

TEST_CASE("the sample loads as it is, and means the defaults")
{
    const auto sample = content_of(root / "config/metka.yaml");
    const auto loaded = load(sample, "metka.yaml", Reader::metkad);
    REQUIRE_MESSAGE(loaded, show(loaded.error()));
    CHECK(*loaded == settings::Settings());
}

TEST_CASE("the sample shows every key, and without its comment signs it still means the defaults")
{
    const auto text = uncommented(content_of(root / "config/metka.yaml"));
    const auto loaded = load(text, "metka.yaml", Reader::metkad);
    REQUIRE_MESSAGE(loaded, show(loaded.error()));
    CHECK(*loaded == settings::Settings());
    for (const auto& row : settings::rows())
        if (row.knows.has(Reader::metkad)) CHECK(text.contains(fmt::format("\n  {}: ", row.word())));
}
