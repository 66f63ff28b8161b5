# shellcheck shell=bash
# clang-format and clang-tidy over the sources that have changed since the branch began: against the merge base with
# main, or, on main itself, the commit before; with neither, every source.

tidy_seconds=${TIDY_SECONDS:-200}    # of all files together; what is not reached is told, not hidden
tidy_file_seconds=150 # of one file: coroutines cost the analyzer most

changed_since() {
    local main base
    for main in origin/main origin/master main master; do
        base=$(git merge-base HEAD "$main" 2>/dev/null) || continue
        [[ $base == "$(git rev-parse HEAD)" ]] || { echo "$base" && return; }
    done
    git rev-parse --quiet --verify 'HEAD~1' || git hash-object -t tree /dev/null
}

changed_sources() { # PATTERN…
    if ! git rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
        find cli core daemon tests \( -name '*.cpp' -o -name '*.h' \) -print
        return
    fi
    local path
    {
        git diff --name-only --diff-filter=d "$(changed_since)" -- "$@"
        git ls-files --others --exclude-standard -- "$@"
    } | sort -u | while read -r path; do [[ -f $path ]] && echo "$path"; done
}

check_format() {
    local -a sources
    mapfile -t sources < <(changed_sources '*.cpp' '*.h')
    ((${#sources[@]})) || return 0
    clang-format-19 --dry-run --Werror "${sources[@]}"
}

# tidy_one SOURCE DEADLINE FOLDER: leaves FOLDER/<source>.{clean,faults,late}.
tidy_one() {
    local log=$3/${1//\//+} status=0
    if ((EPOCHSECONDS >= $2)); then
        touch "$log.late"
        return
    fi
    timeout "$tidy_file_seconds" clang-tidy-19 --quiet -p build "$1" >"$log.log" 2>/dev/null || status=$?
    case $status in
        0) touch "$log.clean" ;;
        124) touch "$log.late" ;;
        *) mv "$log.log" "$log.faults" ;;
    esac
}

check_tidy() {
    local folder deadline=$((EPOCHSECONDS + tidy_seconds)) late
    folder=$(mktemp -d)
    export -f tidy_one
    export tidy_file_seconds
    # Small files first: many of them within the time, before the few that take long.
    changed_sources '*.cpp' | while read -r source; do grep -q "/$source\"" build/compile_commands.json && echo "$source"; done |
        xargs -r wc -c | sort -n | awk '$2 != "total" { print $2 }' |
        xargs -r -P "$(nproc)" -I '{}' bash -c 'tidy_one "$@"' tidy_one '{}' "$deadline" "$folder"
    find "$folder" -name '*.faults' -exec cat '{}' +
    late=$(find "$folder" -name '*.late' -printf '%f\n' | sed 's/\.late$//; s/+/\//g')
    [[ ! $late ]] || say "clang-tidy did not reach within ${tidy_seconds} s: ${late//$'\n'/ }"
    ! find "$folder" -name '*.faults' | grep -q . || { rm -rf "$folder" && return 1; }
    rm -rf "$folder"
}
