#!/bin/sh
# tools/setup.sh run|dev: the virtual environment in .venv with the pinned packages (dev: the test tools too).
# Installs only what the requirements files ask for and .venv does not have yet; a second call costs nothing.
set -eu
cd "$(dirname "$0")/.."
want=${1:-run}

say() { printf '%s\n' "$*" >&2; }

# Two commands started at once must not install over each other; the lock goes with this shell.
if command -v flock >/dev/null 2>&1; then
    exec 9<requirements.txt
    flock 9
fi

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in python3 python3.11 python3.12 python3.13 python3.14; do
        if command -v "$name" >/dev/null 2>&1 && is_new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    found=$(python3 --version 2>/dev/null || echo "no Python 3")
    say "Outreach needs Python 3.11 or newer, but this machine has $found: install one and try again."
    exit 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            say "Installing $version, which Debian keeps apart from Python."
            { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$version"; } >/dev/null 2>&1 || true
        fi
        if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
            say "Python's venv module is missing here: install the package $version (or python3-venv) and try again."
            exit 1
        fi
    fi
    say "Creating the virtual environment .venv with $("$python" --version)."
    rm -rf .venv
    "$python" -m venv .venv || {
        say "The virtual environment .venv could not be created; the lines above say why."
        exit 1
    }
}

# Left over from an interrupted start, or made with a Python that is gone: made anew.
if ! is_new_enough .venv/bin/python ||
    ! { [ -f .venv/installed-run ] || .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    make_venv
fi

fingerprint() { .venv/bin/python --version | cat - "$@" | cksum; }

install() { # install STAMP FILE...
    stamp=.venv/installed-$1
    shift
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$@")" ]; then
        return
    fi
    say "Installing the pinned packages of $* (once, some 20 seconds)."
    arguments=""
    for file in "$@"; do arguments="$arguments -r $file"; done
    # Built packages only, so that nothing of a package runs while it is installed; where one has none
    # for this machine, pip says so and the second try builds it.
    pip=".venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes"
    # shellcheck disable=SC2086
    $pip --only-binary :all: $arguments || $pip $arguments || {
        say "The packages could not be installed; the lines above say why. Is the network reachable?"
        exit 1
    }
    fingerprint "$@" >"$stamp"
}

case $want in
run) install run requirements.txt ;;
dev)
    install dev requirements.txt requirements-dev.txt
    fingerprint requirements.txt >.venv/installed-run
    ;;
*)
    say "usage: tools/setup.sh run|dev"
    exit 2
    ;;
esac
