#!/usr/bin/env bash
# Prepare a checkout: what the machine lacks (apt), .venv with pinned packages, the maps' front-end files.
# Usage: scripts/setup.sh demo|test.  Quick and harmless when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/setup_apt.sh
. scripts/setup_apt.sh

KIND=${1:-demo}
case $KIND in
demo) LOCK=requirements.lock ;;
test) LOCK=requirements-test.lock ;;
*) echo "usage: scripts/setup.sh demo|test" >&2; exit 2 ;;
esac
export PYTHONUTF8=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USER=0
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_REQUIRE_VIRTUALENV
STATE=.streetchief
LOG=$STATE/setup.log

say() { printf '» %s\n' "$*"; }

fail() { # one sentence in Chinese, the same in English
    printf '✗ %s\n  %s\n' "$1" "$2" >&2
    exit 1
}

# ── the machine ─────────────────────────────────────────────────────────────────────────────────────────────
# A PostgreSQL with PostGIS of the same major; other packagers' places are left to streetchief itself.
has_postgis() {
    [ -n "${STREETCHIEF_DATABASE_URL:-}${STREETCHIEF_POSTGRES_BIN:-}" ] && return 0
    local initdb major
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$initdb" ] || continue
        major=${initdb#/usr/lib/postgresql/} major=${major%%/*}
        [ -e "/usr/share/postgresql/$major/extension/postgis.control" ] && return 0
    done
    compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null || compgen -G '/opt/homebrew/opt/postgresql@*/bin/initdb' >/dev/null ||
        compgen -G '/usr/local/opt/postgresql@*/bin/initdb' >/dev/null || [ -d /Applications/Postgres.app ]
}

has_chromium() {
    [ -n "${CHROMIUM:-}" ] && [ -x "$CHROMIUM" ] && return 0
    [ -z "${CHROMIUM:-}" ] || fail "CHROMIUM 指的 $CHROMIUM 不能运行" "CHROMIUM names $CHROMIUM, which cannot be run"
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null
}

has_chinese_font() {
    installed fonts-noto-cjk && return 0
    command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family)" ]
}

has_libatomic() { # Playwright's own Node links to it; a minimal Debian has it not
    compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null || compgen -G '/usr/lib64/libatomic.so.1' >/dev/null ||
        [ "$(uname -s)" != Linux ]
}

python_fits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# The first Python ≥ 3.11 that can make a venv.  The one on PATH may be a pyenv shim that points nowhere.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.14; do
        if python_fits "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

prepare_machine() {
    local wanted=()
    venv_works || find_python >/dev/null || wanted+=(python3-venv)
    has_postgis || wanted+=(postgresql-postgis)
    if [ "$KIND" = test ]; then
        has_chromium || wanted+=(chromium)
        has_chinese_font || wanted+=(fonts-noto-cjk)
        has_libatomic || wanted+=(libatomic1)
        command -v curl >/dev/null || wanted+=(curl) # the examples of docs/api.md are run
        command -v jq >/dev/null || wanted+=(jq)
    fi
    [ ${#wanted[@]} -eq 0 ] && return 0
    say "用 apt 安装 / installing with apt: ${wanted[*]}"
    apt_install "${wanted[@]}"
}

# ── Python ──────────────────────────────────────────────────────────────────────────────────────────────────
# A .venv that was moved with its checkout, or whose Python was removed, does not work.
venv_works() {
    grep -qs "^command = .* $(pwd -P)/.venv\$" .venv/pyvenv.cfg && .venv/bin/python -c 'import pip' >/dev/null 2>&1
}

prepare_venv() {
    venv_works && return 0
    local python
    python=$(find_python) || fail \
        "没有可用的 Python 3.11 以上版本；请安装（Ubuntu 22.04：sudo apt-get install python3.11-venv），或用 PYTHON= 指定" \
        "no usable Python 3.11 or newer; install one (Ubuntu 22.04: sudo apt-get install python3.11-venv) or name one with PYTHON="
    say "建立 .venv / making .venv: $("$python" --version) ($python)"
    "$python" -m venv --clear .venv >>"$LOG" 2>&1 || explain_log \
        "建不了 .venv" ".venv could not be made"
}

fingerprint() {
    cat "$LOCK" pyproject.toml | sha256sum | cut -d' ' -f1
}

prepare_packages() {
    local stamp=.venv/.streetchief-$KIND print
    print=$(fingerprint)
    [ "$(cat "$stamp" 2>/dev/null)" = "$print" ] && [ -x .venv/bin/streetchief ] && return 0
    say "安装 Python 包（$LOCK，按哈希核对） / installing Python packages ($LOCK, checked by hash)"
    rm -f "$stamp"
    pip_run "--require-hashes -r $LOCK" install --require-hashes -r "$LOCK"
    pip_run "streetchief" install --quiet --no-build-isolation --no-deps --editable .
    printf '%s' "$print" >"$stamp"
}

pip_run() {
    local what=$1 total
    shift
    total=$(grep -c '==' "$LOCK")
    .venv/bin/python -m pip "$@" 2>&1 | tee -a "$LOG" | progress "$total" || explain_log \
        "Python 包装不上（pip $what）；请检查网络或 pip 的源（pip config list）后重试" \
        "the Python packages could not be installed (pip $what); check the network or pip's index (pip config list) and try again"
}

# Turns pip's lines into a counter, on one line in a terminal, now and then elsewhere.
progress() {
    local terminal=0
    [ -t 1 ] && terminal=1
    awk -v total="$1" -v terminal="$terminal" '
        /^Ignoring / { total-- }
        /^(Collecting|Processing|Requirement already satisfied)/ { n++; if (terminal) printf "\r  %d/%d %-40.40s", n, total, $2; else if (n % 25 == 0) printf "  %d/%d\n", n, total; fflush() }
        /^Installing collected packages/ { if (terminal) printf "\r  %-60s\n", "解包 / unpacking …"; else print "  解包 / unpacking …"; fflush() }
        END { if (terminal) printf "\r%-64s\r", "" }'
}

explain_log() {
    printf '%s\n' "── $LOG" >&2
    tail -n 15 "$LOG" >&2
    fail "$1" "$2"
}

prepare_assets() {
    local said
    said=$(.venv/bin/python scripts/fetch_assets.py) || exit 1 # it has said why, in both languages
    say "$said"
}

mkdir -p "$STATE" 2>/dev/null || fail "不能在 $PWD 里写文件" "cannot write in $PWD"
if command -v flock >/dev/null; then # two set-ups of one checkout go one after the other
    exec 9>"$STATE/setup.lock"
    flock 9
fi
prepare_machine
prepare_venv
prepare_packages
prepare_assets
