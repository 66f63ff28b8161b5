#include "cli/command_line.h"

#include <algorithm>
#include <map>
#include <memory>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/help.h"
#include "core/base/text.h"
#include "core/base/version.h"

namespace metka::metkactl {

namespace {

using control::Need;
using control::Parameter;
using control::Type;
using control::Verb;

// CLI11's tree, with what has been said filled into `line`.
class Tree {
  public:
    explicit Tree(std::string socket)
    {
        line_.socket = std::move(socket);
        root_.fallthrough();
        root_.require_subcommand(1);
        root_.add_option("--socket", line_.socket);
        root_.add_flag("--json", line_.json);
        root_.add_flag("--yes", line_.yes);
        root_.add_flag("--version");
        for (const auto& verb : control::verbs())
            add(verb);
    }

    std::expected<CommandLine, CommandLineEnd> parse(std::vector<std::string> words);

  private:
    void add(const Verb& verb);
    void add(CLI::App& app, const Parameter& parameter);
    void add_password(CLI::App& app);
    const CLI::App& deepest() const;
    CommandLineEnd help_here() const;
    CommandLineEnd explain(const CLI::ParseError& error) const;
    std::string did_you_mean(const CLI::App& app, const std::string& word) const;

    CommandLine line_;
    CLI::App root_{"", "metkactl"};
    std::map<const CLI::App*, const Verb*> verbs_;
};

CLI::App* noun_under(CLI::App& root, std::string_view noun)
{
    for (auto* const app : root.get_subcommands([](const CLI::App*) { return true; }))
        if (app->get_name() == noun) return app;
    auto* const app = root.add_subcommand(std::string(noun));
    app->fallthrough();
    return app;
}

void Tree::add(const Verb& verb)
{
    CLI::App* app = noun_under(root_, verb.noun);
    if (!verb.verb.empty()) {
        app->require_subcommand(1);
        app = app->add_subcommand(std::string(verb.verb));
        app->fallthrough();
    }
    verbs_[app] = &verb;
    for (const auto& parameter : verb.parameters)
        add(*app, parameter);
}

void Tree::add(CLI::App& app, const Parameter& parameter)
{
    if (parameter.type == Type::password) return add_password(app);
    const std::string name(parameter.name);
    if (parameter.type == Type::flag) {
        app.add_flag_callback(parameter.flag(), [this, name] { line_.params.push_back({name, true}); });
        return;
    }
    const auto take = [this, name](const std::string& text) { line_.params.push_back({name, text}); };
    auto* const option = app.add_option_function<std::string>(
        parameter.need == Need::key ? placeholder(parameter) : parameter.flag(), take);
    option->required(parameter.need != Need::optional);
}

void Tree::add_password(CLI::App& app)
{
    auto* const given =
        app.add_flag_callback("--password-stdin", [this] { line_.password = PasswordFrom::standard_input; });
    auto* const made =
        app.add_flag_callback("--generate", [this] { line_.password = PasswordFrom::generator; });
    given->excludes(made);
}

const CLI::App& Tree::deepest() const
{
    const CLI::App* app = &root_;
    while (!app->get_subcommands().empty())
        app = app->get_subcommands().front();
    return *app;
}

CommandLineEnd Tree::help_here() const
{
    const auto& app = deepest();
    const auto verb = verbs_.find(&app);
    CommandLineEnd end{{0, ""}};
    if (verb != verbs_.end())
        end.help = help_for(*verb->second);
    else
        end.help = &app == &root_ ? help() : help_for(app.get_name());
    return end;
}

std::string Tree::did_you_mean(const CLI::App& app, const std::string& word) const
{
    std::vector<std::string> known;
    for (const auto* const below : app.get_subcommands([](const CLI::App*) { return true; }))
        known.push_back(below->get_name());
    for (const auto* const option : app.get_options())
        known.push_back(option->get_name());
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const auto near = nearest(word, candidates);
    return near ? fmt::format("; did you mean “{}”?", *near) : std::string();
}

CommandLineEnd Tree::explain(const CLI::ParseError& error) const
{
    const auto& app = deepest();
    std::string path = "metkactl";
    if (&app != &root_)
        path += (app.get_parent() != &root_ ? " " + app.get_parent()->get_name() : "") + " " + app.get_name();
    const auto left = root_.remaining(true);
    const bool wants_verb = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
    std::string why = error.what();
    if (!left.empty() && !wants_verb)
        why = fmt::format("{} does not take “{}”{}", path, escaped(left.front()),
                          did_you_mean(app, left.front()));
    else if (!left.empty())
        why = fmt::format("{} has no “{}”{}", path, escaped(left.front()), did_you_mean(app, left.front()));
    else if (wants_verb)
        why = fmt::format("say what to do with {}", &app == &root_ ? "metkactl" : app.get_name());
    return {{status::usage, fmt::format("{}; see {} --help", why, path)}};
}

std::expected<CommandLine, CommandLineEnd> Tree::parse(std::vector<std::string> words)
{
    std::ranges::reverse(words); // as CLI11 wants them
    try {
        root_.parse(std::move(words));
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(help_here());
    } catch (const CLI::ParseError& error) {
        if (root_.count("--version") > 0)
            return std::unexpected(CommandLineEnd{{0, ""}, fmt::format("metkactl {}\n", version)});
        return std::unexpected(explain(error));
    }
    line_.verb = verbs_.at(&deepest());
    return std::move(line_);
}

} // namespace

std::expected<CommandLine, CommandLineEnd> read_command_line(std::vector<std::string> words,
                                                             std::string socket)
{
    try {
        return Tree(std::move(socket)).parse(std::move(words));
    } catch (const CLI::Error& fault) {
        return std::unexpected(CommandLineEnd{{exit_code(Fault::internal), fault.what()}});
    }
}

} // namespace metka::metkactl
