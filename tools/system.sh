#!/bin/sh
# tools/system.sh: what the tests need from the system, PostgreSQL and Chromium. With root on Debian it is installed;
# elsewhere a line says what is missing, and the tests that need it are skipped and counted as such.
set -eu

say() { printf '%s\n' "$*" >&2; }

has_postgres() {
    for folder in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
        [ -x "$folder/initdb" ] && return 0
    done
    command -v initdb >/dev/null 2>&1
}
has_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

missing=""
has_postgres || missing="$missing postgresql"
has_chromium || missing="$missing chromium fonts-noto-core fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Installing for the tests:$missing."
    log=$(mktemp)
    # The package's own server is not wanted: the tests start one of their own.
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
    fi
    rm -f "$log"
fi
has_postgres || say "PostgreSQL is missing: its half of the tests is skipped (Debian: apt-get install postgresql)."
has_chromium || say "Chromium is missing: the browser tests are skipped (Debian: apt-get install chromium)."
