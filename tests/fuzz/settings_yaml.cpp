// Any bytes as a settings file, for every program. What loads must survive being written and read again; what
// does not must say why, at a place inside the file, in text fit for a terminal.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/text.h"
#include "core/settings/settings.h"

using metka::settings::Reader;

namespace {

void demand(bool holds)
{
    if (!holds) std::abort();
}

void check_refusal(const metka::settings::Problems& problems, std::string_view file)
{
    demand(!problems.empty());
    for (const auto& problem : problems) {
        demand(!problem.text.empty());
        demand(problem.line <= file.size() + 1 && problem.column <= file.size() + 1);
        demand(!metka::has_control(problem.show()) && metka::is_utf8(problem.show()));
    }
}

void check_reader(std::string_view file, Reader reader)
{
    const auto loaded = metka::settings::load(file, "fuzz.yaml", reader);
    if (!loaded) return check_refusal(loaded.error(), file);
    const auto written = render(*loaded, reader, loaded->generation);
    const auto again = metka::settings::load(written, "again.yaml", reader);
    demand(again.has_value());
    demand(*again == *loaded);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view file(reinterpret_cast<const char*>(bytes), size);
    for (const auto reader : {Reader::metkad, Reader::store, Reader::smtp, Reader::access, Reader::auth})
        check_reader(file, reader);
    return 0;
}
