# shellcheck shell=bash
# need_packages PURPOSE…: everything that config/packages.txt lists for these purposes is installed afterwards, or
# the script has ended with 69 and the one command to run.

: "${root:?}" # the script that reads this one says where the tree is

packages_for() {
    local purpose
    for purpose; do awk -v purpose="$purpose" '$1 == purpose { print $2 }' "$root/config/packages.txt"; done
}

missing_packages() {
    local package
    for package in $(packages_for "$@"); do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            echo "$package"
    done
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

may_install() {
    ((EUID == 0)) && return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }
}

install_packages() {
    local -a install=(env DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes
        -o Dpkg::Use-Pty=0 install --no-install-recommends "$@")
    as_root "${install[@]}" >/dev/null 2>&1 && return 0
    as_root apt-get --quiet --quiet update >/dev/null # the lists were missing or old
    as_root "${install[@]}" >/dev/null
}

need_packages() {
    if ! command -v dpkg-query >/dev/null; then
        command -v clang++-19 cmake ninja >/dev/null && return 0
        fail 69 "this is no Debian system; install what config/packages.txt lists, then run this again"
    fi
    local -a missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    if ! may_install; then
        fail 69 "packages are missing, and only root can install them; run: sudo apt-get install ${missing[*]}"
    fi
    say "installing ${#missing[@]} packages: ${missing[*]}"
    install_packages "${missing[@]}" || fail 69 "apt-get could not install ${missing[*]}; see what it said above"
}
