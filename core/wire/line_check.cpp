#include "core/wire/line_check.h"

namespace metka::wire {

void LineCheck::condemn(DataFault fault)
{
    if (fault_ == DataFault::none) fault_ = fault;
}

std::size_t LineCheck::take_lines(std::string_view bytes, std::string& out, Dots dots)
{
    std::size_t used = 0;
    while (fault_ == DataFault::none) {
        const auto rest = bytes.substr(used);
        if (dots == Dots::special && rest.starts_with('.')) break;
        const auto line = rest.substr(0, rest.find('\n'));
        const bool is_whole = line.size() < rest.size();
        const bool good = is_whole && !line.empty() && line.find('\r') == line.size() - 1;
        if (!good) break;
        out.append(line, 0, line.size() - 1);
        out += '\n';
        ++lines_;
        used += line.size() + 1;
    }
    return used;
}

std::size_t LineCheck::take_run(std::string_view bytes, std::string& out)
{
    const auto run = bytes.substr(0, bytes.find('\r'));
    if (fault_ == DataFault::none) {
        const auto bare_lf = run.find('\n');
        const auto nul = run.find('\0');
        if (bare_lf != nul)
            condemn(bare_lf < nul ? DataFault::bare_lf : DataFault::nul); // equal: there is neither
    }
    if (fault_ == DataFault::none) out.append(run);
    return run.size();
}

void LineCheck::end_line(std::string& out)
{
    ++lines_;
    if (fault_ == DataFault::none) out += '\n';
}

} // namespace metka::wire
