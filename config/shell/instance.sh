# shellcheck shell=bash
# A scratch instance: one folder with metka.yaml, a certificate of its own, the state and the log.

: "${root:?}" "${build_folder:?}" "${act:?}" "${port_base?}"

metkactl() { "$build_folder/bin/metkactl" --socket "$state/control.sock" "$@"; }

# Engine programs run under users of their own, so every folder above must let others through.
others_can_reach() { # FOLDER
    local folder=$1
    while [[ $folder != / ]]; do
        [[ -e $folder ]] && (((8#$(stat -c %a "$folder") & 1) == 0)) && return 1
        folder=$(dirname "$folder")
    done
}

choose_folder() { # DIR or nothing
    local folder
    folder=$(realpath -m -- "${1:-$root/scratch}")
    if [[ ! $1 && ! -f $folder/metka.yaml ]] && { ((EUID == 0)) && ! others_can_reach "$root" || [[ ! -w $root ]]; }; then
        folder=/var/tmp/metka-$EUID
    fi
    printf '%s\n' "$folder"
}

make_folder() { # DIR
    if [[ -e $1 && ! -f $1/created ]] && [[ ! -d $1 || $(ls -A "$1") ]]; then
        fail 73 "$1 is not empty and no scratch instance; name another folder"
    fi
    if [[ ! -d $1 ]]; then
        mkdir -p "$1" 2>/dev/null || fail 77 "cannot make the folder $1; name one that you may write to"
    fi
    [[ -O $1 && -w $1 ]] || fail 77 "$1 belongs to somebody else; name a folder of your own"
    chmod 0755 "$1"
    if [[ ! -f $1/created ]]; then
        choose_state "$1" >"$1/created" || fail 77 "cannot write to $1"
    fi
    state=$(awk '$1 == "state" { print substr($0, 7) }' "$1/created")
    mkdir -p "$state"
    chmod 0755 "$state"
    printf '*\n' >"$1/.gitignore"
}

# The state lies in DIR, unless the programs could not reach it there or its socket's name would be too long.
choose_state() { # DIR
    local state=$1/state
    if { ((EUID == 0)) && ! others_can_reach "$1"; } || ((${#state} > 90)); then
        state=$(mktemp -d "/var/tmp/metka-$EUID.XXXXXX")
        say "the programs could not reach $1: what they keep goes to $state" >&2
    fi
    printf 'state %s\n' "$state"
}

in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

first_port_in_use() { # BASE
    local offset
    for offset in 25 587 465 995; do
        ! in_use $(($1 + offset)) || { echo $(($1 + offset)) && return 0; }
    done
    return 1
}

is_running() { # DIR; sets PID
    PID=
    [[ -f $1/instance.env ]] || return 1
    PID=$(sed -n 's/^PID=//p' "$1/instance.env")
    [[ $PID && $(cat "/proc/$PID/comm" 2>/dev/null) == metkad ]] && grep -qzF "$1/metka.yaml" "/proc/$PID/cmdline"
}

old_port_base() { sed -n 's/^SMTP_PORT=//p' "$1/instance.env" 2>/dev/null | awk '{ print $1 - 25 }' || true; }

# Ports that were asked for must be free; otherwise those of last time, or the next base where all four are.
choose_ports() { # DIR
    local taken base previous
    previous=$(old_port_base "$1")
    if is_running "$1"; then
        [[ ! $port_base || $port_base == "$previous" ]] ||
            fail 78 "the instance in $1 runs on port base $previous; stop it first: config/quickstart --stop $1"
        port_base=$previous
        return
    fi
    if [[ $port_base ]]; then
        ! taken=$(first_port_in_use "$port_base") ||
            fail 78 "port $taken is taken by another program; choose another --port-base than $port_base"
        return
    fi
    for base in $previous {2000..60000..1000}; do
        first_port_in_use "$base" >/dev/null || { port_base=$base && return; }
    done
    fail 78 "found no free ports; name some with --port-base"
}

# An authority of the instance's own, and a certificate by it for this machine. Clients trust CA_FILE and nothing else.
sign_certificate() { # FOLDER
    local -a key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    umask 077
    cd "$1" &&
        openssl req -x509 -new "${key[@]}" -keyout ca-key.pem -out ca.pem -days 3650 -subj '/CN=Metka scratch authority' \
            -addext keyUsage=critical,keyCertSign,cRLSign &&
        openssl req -new "${key[@]}" -keyout key.pem -out request.pem -subj '/CN=localhost' &&
        openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 825 -out host.pem \
            -extfile <(printf '%s\n' 'subjectAltName=DNS:localhost,DNS:mail.metka.test,IP:127.0.0.1,IP:::1' \
                basicConstraints=CA:FALSE extendedKeyUsage=serverAuth) &&
        chmod 0644 ca.pem &&
        (umask 022 && cat host.pem ca.pem >certificate.pem) &&
        rm -f request.pem ca.srl host.pem
}

make_certificate() { # DIR
    local tls=$1/tls
    if openssl x509 -checkend 86400 -noout -in "$tls/certificate.pem" >/dev/null 2>&1; then return; fi
    rm -rf "$tls"
    mkdir "$tls"
    (sign_certificate "$tls") 2>"$1/openssl.log" || fail 70 "openssl could not make a certificate; see $1/openssl.log"
    rm -f "$1/openssl.log"
}

write_settings() { # DIR
    local file=$1/metka.yaml previous offset
    if [[ ! -f $file ]]; then
        cat >"$file" <<YAML
# A scratch instance by config/quickstart. Every key is in metka.yaml(5).
state:
  folder: $state
control:
  socket: $state/control.sock
operator:
  host: mail.metka.test
  domain: metka.test
accounts:
  maildir_link: no # a scratch instance leaves no traces in homes
tls:
  certificate: $1/tls/certificate.pem
  key: $1/tls/key.pem
smtp:
  listen: ["127.0.0.1:$((port_base + 25))"]
submission:
  listen: ["127.0.0.1:$((port_base + 587))"]
submissions:
  listen: ["127.0.0.1:$((port_base + 465))"]
pop3s:
  listen: ["127.0.0.1:$((port_base + 995))"]
plan:
  messages_per_hour: 0 # no limit: here one account sends all that is tried out
  messages_per_day: 0
YAML
    else
        previous=$(old_port_base "$1")
        for offset in ${previous:+25 587 465 995}; do # whatever else was edited stays
            sed -i "s/127\.0\.0\.1:$((previous + offset))\b/127.0.0.1:$((port_base + offset))/" "$file"
        done
    fi
}

write_environment() { # DIR
    cat >"$1/instance.env.new" <<ENV
METKACTL='$build_folder/bin/metkactl --socket $state/control.sock'
SMTP_PORT=$((port_base + 25))
SUBMISSION_PORT=$((port_base + 587))
SUBMISSIONS_PORT=$((port_base + 465))
POP3S_PORT=$((port_base + 995))
HTTPS_PORT=$((port_base + 443))
CA_FILE='$1/tls/ca.pem'
STATE_DIR='$state'
PID=$PID
ENV
    mv "$1/instance.env.new" "$1/instance.env"
}

all_serve() {
    local status
    status=$(metkactl status --json 2>/dev/null) || return 1
    ! grep -qE '"state": ?"(starting|waiting|stopped)"' <<<"$status"
}

# metkad says why it will not start in the last line of its log; its status is ours.
start_instance() { # DIR
    local deadline=$((SECONDS + 60)) code=0
    if is_running "$1"; then
        if [[ ! $build_folder/bin/metkad -nt $1/instance.env ]] && all_serve; then
            write_environment "$1"
            return
        fi
        stop_instance "$1"
    fi
    printf -- '-- started by quickstart\n' >>"$1/metkad.log"
    setsid "$build_folder/bin/metkad" --config "$1/metka.yaml" </dev/null >>"$1/metkad.log" 2>&1 &
    PID=$!
    write_environment "$1"
    until all_serve; do
        if ! kill -0 "$PID" 2>/dev/null; then
            wait "$PID" || code=$?
            tac "$1/metkad.log" | sed '/^-- started/,$d' | head -n 5 | tac >&2
            fail $((code ? code : 70)) "metkad did not start; its last words are above, the whole log is $1/metkad.log"
        fi
        ((SECONDS < deadline)) || fail 75 "metkad runs, but not all programs serve after 60 s; see $1/metkad.log"
        sleep 0.05
    done
}

stop_instance() { # DIR
    local deadline=$((SECONDS + 40))
    if ! is_running "$1"; then
        say "no instance runs in $1"
        return
    fi
    kill -TERM "$PID" 2>/dev/null || fail 77 "metkad is process $PID, and only its owner may end it"
    while [[ -e /proc/$PID && $(cat "/proc/$PID/comm" 2>/dev/null) == metkad ]]; do
        ((SECONDS < deadline)) || fail 75 "metkad (process $PID) has not ended after 40 s; see $1/metkad.log"
        sleep 0.05
    done
    sed -i 's/^PID=.*/PID=/' "$1/instance.env"
    [[ $act == start ]] || say "the instance in $1 has ended"
}

purge_instance() { # DIR
    local state
    [[ -e $1 ]] || return 0
    [[ -f $1/created ]] || fail 73 "$1 was not made by quickstart; remove it yourself"
    state=$(awk '$1 == "state" { print substr($0, 7) }' "$1/created")
    rm -rf -- "${state:?}" "${1:?}" || fail 77 "not everything below $1 could be removed"
    ((EUID != 0)) || release_users "$1"
    say "$1 is gone, with all that quickstart made for it"
}
