#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/settings/difference.h"

namespace metka::settings {

namespace {

constexpr std::size_t context = 3;
constexpr std::size_t most_edits =
    2000; // memory goes with its square; beyond it, all that differs is told as one

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text)
{
    if (text.empty()) return {};
    if (text.ends_with('\n')) text.remove_suffix(1);
    return split(text, '\n');
}

// One of the two texts: which of its lines the other has not.
struct Side {
    Lines lines;
    std::vector<bool> changed = std::vector<bool>(lines.size(), false);
};

// What is left of two texts without their common beginning and end.
struct Middle {
    std::size_t start;
    std::size_t old_size;
    std::size_t new_size;
};

Middle middle_of(const Lines& before, const Lines& after)
{
    const auto shorter = std::min(before.size(), after.size());
    std::size_t start = 0;
    while (start < shorter && before[start] == after[start])
        ++start;
    std::size_t same_end = 0;
    while (same_end < shorter - start &&
           before[before.size() - same_end - 1] == after[after.size() - same_end - 1])
        ++same_end;
    return {start, before.size() - start - same_end, after.size() - start - same_end};
}

// The shortest way from one middle to the other: E. Myers, "An O(ND) difference algorithm and its
// variations", Algorithmica 1, 1986. The furthest line of `before` that `edits` steps reach on each diagonal.
class ShortestEdit {
  public:
    ShortestEdit(Side& before, Side& after, Middle middle) : before_(before), after_(after), middle_(middle)
    {
    }

    bool mark() // false: there are too many edits, and nothing is marked
    {
        for (std::ptrdiff_t edits = 0; edits <= static_cast<std::ptrdiff_t>(most_edits); ++edits) {
            reached_.emplace_back(static_cast<std::size_t>(2 * edits + 1));
            for (auto diagonal = -edits; diagonal <= edits; diagonal += 2) {
                const auto line = slide(start_on(edits, diagonal), diagonal);
                at(edits, diagonal) = line;
                if (line >= old_size() && line - diagonal >= new_size()) {
                    walk_back(edits, diagonal);
                    return true;
                }
            }
        }
        return false;
    }

  private:
    std::ptrdiff_t old_size() const { return static_cast<std::ptrdiff_t>(middle_.old_size); }
    std::ptrdiff_t new_size() const { return static_cast<std::ptrdiff_t>(middle_.new_size); }

    std::ptrdiff_t& at(std::ptrdiff_t edits, std::ptrdiff_t diagonal)
    {
        return reached_[static_cast<std::size_t>(edits)][static_cast<std::size_t>(diagonal + edits)];
    }

    bool comes_from_insertion(std::ptrdiff_t edits, std::ptrdiff_t diagonal)
    {
        return diagonal == -edits ||
               (diagonal != edits && at(edits - 1, diagonal - 1) < at(edits - 1, diagonal + 1));
    }

    std::ptrdiff_t start_on(std::ptrdiff_t edits, std::ptrdiff_t diagonal)
    {
        if (edits == 0) return 0;
        return comes_from_insertion(edits, diagonal) ? at(edits - 1, diagonal + 1)
                                                     : at(edits - 1, diagonal - 1) + 1;
    }

    std::ptrdiff_t slide(std::ptrdiff_t line, std::ptrdiff_t diagonal) const
    {
        const auto same = [&] {
            const auto other = line - diagonal;
            return line < old_size() && other < new_size() && other >= 0 &&
                   before_.lines[middle_.start + static_cast<std::size_t>(line)] ==
                       after_.lines[middle_.start + static_cast<std::size_t>(other)];
        };
        while (same())
            ++line;
        return line;
    }

    void walk_back(std::ptrdiff_t edits, std::ptrdiff_t diagonal)
    {
        for (; edits > 0; --edits) {
            const bool inserted = comes_from_insertion(edits, diagonal);
            const auto line = start_on(edits, diagonal);
            auto& side = inserted ? after_ : before_;
            const auto marked = inserted ? line - diagonal - 1 : line - 1;
            const auto size = inserted ? new_size() : old_size();
            if (marked >= 0 && marked < size)
                side.changed[middle_.start + static_cast<std::size_t>(marked)] = true;
            diagonal += inserted ? 1 : -1;
        }
    }

    Side& before_;
    Side& after_;
    Middle middle_;
    std::vector<std::vector<std::ptrdiff_t>> reached_; // by edits, then by diagonal
};

// Where a run of changed lines can stand one line higher or lower and mean the same, diff(1) joins it with
// its neighbours and then takes the lowest place, or the lowest one at a change of the other side.
class Settling {
  public:
    Settling(Side& side, const Side& other) : side_(side), other_(other) {}

    void run()
    {
        while (find_run()) {
            std::size_t before = 0;
            do {
                before = end_ - start_;
                move_up();
                facing_ = other_at(facing_end_ - 1) ? end_ : none;
                move_down();
            } while (before != end_ - start_);
            while (facing_ != none && facing_ < end_) {
                mark(--start_, --end_);
                step_back();
            }
        }
    }

  private:
    static constexpr auto none = static_cast<std::size_t>(-1);

    bool at(std::size_t line) const { return line < side_.changed.size() && side_.changed[line]; }
    bool other_at(std::size_t line) const { return line < other_.changed.size() && other_.changed[line]; }
    bool same(std::size_t a, std::size_t b) const { return side_.lines[a] == side_.lines[b]; }

    void mark(std::size_t changed, std::size_t unchanged)
    {
        side_.changed[changed] = true;
        side_.changed[unchanged] = false;
    }

    void step_back() // the place of the other side goes up by one line that both have
    {
        while (other_at(--facing_end_)) {
        }
    }

    bool find_run()
    {
        while (end_ < side_.lines.size() && !at(end_)) {
            while (other_at(facing_end_++)) {
            }
            ++end_;
        }
        start_ = end_;
        while (at(end_))
            ++end_;
        while (other_at(facing_end_))
            ++facing_end_;
        return start_ < side_.lines.size();
    }

    void move_up()
    {
        while (start_ > 0 && same(start_ - 1, end_ - 1)) {
            mark(--start_, --end_);
            while (at(start_ - 1))
                --start_;
            step_back();
        }
    }

    void move_down()
    {
        while (end_ < side_.lines.size() && same(start_, end_)) {
            mark(end_++, start_++);
            while (at(end_))
                ++end_;
            while (other_at(++facing_end_))
                facing_ = end_;
        }
    }

    Side& side_;
    const Side& other_;
    std::size_t start_ = 0; // of the run, and its end
    std::size_t end_ = 0;
    std::size_t facing_end_ = 0; // where in the other side the end of the run is
    std::size_t facing_ = none;  // the lowest end of the run at which the other side has a change
};

// Lines from `first` up to `last` of a text.
struct Span {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t size() const { return last - first; }
};
struct Hunk {
    Span before;
    Span after;
};

// Each run of changed lines, with those of the other side at the same place.
std::vector<Hunk> runs_of(const Side& before, const Side& after)
{
    std::vector<Hunk> runs;
    const auto is_changed = [](const Side& side, std::size_t line) {
        return line < side.lines.size() && side.changed[line];
    };
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < before.lines.size() || j < after.lines.size()) {
        Hunk run{.before = {i, i}, .after = {j, j}};
        while (is_changed(before, run.before.last))
            ++run.before.last;
        while (is_changed(after, run.after.last))
            ++run.after.last;
        if (run.before.size() + run.after.size() > 0) runs.push_back(run);
        i = run.before.last + 1;
        j = run.after.last + 1;
    }
    return runs;
}

std::string range_text(Span span)
{
    // diff(1): the line before an empty range, and no count for a single line.
    if (span.size() == 0) return fmt::format("{},0", span.first);
    if (span.size() == 1) return fmt::format("{}", span.first + 1);
    return fmt::format("{},{}", span.first + 1, span.size());
}

void append(std::string& text, char sign, const Lines& lines, Span span)
{
    for (auto line = span.first; line < span.last; ++line)
        text += fmt::format("{}{}\n", sign, lines[line]);
}

std::string hunk_text(std::span<const Hunk> runs, const Side& before, const Side& after)
{
    const auto lead = std::min(context, runs.front().before.first);
    const auto tail = std::min(context, before.lines.size() - runs.back().before.last);
    const Span old_span{runs.front().before.first - lead, runs.back().before.last + tail};
    const Span new_span{runs.front().after.first - lead, runs.back().after.last + tail};
    auto text = fmt::format("@@ -{} +{} @@\n", range_text(old_span), range_text(new_span));
    auto line = old_span.first;
    for (const auto& run : runs) {
        append(text, ' ', before.lines, {line, run.before.first});
        append(text, '-', before.lines, run.before);
        append(text, '+', after.lines, run.after);
        line = run.before.last;
    }
    append(text, ' ', before.lines, {line, old_span.last});
    return text;
}

} // namespace

std::string unified(std::string_view before, std::string_view after, std::string_view before_name,
                    std::string_view after_name)
{
    if (before == after) return "";
    Side old_side{lines_of(before)};
    Side new_side{lines_of(after)};
    const auto middle = middle_of(old_side.lines, new_side.lines);
    if (!ShortestEdit(old_side, new_side, middle).mark()) {
        std::fill_n(old_side.changed.begin() + static_cast<std::ptrdiff_t>(middle.start), middle.old_size,
                    true);
        std::fill_n(new_side.changed.begin() + static_cast<std::ptrdiff_t>(middle.start), middle.new_size,
                    true);
    }
    Settling(old_side, new_side).run();
    Settling(new_side, old_side).run();
    const auto runs = runs_of(old_side, new_side);
    if (runs.empty()) return "";
    auto text = fmt::format("--- {}\n+++ {}\n", before_name, after_name);
    for (std::size_t first = 0; first < runs.size();) {
        auto last = first + 1; // runs closer than their contexts make one hunk
        while (last < runs.size() && runs[last].before.first - runs[last - 1].before.last <= 2 * context)
            ++last;
        text += hunk_text(std::span(runs).subspan(first, last - first), old_side, new_side);
        first = last;
    }
    return text;
}

} // namespace metka::settings
