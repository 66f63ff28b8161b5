# shellcheck shell=bash
# The system users of a scratch instance run by root. Several instances share them, so what was made on this machine
# is remembered in one register, with the instances that use it; the last one that is purged takes them along.

: "${root:?}" # the script that reads this one says where the tree is

register=/var/lib/metka-quickstart
register_lock=/run/lock/metka-quickstart
system_users=(metka-mail metka-smtp metka-access metka-auth metka-errand metka-resolver)
system_groups=(metka-directory metka-admin)
demo_user=metka-demo

# with_register COMMAND…: one quickstart at a time. The lock lies outside the register, which the last one removes.
with_register() {
    (
        flock 9
        (umask 077 && mkdir -p "$register/instances") || fail 77 "cannot write to $register"
        "$@"
    ) 9>"$register_lock"
}

instance_entry() { echo "$register/instances/$(cksum <<<"$1" | tr ' ' -)"; }

remember() { grep -qxF "$*" "$register/created" 2>/dev/null || echo "$*" >>"$register/created"; }

missing_users() {
    local name
    for name in "${system_groups[@]}"; do getent group "$name" >/dev/null || echo "group $name"; done
    for name in "${system_users[@]}"; do getent passwd "$name" >/dev/null || echo "user $name"; done
}

make_users_by_hand() {
    local kind name
    while read -r kind name; do
        case $kind in
            group) groupadd --system "$name" ;;
            user) useradd --system --user-group --no-create-home --home-dir /nonexistent \
                --shell /usr/sbin/nologin "$name" ;;
        esac
    done < <(missing_users)
    for name in metka-mail metka-smtp metka-auth; do usermod --append --groups metka-directory "$name"; done
    usermod --append --groups shadow metka-auth
}

take_users_alone() { # DIR
    local line
    local -a missing
    mapfile -t missing < <(missing_users)
    for line in "${missing[@]}"; do remember "$line"; done
    if ((${#missing[@]})); then
        if ! command -v systemd-sysusers >/dev/null || ! systemd-sysusers "$root/config/sysusers.d/metka.conf" 2>/dev/null; then
            make_users_by_hand || fail 77 "cannot make the users of config/sysusers.d/metka.conf"
        fi
    fi
    echo "$1" >"$(instance_entry "$1")"
}

take_users() { with_register take_users_alone "$1"; }

# The demo's shell user is made by metkad; whoever saw that it was not there before remembers it.
remember_demo_user() {
    getent passwd "$demo_user" >/dev/null || with_register remember "home $demo_user"
}

remove_users() {
    local kind name
    while read -r kind name; do
        case $kind in
            home) ! getent passwd "$name" >/dev/null || userdel --remove "$name" 2>/dev/null || true ;;
            user) ! getent passwd "$name" >/dev/null || userdel "$name" ;;
            group) ! getent group "$name" >/dev/null || groupdel "$name" ;;
        esac
    done <"$register/created"
}

release_users_alone() { # DIR
    local entry folder others=0
    rm -f "$(instance_entry "$1")"
    for entry in "$register"/instances/*; do
        [[ -f $entry ]] || continue
        read -r folder <"$entry"
        if [[ -f $folder/created ]]; then others=$((others + 1)); else rm -f "$entry"; fi
    done
    if ((others)); then
        say "the system users stay: $others other instance(s) use them"
        return 0
    fi
    [[ ! -f $register/created ]] || remove_users || fail 77 "some users that quickstart made could not be removed"
    rm -rf "$register"
}

release_users() { with_register release_users_alone "$1"; }
