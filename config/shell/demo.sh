# shellcheck shell=bash
# The main job, as a newcomer would do it: provision, send, fetch. Whatever is there already is left as it is.

: "${demo_user:?}" "${dir?}" "${port_base?}"
domain=moja-firma.lublin.pl

have() { metkactl "$1" show "$2" >/dev/null 2>&1; }

# password_of NAME: the same as last time, or a new one. On the way to a program it never stands in an argument.
password_of() {
    local file=$dir/passwords password
    password=$(awk -v name="$1" '$1 == name { print $2 }' "$file" 2>/dev/null || true)
    if [[ ! $password ]]; then
        password=$(openssl rand -base64 12 | tr '+/' 'xy')
        (umask 077 && printf '%s %s\n' "$1" "$password" >>"$file")
    fi
    printf '%s\n' "$password"
}

# The one who runs this, if that is a person; otherwise a Unix user made for the demo.
shell_name() {
    local person=${SUDO_USER:-}
    ((EUID == 0)) || person=$(id -un)
    if [[ $person ]] && (($(id -u "$person") >= 1000)); then echo "$person"; else echo "$demo_user"; fi
}

make_shell_account() { # NAME
    local -a options=(--customer firma --disk-limit 500M --free-domain "$domain")
    have shell "$1" && return
    if getent passwd "$1" >/dev/null; then options+=(--adopt); else remember_demo_user; fi
    password_of "$1" | metkactl shell add "$1" "${options[@]}" --password-stdin >/dev/null
}

make_mailbox() { # ADDRESS OPTION…
    local address=$1
    shift
    have mailbox "$address" && return
    password_of "$address" | metkactl mailbox add "$address" "$@" --password-stdin >/dev/null
}

provision() { # SHELL
    have customer firma || metkactl customer add firma --name 'Moja Firma' --contact anna@example.org >/dev/null
    have domain "$domain" || metkactl domain add "$domain" --customer firma >/dev/null
    make_shell_account "$1"
    make_mailbox "biuro@$domain" --shell "$1" --capacity 50M
    make_mailbox "sklep@$domain" --customer firma --capacity 1G
    have alias "marketing@$domain" || metkactl alias add "marketing@$domain" --to "biuro@$domain" >/dev/null
}

# by_curl LOGIN ARGUMENT…: logs in without the password on the command line.
by_curl() {
    local login=$1
    shift
    curl --silent --show-error --max-time 30 --cacert "$dir/tls/ca.pem" \
        --config <(printf 'user = "%s:%s"\n' "$login" "$(password_of "$login")") "$@"
}

send_message() { # MESSAGE-ID
    printf '%s\r\n' "From: Sklep <sklep@$domain>" "To: marketing@$domain" \
        'Subject: =?UTF-8?Q?Pierwsza_wiadomo=C5=9B=C4=87?=' "Date: $(LC_ALL=C date -R)" "Message-ID: $1" \
        'MIME-Version: 1.0' 'Content-Type: text/plain; charset=UTF-8' 'Content-Transfer-Encoding: 8bit' '' \
        'Dzień dobry! This message came in by submission,' 'and went to an alias, which leads to biuro@.' \
        '. (A line that begins with a dot arrives whole.)' |
        by_curl "sklep@$domain" --url "smtp://localhost:$((port_base + 587))/mail.metka.test" --ssl-reqd \
            --mail-from "sklep@$domain" --mail-rcpt "marketing@$domain" --upload-file -
}

fetch_message() { # MESSAGE-ID
    local url=pop3s://localhost:$((port_base + 995)) number
    number=$(by_curl "biuro@$domain" --url "$url/" | awk '/^[0-9]/ { last = $1 } END { print last }')
    [[ $number ]] || fail 70 "biuro@$domain has no message, but the server said it was accepted"
    by_curl "biuro@$domain" --url "$url/$number" | tr -d '\r' >"$dir/fetched.eml"
    grep -qF "$1" "$dir/fetched.eml" || fail 70 "the newest message of biuro@$domain is not the one just sent"
}

show_demo() { # DIR
    local shell_account message_id
    shell_account=$(shell_name)
    message_id="<$(openssl rand -hex 8)@$domain>"
    provision "$shell_account"
    say "customer firma has $domain, the shell account $shell_account, biuro@, sklep@ and marketing@ (to biuro@)"
    send_message "$message_id" || fail 70 "the message could not be sent; see $1/metkad.log"
    fetch_message "$message_id"
    say "sklep@ sent by submission to marketing@; this is what biuro@ just fetched over POP3S:"
    echo
    awk '/^$/ { body = 1 } body || /^(From|To|Subject|Date|Delivered-To):/ { print "    " $0 }' "$1/fetched.eml"
    cat <<NEXT

What to try next (the passwords are in $1/passwords):
    . $1/instance.env
    \$METKACTL status
    \$METKACTL mailbox show biuro@$domain
    \$METKACTL alias add kontakt@$domain --to $shell_account
    curl --cacert \$CA_FILE --user biuro@$domain pop3s://localhost:\$POP3S_PORT/1
    config/quickstart --stop --purge $1
NEXT
}
