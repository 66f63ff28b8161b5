#include "cli/apply.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "cli/order.h"
#include "cli/output.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"

namespace metka::metkactl {

namespace {

using control::Json;
using control::JsonArray;

// A plan is asked for in as few requests as their limit of 1 MiB allows: metkad then sees most of a
// description at once. What is carried out goes in pieces that take no longer than anybody would wait.
enum class Run { dry, real };
constexpr BatchLimits planned{.objects = std::numeric_limits<std::size_t>::max(), .bytes = 1'000'000};
constexpr BatchLimits carried_out{.objects = 200, .bytes = std::size_t{512} << 10};

struct Phase {
    Run run;
    BatchLimits limits;
    std::string_view word; // for people
};
constexpr Phase planning{Run::dry, planned, "planned"};
constexpr Phase carrying_out{Run::real, carried_out, "carried out"};

struct Count {
    std::string_view outcome;
    std::size_t Tally::* count;
};
constexpr std::array<Count, 4> counts{{
    {"created", &Tally::created},
    {"changed", &Tally::changed},
    {"unchanged", &Tally::unchanged},
    {"refused", &Tally::refused},
}};

std::string_view outcome_of(const Json& row)
{
    const auto* const outcome = row.member("outcome");
    return outcome != nullptr && outcome->text() != nullptr ? std::string_view(*outcome->text()) : "";
}

Outcome<std::string> content_of(const std::string& file)
{
    std::ifstream opened;
    if (file != "-") opened.open(file, std::ios::binary);
    std::istream& from = file == "-" ? std::cin : opened;
    std::string content{std::istreambuf_iterator<char>(from), {}};
    if (from.bad() || (file != "-" && !opened.is_open()))
        return stop(status::io, fmt::format("{} cannot be read", file));
    return content;
}

JsonArray without_unchanged(const JsonArray& rows)
{
    JsonArray others;
    std::ranges::copy_if(rows, std::back_inserter(others),
                         [](const Json& row) { return outcome_of(row) != "unchanged"; });
    return others;
}

JsonArray refused_in(const JsonArray& rows)
{
    JsonArray refused;
    std::ranges::copy_if(rows, std::back_inserter(refused),
                         [](const Json& row) { return outcome_of(row) == "refused"; });
    return refused;
}

// One run: what stands in the file, and what has become of each object so far.
class Application {
  public:
    Application(const CommandLine& line, const control::Envelope& envelope, Style style,
                std::vector<DescribedObject> objects)
        : line_(line),
          envelope_(envelope),
          style_(style),
          objects_(std::move(objects)),
          rows_(objects_.size())
    {
    }

    Outcome<int> run()
    {
        if (const auto made = plan(); !made) return std::unexpected(made.error());
        const auto tally = tally_of(rows_);
        const bool anything = tally.created + tally.changed > 0;
        if (line_.is_dry_run() || !anything) return report(rows_);
        if (const auto agreed = agree(tally); !agreed) return std::unexpected(agreed.error());
        const auto refused_before = refused_in(rows_);
        if (const auto done = carry_out(); !done) return std::unexpected(done.error());
        if (style_.form != Form::terminal) return report(rows_);
        const auto refused = refused_in(rows_);
        return report(refused == refused_before ? JsonArray{} : refused); // the plan has shown the rest
    }

  private:
    Outcome<void> plan()
    {
        Batch all;
        for (const auto& object : objects_)
            all.push_back(&object);
        if (const auto asked = send(all, planning); !asked) return std::unexpected(asked.error());
        plan_after_parents(rows_, objects_);
        return {};
    }

    Outcome<void> agree(const Tally& tally) const
    {
        if (style_.form == Form::terminal)
            if (const auto printed = print(show(*line_.verb, without_unchanged(rows_), style_)); !printed)
                return std::unexpected(printed.error());
        if (line_.yes) return {};
        const auto question = fmt::format("Create {}, change {}, leave {} as they are, with {} refused?",
                                          with_commas(tally.created), with_commas(tally.changed),
                                          with_commas(tally.unchanged), with_commas(tally.refused));
        if (!confirm(question, Language::english)) return stop(status::usage, "nothing was changed");
        return {};
    }

    // All but what is right already; what was refused too, since something before it may help.
    Outcome<void> carry_out()
    {
        Batch wanted;
        for (std::size_t i = 0; i < objects_.size(); ++i)
            if (outcome_of(rows_[i]) != "unchanged") wanted.push_back(&objects_[i]);
        return send(wanted, carrying_out);
    }

    Outcome<void> send(const Batch& objects, const Phase& phase)
    {
        auto connection = Connection::open(line_.socket);
        if (!connection) return std::unexpected(connection.error());
        ProgressBar bar(wanted_colour());
        std::size_t done = 0;
        for (const auto& batch : batches(objects, phase.limits)) {
            const auto told = [&](const control::Progress& progress) {
                bar.show(
                    {.done = done + progress.done, .total = objects.size(), .what = std::string(phase.word)});
            };
            const auto answered = ask(*connection, batch, phase.run, told);
            if (!answered)
                return stop(answered.error().status,
                            fmt::format("{} ({} of {} objects were {} before that)", answered.error().text,
                                        done, objects.size(), phase.word));
            done += batch.size();
            told({});
        }
        return {};
    }

    // One batch; its rows take their places among all.
    Outcome<void> ask(Connection& connection, const Batch& batch, Run run, const Told& told)
    {
        JsonArray list;
        for (const auto* const object : batch)
            list.push_back(object->object);
        control::JsonObject params{{"objects", std::move(list)}};
        if (run == Run::dry) params.push_back({"dry_run", true});
        auto answer = order(connection, *line_.verb, std::move(params), envelope_, told);
        if (!answer) return std::unexpected(answer.error());
        auto* const rows = std::get_if<JsonArray>(&answer->value);
        if (rows == nullptr || rows->size() != batch.size())
            return stop(exit_code(Fault::internal),
                        "metkad's answer makes no sense: not a row for each object");
        for (std::size_t i = 0; i < batch.size(); ++i)
            rows_[static_cast<std::size_t>(batch[i] - objects_.data())] = std::move((*rows)[i]);
        return {};
    }

    Outcome<int> report(const JsonArray& rows) const
    {
        const auto tally = tally_of(rows_);
        std::string text;
        if (style_.form == Form::terminal) {
            const auto worth_a_line = without_unchanged(rows);
            if (!worth_a_line.empty()) text = show(*line_.verb, worth_a_line, style_);
        } else {
            text = show(*line_.verb, rows, style_);
        }
        if (style_.form != Form::json) text += sentence_of(tally) + "\n";
        if (style_.form == Form::terminal && line_.is_dry_run()) text += "(dry run: nothing was changed)\n";
        if (const auto printed = print(text); !printed) return std::unexpected(printed.error());
        return tally.refused > 0 ? exit_code(Fault::invalid) : 0;
    }

    const CommandLine& line_;
    const control::Envelope& envelope_;
    Style style_;
    std::vector<DescribedObject> objects_;
    JsonArray rows_; // one for each object
};

} // namespace

std::vector<Batch> batches(std::span<const DescribedObject* const> objects, BatchLimits limits)
{
    std::vector<Batch> result;
    std::size_t bytes = 0;
    for (const auto* const object : objects) {
        const auto size = to_text(object->object).size() + 1; // a comma
        if (result.empty() || result.back().size() == limits.objects || bytes + size > limits.bytes) {
            result.emplace_back();
            bytes = 0;
        }
        result.back().push_back(object);
        bytes += size;
    }
    return result;
}

void plan_after_parents(control::JsonArray& rows, std::span<const DescribedObject> objects)
{
    std::set<std::string_view> created;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const auto& parents = objects[i].parents;
        const auto parent =
            std::ranges::find_if(parents, [&](const auto& name) { return created.contains(name); });
        if (outcome_of(rows[i]) == "refused" && parent != parents.end())
            rows[i] = control::JsonObject{{"object", objects[i].name},
                                          {"outcome", "created"},
                                          {"why", fmt::format("after {}", *parent)}};
        if (outcome_of(rows[i]) == "created") created.insert(objects[i].name);
    }
}

Tally tally_of(const control::JsonArray& rows)
{
    Tally tally;
    for (const auto& row : rows)
        for (const auto& [outcome, count] : counts)
            if (outcome_of(row) == outcome) ++(tally.*count);
    return tally;
}

std::string sentence_of(const Tally& tally)
{
    return fmt::format("{} created, {} changed, {} unchanged, {} refused", with_commas(tally.created),
                       with_commas(tally.changed), with_commas(tally.unchanged), with_commas(tally.refused));
}

Outcome<int> apply(const CommandLine& line, const control::Envelope& envelope, Style style)
{
    const bool may_ask = talks_to_a_person() && line.file != "-" && style.form == Form::terminal;
    if (!line.yes && !line.is_dry_run() && !may_ask)
        return stop(status::usage,
                    fmt::format("{} would be applied: say --yes to mean it, or --dry-run to see "
                                "the plan",
                                line.file));
    const auto content = content_of(line.file);
    if (!content) return std::unexpected(content.error());
    auto objects = read_description(*content, line.file == "-" ? "standard input" : line.file);
    if (!objects) return stop(exit_code(Fault::invalid), objects.error());
    return Application(line, envelope, style, std::move(*objects)).run();
}

} // namespace metka::metkactl
