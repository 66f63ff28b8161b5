# shellcheck shell=bash
# build_into FOLDER 'TARGET…' CMAKE-OPTION…: configures and builds; ends with 70 when cmake or the compiler refuses.

: "${root:?}" # the script that reads this one says where the tree is

# Another checkout of the same tree finds what this one compiled.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
# What is precompiled is known by its sum (config/cmake/precompiled.cmake).
export CCACHE_PCH_EXTSUM=1 CCACHE_SLOPPINESS=pch_defines,time_macros

have_compiler() {
    command -v clang++-19 >/dev/null || [[ -n ${CXX:-} ]] ||
        fail 69 "there is no compiler: Metka is built with clang++-19 (apt-get install clang-19)"
}

build_into() {
    local folder=$1 log
    local -a targets
    read -ra targets <<<"$2"
    shift 2
    have_compiler
    mkdir -p "$folder" || fail 77 "cannot write to $folder"
    log=$folder/configure.log
    if ! cmake -S "$root" -B "$folder" -G Ninja "$@" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail 70 "cmake refuses; the whole story is in $log"
    fi
    # "[n/m] …" whatever NINJA_STATUS the user likes.
    if ! NINJA_STATUS='[%f/%t] ' ninja -C "$folder" "${targets[@]}" 2>&1 | show_progress; then
        fail 70 "the build in $folder failed; what the compiler said is above"
    fi
}
