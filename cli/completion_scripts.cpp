#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/completion.h"
#include "core/base/text.h"

namespace metka::metkactl {

namespace {

// bash takes a word apart at each of COMP_WORDBREAKS, “@” among them: the words are taken from the line, and
// what bash believes to stand before the last piece is cut off the answers. What it inserts is read as a
// command: names that users chose, of app passwords, must be nothing but names there.
constexpr std::string_view bash_script = R"(# Completion of metkactl for bash. To have it in every shell:
#     metkactl completion bash > /etc/bash_completion.d/metkactl
_metkactl() {
    local line=${COMP_LINE:0:COMP_POINT} word front name
    local -a words
    read -r -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[${#words[@]} - 1]}
    front=${word%"${word##*[@:=]}"}
    COMPREPLY=()
    while IFS= read -r name; do
        name=${name#"$front"}
        [[ $name == *[!a-zA-Z0-9@._:=/,+-]* ]] && printf -v name %q "$name"
        COMPREPLY+=("$name")
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    [[ " ${words[*]:1} " == *" apply "* ]] && compopt -o default 2>/dev/null
    return 0
}
complete -F _metkactl metkactl
)";

constexpr std::string_view zsh_script = R"(#compdef metkactl
# Completion of metkactl for zsh. To have it in every shell, in a folder of $fpath:
#     metkactl completion zsh > /usr/local/share/zsh/site-functions/_metkactl
_metkactl() {
    local -a names
    names=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    names=("${(@)names:#}")
    (( ${#names} )) && compadd -- "${names[@]}"
    (( ${words[(I)apply]} )) && _files
    return 0
}
if [[ ${funcstack[1]} == _metkactl ]]; then
    _metkactl "$@"
else
    compdef _metkactl metkactl
fi
)";

constexpr std::string_view fish_script = R"(# Completion of metkactl for fish. To have it in every shell:
#     metkactl completion fish > ~/.config/fish/completions/metkactl.fish
function __metkactl_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null
end
complete -c metkactl -f -a '(__metkactl_complete)'
complete -c metkactl -n '__fish_seen_subcommand_from apply' -F
)";

struct Script {
    std::string_view shell;
    std::string_view text;
};
constexpr std::array<Script, 3> scripts{{{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}}};

constexpr std::string_view help_text =
    "metkactl completion bash|zsh|fish\n\n"
    "Prints what a shell needs to complete metkactl's words and the names of this "
    "machine;\nits first comment says where to put it.\n";

} // namespace

Outcome<std::string> completion_script(std::span<const std::string> words)
{
    const std::string_view shell = words.size() == 1 ? std::string_view(words.front()) : "";
    if (shell == "--help") return std::string(help_text);
    const auto script = std::ranges::find(scripts, shell, &Script::shell);
    if (script != scripts.end()) return std::string(script->text);
    return stop(status::usage,
                fmt::format("“{}” is no shell that metkactl knows: say bash, zsh or fish; see metkactl "
                            "completion --help",
                            escaped(fmt::format("{}", fmt::join(words, " ")), 40)));
}

} // namespace metka::metkactl
