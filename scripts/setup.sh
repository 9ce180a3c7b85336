# shellcheck shell=bash
# Set-up that scripts/demo, scripts/test and the CI share: the environment and ngspice.
#
# Source it, then call `cosim_environment EXTRAS` and `cosim_ngspice`. Both return at once when
# there is nothing to do. Works with bash 3.2 (macOS) and newer.
#
#   COSIM_PYTHON   interpreter to make the environment with (default: the first of python3,
#                  python3.14 … python3.11 that is 3.11 or newer)
#   COSIM_VENV     where the environment goes (default: .venv in the repository)

cosim_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cosim_venv=${COSIM_VENV:-$cosim_root/.venv}
case $cosim_venv in /*) ;; *) cosim_venv=$PWD/$cosim_venv ;; esac

# sudo asks at the terminal itself, so the redirections around it do not matter.
cosim_terminal=
if [ -t 2 ]; then cosim_terminal=yes; fi

cosim_say() { printf '%s\n' "$*" >&2; }
cosim_die() { cosim_say "error: $*"; exit 1; }

# Run a command as root: directly, or through sudo, asking for a password only at a terminal.
cosim_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        if [ -n "${cosim_terminal:-}" ]; then sudo "$@"; else sudo -n "$@"; fi
    else
        return 1
    fi
}

# Install Debian packages; fails where there is no apt-get or no right to use it. apt's own words are
# shown only when it fails.
cosim_apt_install() {
    local log code=0
    command -v apt-get >/dev/null 2>&1 || return 1
    cosim_say "Installing with apt-get: $*"
    log=$(mktemp)
    # shellcheck disable=SC2016  # the inner shell expands "$@"
    cosim_as_root sh -c '
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq && apt-get install -y -qq --no-install-recommends \
            -o DPkg::Lock::Timeout=120 "$@"
    ' apt-get "$@" >"$log" 2>&1 </dev/null || code=$?
    [ "$code" -eq 0 ] || tail -n 5 "$log" >&2
    rm -f "$log"
    return "$code"
}

cosim_python_is_new() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

cosim_find_python() {
    local name
    for name in ${COSIM_PYTHON:+"$COSIM_PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if cosim_python_is_new "$name"; then
            command -v "$name"
            return
        fi
        if [ "$name" = "${COSIM_PYTHON:-}" ]; then
            cosim_die "COSIM_PYTHON=$COSIM_PYTHON is not a Python 3.11 or newer"
        fi
    done
    cosim_die "no Python 3.11 or newer found (python3: $(python3 --version 2>/dev/null || echo none));" \
        "install one, or name it: COSIM_PYTHON=/path/to/python $0"
}

# Make the virtual environment. Debian keeps the module that makes it in a package of its own.
cosim_make_venv() {
    local python package
    python=$(cosim_find_python) || exit 1
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
        cosim_apt_install "$package" ||
            cosim_die "$python cannot make virtual environments; install $package and call this again"
    fi
    cosim_say "Making the environment $cosim_venv with $("$python" --version)"
    rm -rf "$cosim_venv"
    "$python" -m venv "$cosim_venv" || { rm -rf "$cosim_venv"; cosim_die "could not make $cosim_venv"; }
}

# cosim_environment EXTRAS: an environment that holds the package, editable, with those extras.
# A stamp in it says what was installed from which pyproject.toml, so a second call costs nothing.
cosim_environment() {
    local extras=$1 stamp=$cosim_venv/.cosim-$1 wanted
    wanted="$(cksum <"$cosim_root/pyproject.toml") $cosim_root $cosim_venv"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$cosim_venv/bin/python" ]; then
        return
    fi
    # An environment does not survive its folder being moved or its interpreter being removed.
    if ! { "$cosim_venv/bin/python" -c 'import pip' &&
        [ "$(cat "$cosim_venv/.cosim-home")" = "$cosim_venv" ]; } >/dev/null 2>&1; then
        cosim_make_venv
        printf '%s\n' "$cosim_venv" >"$cosim_venv/.cosim-home"
    fi
    cosim_say "Installing the package with [$extras] into $cosim_venv (once; about a minute)"
    (cd "$cosim_root" && "$cosim_venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --editable ".[$extras]") >&2 ||
        cosim_die "the installation failed (see above); mend it and call this again"
    printf '%s\n' "$wanted" >"$stamp"
}

cosim_has_ngspice() { command -v ngspice >/dev/null 2>&1; }

cosim_has_libngspice() {
    { PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q 'libngspice\.so'; } ||
        ls /opt/homebrew/lib/libngspice*.dylib /usr/local/lib/libngspice*.{dylib,so*} \
            2>/dev/null | grep -q .
}

# The second simulator. Without it everything else still runs, so a failure here is a note.
cosim_ngspice() {
    local missing=() tried=$cosim_venv/.cosim-ngspice-tried
    cosim_has_ngspice || missing+=(ngspice)
    cosim_has_libngspice || missing+=(libngspice0)
    [ ${#missing[@]} -gt 0 ] || return 0
    if command -v apt-get >/dev/null 2>&1; then
        if [ ! -e "$tried" ] && cosim_apt_install "${missing[@]}"; then
            return
        fi
        cosim_say "note: ${missing[*]} could not be installed; to cross-check against ngspice:" \
            "sudo apt-get install ${missing[*]}"
    elif command -v brew >/dev/null 2>&1; then
        cosim_say "note: ngspice is missing; to cross-check against it: brew install ngspice libngspice"
    else
        cosim_say "note: ngspice is missing; to cross-check against it, install ngspice and its" \
            "shared library (libngspice) with your system's package manager"
    fi
    # Ask for rights once, not at every call; a new environment asks again.
    : >"$tried" || true
}
