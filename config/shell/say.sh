# shellcheck shell=bash
# How the scripts speak: what happens on standard output, what is wrong on standard error with a code of sysexits(3).

script=${0##*/}

say() { printf '%s: %s\n' "$script" "$*"; }

fail() { # CODE SENTENCE
    local code=$1
    shift
    printf '%s: %s\n' "$script" "$*" >&2
    exit "$code"
}

on_terminal() { [[ -t 1 ]]; }

# show_progress: ninja's lines come in; on a terminal the last one stands in one line, elsewhere every tenth part of
# the way is told. A fault is shown whole.
show_progress() {
    awk -v terminal="$(on_terminal && echo 1)" -v columns="${COLUMNS:-100}" '
        match($0, /^\[[0-9]+\/[0-9]+\]/) {
            split(substr($0, 2, RLENGTH - 2), way, "/")
            done_part = int(10 * way[1] / way[2])
            if (terminal) printf "\r\033[K%s", substr($0, 1, columns - 1)
            else if (done_part > told || way[1] == 1) { told = done_part; print "  " way[1] " of " way[2] }
            fflush()
            next
        }
        /^ninja: (no work|Entering)/ { next }
        { if (terminal) printf "\r\033[K"; print; fflush() }
        END { if (terminal) printf "\r\033[K" }'
}
