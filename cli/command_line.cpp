#include "cli/command_line.h"

#include <algorithm>
#include <map>
#include <memory>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/general_options.h"
#include "cli/help.h"
#include "core/base/text.h"
#include "core/base/version.h"

namespace metka::metkactl {

namespace {

using control::Parameter;
using control::Type;
using control::Verb;

// A word that is none where it stands. CLI11 passes over it, and may know the next one.
struct Stray {
    const CLI::App* above;
    std::string word;
};

// CLI11's tree, with what has been said filled into `line`.
class Tree {
  public:
    Tree(std::string socket, Language language) : language_(language)
    {
        line_.socket = std::move(socket);
        root_.fallthrough();
        root_.require_subcommand(1);
        root_.add_option("--socket", line_.socket);
        root_.add_flag("--json", line_.json);
        root_.add_flag("--yes", line_.yes);
        root_.add_option_function<std::string>("--as",
                                               [this](const std::string& login) { line_.as = login; });
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
    std::string words_to(const CLI::App& app) const;
    void pass_yes_on();
    std::optional<Stray> stray() const;
    CommandLineEnd help_here() const;
    CommandLineEnd explain(const CLI::ParseError& error) const;
    std::string did_you_mean(const CLI::App& app, const std::string& word) const;

    Language language_;
    CommandLine line_;
    std::vector<std::string> words_;
    CLI::App root_{"", "metkactl"};
    std::map<const CLI::App*, const Verb*> verbs_;
};

std::vector<const CLI::App*> all_below(const CLI::App& app)
{
    return app.get_subcommands([](const CLI::App*) { return true; });
}

// The word below `above`, which is there already if another verb has it too.
CLI::App* word_under(CLI::App& above, std::string_view word)
{
    for (auto* const app : above.get_subcommands([](const CLI::App*) { return true; }))
        if (app->get_name() == word) return app;
    auto* const app = above.add_subcommand(std::string(word));
    app->fallthrough();
    return app;
}

void Tree::add(const Verb& verb)
{
    const auto words = verb.words();
    CLI::App* app = &root_;
    for (const auto word : split(words, ' ')) {
        app->require_subcommand(1);
        app = word_under(*app, word);
    }
    verbs_[app] = &verb;
    for (const auto& parameter : verb.parameters)
        if (parameter.is_said()) add(*app, parameter);
}

void Tree::add(CLI::App& app, const Parameter& parameter)
{
    if (parameter.type == Type::password) return add_password(app);
    const std::string name(parameter.name);
    if (parameter.type == Type::objects) {
        app.add_option(placeholder(parameter), line_.file)->required();
        return;
    }
    if (parameter.type == Type::flag && parameter.name == "yes") return; // every command has it
    if (parameter.type == Type::flag) {
        app.add_flag_callback(parameter.flag(), [this, name] { line_.params.push_back({name, true}); });
        return;
    }
    const auto take = [this, name](const std::string& text) { line_.params.push_back({name, text}); };
    auto* const option = app.add_option_function<std::string>(
        parameter.is_key() ? placeholder(parameter) : parameter.flag(), take);
    option->required(!parameter.is_optional());
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

// "my alias" of the word `alias` below `my`; empty for the root.
std::string Tree::words_to(const CLI::App& app) const
{
    if (&app == &root_) return "";
    const auto above = words_to(*app.get_parent());
    return above.empty() ? app.get_name() : above + " " + app.get_name();
}

std::optional<Stray> Tree::stray() const
{
    const CLI::App* app = &root_;
    auto rest = std::span(words_);
    for (auto below = all_below(*app); !below.empty(); below = all_below(*app)) {
        rest = rest.subspan(noun_place(rest));
        if (rest.empty()) return std::nullopt;
        const auto next = std::ranges::find(below, rest.front(), &CLI::App::get_name);
        if (next == below.end()) return Stray{app, rest.front()};
        app = *next;
        rest = rest.subspan(1);
    }
    return std::nullopt;
}

// Where --yes means something to metkad too, it is told.
void Tree::pass_yes_on()
{
    if (line_.yes && line_.verb->parameter("yes") != nullptr) line_.params.push_back({"yes", true});
}

CommandLineEnd Tree::help_here() const
{
    const auto& app = deepest();
    const auto verb = verbs_.find(&app);
    CommandLineEnd end{{0, ""}};
    if (verb != verbs_.end())
        end.help = help_for(*verb->second, language_);
    else
        end.help = &app == &root_ ? help() : help_for(words_to(app), language_);
    return end;
}

std::string Tree::did_you_mean(const CLI::App& app, const std::string& word) const
{
    if (word == "help") return "; did you mean “--help”?";
    std::vector<std::string> known;
    for (const auto* const below : all_below(app))
        known.push_back(below->get_name());
    if (&app == &root_) known.emplace_back("completion");
    for (const auto* const option : app.get_options())
        known.push_back(option->get_name());
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const auto near = nearest(word, candidates);
    return near ? fmt::format("; did you mean “{}”?", *near) : std::string();
}

CommandLineEnd Tree::explain(const CLI::ParseError& error) const
{
    const auto left = root_.remaining(true);
    const auto passed = stray();
    const auto& app = passed && !left.empty() && left.front() == passed->word ? *passed->above : deepest();
    const auto path = &app == &root_ ? std::string("metkactl") : "metkactl " + words_to(app);
    const bool wants_verb = !all_below(app).empty();
    std::string why = error.what();
    if (!left.empty() && !wants_verb)
        why = fmt::format("{} does not take “{}”{}", path, escaped(left.front()),
                          did_you_mean(app, left.front()));
    else if (!left.empty())
        why = fmt::format("{} has no “{}”{}", path, escaped(left.front()), did_you_mean(app, left.front()));
    else if (wants_verb)
        why = fmt::format("say what to do with {}", &app == &root_ ? "metkactl" : words_to(app));
    return {{status::usage, fmt::format("{}; see {} --help", why, path)}};
}

std::expected<CommandLine, CommandLineEnd> Tree::parse(std::vector<std::string> words)
{
    words_ = words;
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
    pass_yes_on();
    return std::move(line_);
}

} // namespace

bool CommandLine::is_dry_run() const
{
    return control::Json(params).member("dry_run") != nullptr;
}

std::expected<CommandLine, CommandLineEnd> read_command_line(std::vector<std::string> words,
                                                             std::string socket, Language language)
{
    try {
        return Tree(std::move(socket), language).parse(std::move(words));
    } catch (const CLI::Error& fault) {
        return std::unexpected(CommandLineEnd{{exit_code(Fault::internal), fault.what()}});
    }
}

} // namespace metka::metkactl
