// metka-reference: writes the parts of the manual and of config that come from the tables, or says which
// committed file differs from them. It is built, and not installed.
//
//     metka-reference --write|--check FOLDER     FOLDER is the top of the source tree
//     metka-reference --examples                 every verb's example, for the test that runs them

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "man/sections.h"

namespace {

using namespace metka;
namespace fs = std::filesystem;

struct Part {
    std::string_view file;
    std::string_view name; // of the section between the marks; empty: the whole file
    std::string (*text)();
};
constexpr std::array<Part, 4> parts{{{"config/metka.yaml", "", reference::sample},
                                     {"man/metka.yaml.5", "settings", reference::settings_section},
                                     {"man/metkactl.1", "verbs", reference::verbs_section},
                                     {"man/metka-control.7", "methods", reference::methods_section}}};

std::optional<std::string> content_of(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// The file's content with its section made anew. No value: the marks are not there.
std::optional<std::string> renewed(const std::string& content, const Part& part)
{
    if (part.name.empty()) return part.text();
    const auto begin_mark = fmt::format(".\\\" begin generated: {}\n", part.name);
    const std::string_view end_mark = ".\\\" end generated\n";
    const auto begin = content.find(begin_mark);
    if (begin == std::string::npos) return std::nullopt;
    const auto inside = begin + begin_mark.size();
    const auto end = content.find(end_mark, inside);
    if (end == std::string::npos) return std::nullopt;
    return content.substr(0, inside) + part.text() + content.substr(end);
}

Result<void> write(const fs::path& path, const std::string& content)
{
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (!file) return fail(Fault::io, "{} cannot be written", path.string());
    return {};
}

enum class Mode { write, check };

Result<void> bring_up(const fs::path& root, const Part& part, Mode mode)
{
    const auto path = root / part.file;
    const auto content = content_of(path);
    if (!content && !part.name.empty()) return fail(Fault::not_found, "{} cannot be read", path.string());
    const auto wanted = renewed(content.value_or(""), part);
    if (!wanted)
        return fail(Fault::invalid, "{} lacks the marks of its generated section “{}”", path.string(),
                    part.name);
    if (content == wanted) return {};
    if (mode == Mode::write) return write(path, *wanted);
    return fail(Fault::conflict, "{} is not what the tables say; run metka-reference --write", path.string());
}

} // namespace

int main(int count, char** arguments)
{
    if (count == 2 && std::string_view(arguments[1]) == "--examples") {
        std::cout << reference::examples();
        return 0;
    }
    const std::string_view option = count == 3 ? arguments[1] : "";
    if (option != "--write" && option != "--check") {
        std::cerr << "usage: metka-reference --write|--check FOLDER\n";
        return 64;
    }
    const auto mode = option == "--write" ? Mode::write : Mode::check;
    int status = 0;
    for (const auto& part : parts) {
        const auto done = bring_up(arguments[2], part, mode);
        if (done) continue;
        std::cerr << "metka-reference: " << done.error().text << "\n";
        status = 1;
    }
    return status;
}
