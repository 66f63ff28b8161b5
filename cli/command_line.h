#pragma once
// From the words after `metkactl` to one request. The command line is made from the verb table; what a value
// means is for metkad to judge.

#include <string>

#include "cli/failure.h"
#include "core/control/json.h"
#include "core/control/verbs.h"

namespace metka::metkactl {

enum class PasswordFrom { nowhere, standard_input, generator };

struct CommandLine {
    const control::Verb* verb = nullptr;
    control::JsonObject params; // all but the password
    PasswordFrom password = PasswordFrom::nowhere;
    std::string socket;
    bool json = false;
    bool yes = false;
};

struct CommandLineEnd : Failure {
    std::string help = {}; // for stdout, with status 0: --help or --version was asked for
};

// `words` are argv without the program's name; `socket` is where metkad is unless --socket says otherwise.
std::expected<CommandLine, CommandLineEnd> read_command_line(std::vector<std::string> words,
                                                             std::string socket);

} // namespace metka::metkactl
