// Any bytes as a settings file, for every program, and as the files of an instance, one after each NUL. What
// loads must survive being written and read again, and be compared and listed in text fit for a terminal;
// what does not must say why, at a place inside the file, in such text.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/text.h"
#include "core/settings/difference.h"
#include "core/settings/listing.h"
#include "core/settings/settings.h"

using metka::settings::Loaded;
using metka::settings::Reader;
using metka::settings::Settings;
using metka::settings::Source;

namespace {

constexpr auto readers = {Reader::metkad, Reader::store, Reader::smtp, Reader::access, Reader::auth};

void demand(bool holds)
{
    if (!holds) std::abort();
}

void demand_printable(std::string_view text)
{
    demand(!metka::has_control(text) && metka::is_utf8(text));
}

void check_refusal(const metka::settings::Problems& problems, std::string_view files)
{
    demand(!problems.empty());
    for (const auto& problem : problems) {
        demand(!problem.text.empty());
        demand(problem.line <= files.size() + 1 && problem.column <= files.size() + 1);
        demand_printable(problem.show());
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

// Following the diff line by line must lead from one text to the other.
void check_unified(std::string_view before, std::string_view after)
{
    const auto diff = metka::settings::unified(before, after, "before", "after");
    std::ptrdiff_t more = 0;
    for (const auto line : metka::split(diff, '\n')) {
        if (line.starts_with('+') && !line.starts_with("+++ ")) ++more;
        if (line.starts_with('-') && !line.starts_with("--- ")) --more;
    }
    demand(more == std::ranges::count(after, '\n') - std::ranges::count(before, '\n'));
    demand(diff.empty() == (before == after));
}

void check_difference(const Settings& before, const Settings& after)
{
    for (const auto& change : changes(before, after)) {
        demand(change.before != change.after);
        demand_printable(change.key + change.before + change.after);
    }
    for (const auto& sentence : meaning(before, after))
        demand_printable(sentence);
    check_unified(render(before, Reader::metkad, 1), render(after, Reader::metkad, 1));
}

void check_loaded(const Loaded& loaded)
{
    for (const auto reader : readers) {
        const auto text = render(loaded.settings, reader, 7, loaded.origins);
        const auto again = metka::settings::load(text, "again.yaml", reader);
        demand(again.has_value());
        if (reader == Reader::metkad) demand(*again == loaded.settings);
    }
    for (const auto& shown : listing(loaded.settings, loaded.origins))
        demand_printable(shown.key + shown.value + shown.fallback + shown.origin);
    demand(changes(loaded.settings, loaded.settings).empty());
    check_difference(Settings(), loaded.settings);
    check_difference(loaded.settings, Settings());
}

void check_together(std::string_view files)
{
    std::vector<Source> sources;
    for (const auto text : metka::split(files, '\0'))
        sources.push_back({.file = fmt::format("{}.yaml", sources.size()), .text = std::string(text)});
    const auto loaded = metka::settings::load(sources);
    if (loaded)
        check_loaded(*loaded);
    else
        check_refusal(loaded.error(), files);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view file(reinterpret_cast<const char*>(bytes), size);
    for (const auto reader : readers)
        check_reader(file, reader);
    check_together(file);
    return 0;
}
