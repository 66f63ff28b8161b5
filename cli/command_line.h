#pragma once
// From the words after `metkactl` to one request. The command line is made from the verb table; what a value
// means is for metkad to judge.

#include <optional>
#include <string>
#include <vector>

#include "cli/failure.h"
#include "core/control/json.h"
#include "core/control/verbs.h"
#include "core/domain/objects.h"

namespace metka::metkactl {

enum class PasswordFrom { nowhere, standard_input, generator };

struct CommandLine {
    const control::Verb* verb = nullptr;
    control::JsonObject params; // all but the password
    PasswordFrom password = PasswordFrom::nowhere;
    std::string socket;
    std::string file;              // apply: where the objects are; “-” is standard input
    std::optional<std::string> as; // the log-in in whose place is asked
    bool json = false;
    bool yes = false;

    bool is_dry_run() const;
};

struct CommandLineEnd : Failure {
    std::string help = {}; // for stdout, with status 0: --help or --version was asked for
};

// `words` are argv without the program's name; `socket` is where metkad is unless --socket says otherwise;
// the help of `my` is in `language`.
std::expected<CommandLine, CommandLineEnd>
read_command_line(std::vector<std::string> words, std::string socket, Language language = Language::english);

} // namespace metka::metkactl
