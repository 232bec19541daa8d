# Installing with apt, for scripts/setup.sh.  Needs `say`, `fail` and $LOG from there.
# shellcheck shell=bash

installed() {
    command -v dpkg-query >/dev/null && [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Sets AS_ROOT to what makes us root: nothing, or sudo.
become_root() {
    AS_ROOT=()
    [ "$(id -u)" = 0 ] && return 0
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
        AS_ROOT=(sudo)
        return 0
    fi
    return 1
}

ways_out() { # what else than apt would do, for the packages that are missing
    case " $* " in *" postgresql-postgis "*) printf ' %s' "STREETCHIEF_DATABASE_URL=…" ;; esac
    case " $* " in *" chromium "*) printf ' %s' "CHROMIUM=…" ;; esac
    case " $* " in *" python3-venv "*) printf ' %s' "PYTHON=…" ;; esac
}

apt_install() {
    local out
    out=$(ways_out "$@") out=${out# }
    command -v apt-get >/dev/null || fail \
        "本机没有 apt，装不了：$*；请自行安装后重试${out:+，或设置：$out}" \
        "this machine has no apt to install: $*; install them in its own way${out:+, or set:$out}"
    become_root || fail \
        "缺少：$*；没有 root 或 sudo 权限，请管理员运行 apt-get install --no-install-recommends $*${out:+，或设置：$out}" \
        "missing: $*; without root or sudo it cannot be installed: ask an administrator for apt-get install --no-install-recommends $*${out:+, or set:$out}"
    keep_system_cluster_away
    candidates_known "$@" || apt_run update || true
    if apt_run install --yes --no-install-recommends "$@"; then return 0; fi
    say "软件包目录可能过期，更新后再试 / the package lists may be old, updating and trying again"
    if apt_run update && apt_run install --yes --no-install-recommends "$@"; then return 0; fi
    tail -n 15 "$LOG" >&2
    fail "apt 装不上：$*（上面是它的话，全文在 $LOG）；请检查网络和软件源后重试${out:+，或设置：$out}" \
        "apt could not install: $* (its words are above, all of them in $LOG); check the network and the package sources and try again${out:+, or set:$out}"
}

# Debian starts a system cluster with a new PostgreSQL; we bring our own.  Never touched where PostgreSQL stands already.
keep_system_cluster_away() {
    local conf=/etc/postgresql-common/createcluster.conf
    if installed postgresql-common || [ -e "$conf" ]; then return 0; fi
    "${AS_ROOT[@]}" mkdir -p "${conf%/*}"
    printf 'create_main_cluster = false\n' | "${AS_ROOT[@]}" tee "$conf" >/dev/null
}

candidates_known() {
    local name
    for name in "$@"; do
        apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [^(]' || return 1
    done
}

apt_run() {
    say "apt-get $*"
    local keep=(-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=300)
    "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q "${keep[@]}" "$@" 2>&1 9>&- |
        tee -a "$LOG" | apt_progress
}

apt_progress() { # a line now and then out of many
    awk '
        /^(Need to get|After this operation|Fetched|[0-9]+ upgraded)/ { print "  " $0; fflush() }
        /^Unpacking / { n++; if (n % 25 == 0) { print "  " n " 个已解包 / unpacked"; fflush() } }
        /^Setting up / { m++; if (m % 25 == 0) { print "  " m " 个已配置 / configured"; fflush() } }
        /^(E|Err):/ { print "  " $0; fflush() }'
}
