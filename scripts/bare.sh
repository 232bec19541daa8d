#!/usr/bin/env bash
# The demo from zero in a minimal Debian 12 tree: git, make and python3 only.  Needs root and debootstrap.
#   scripts/bare.sh [target…]      make targets to run in the tree, default: demo
#   BARE_KEEP=1                    keep the tree afterwards and say where it is
#   BARE_SUITE=trixie              Debian 13 instead
# Where packages come from (apt, pip, npm) is read from this machine at run time and handed into the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
SUITE=${BARE_SUITE:-bookworm} # or trixie
HANDED=/opt/handed
ROOT_HOME=/root
INSIDE=$ROOT_HOME/streetchief # below 0700: the unprivileged database user cannot enter it, which must not matter

fail() {
    printf '✗ %s\n  %s\n' "$1" "$2" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "make bare 要建 chroot，需要 root" "make bare makes a chroot and needs root"
command -v debootstrap >/dev/null || fail "缺 debootstrap：apt-get install debootstrap" "debootstrap is missing: apt-get install debootstrap"

TREE=$(mktemp -d /var/tmp/streetchief-bare.XXXXXX)
chmod 755 "$TREE"
MOUNTS=()

clean_up() {
    local code=$? target pid
    for pid in "$TREE"/var/lib/streetchief/*/pg/postmaster.pid "$TREE$INSIDE"/.streetchief/pg/postmaster.pid; do
        if [ -s "$pid" ]; then kill -INT "$(head -n 1 "$pid")" 2>/dev/null || true; fi
    done
    sleep 1
    for ((target = ${#MOUNTS[@]} - 1; target >= 0; target--)); do
        umount --recursive "${MOUNTS[target]}" 2>/dev/null || umount --lazy "${MOUNTS[target]}" || true
    done
    if grep -qs " $TREE/" /proc/self/mounts; then
        echo "✗ $TREE: 还有挂载，没有删除 / something is still mounted there, not removed" >&2
    elif [ -n "${BARE_KEEP:-}" ]; then
        echo "» $TREE"
    else
        rm -rf --one-file-system "$TREE"
    fi
    exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

bring() { # mount something of this machine into the tree, at the same or another place
    local from=$1 to=$TREE${2:-$1}
    if [ -d "$from" ]; then mkdir -p "$to"; else mkdir -p "$(dirname "$to")" && touch "$to"; fi
    mount --bind "$from" "$to"
    MOUNTS+=("$to")
}

read_only() { bring "$@" && mount -o remount,bind,ro "${MOUNTS[-1]}"; }

# The mirror that this machine uses for the suite, else the one for its own suite.
mirror() {
    local targets own
    targets=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages')
    own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    for release in "$SUITE" "$own"; do
        awk -v r="$release" '$1 == r && $2 == "main" { print $3; found = 1; exit } END { exit !found }' <<<"$targets" && return
    done
    fail "读不出本机的 Debian 源" "this machine's Debian mirror could not be read"
}

copy_in() { # a file or folder, to the same place, if it is there
    [ -e "$1" ] || return 0
    mkdir -p "$TREE$(dirname "$1")"
    cp -aL "$1" "$TREE$(dirname "$1")/"
}

hand_apt() {
    copy_in /etc/apt/apt.conf.d
    copy_in /etc/apt/auth.conf.d
    copy_in /etc/apt/keyrings
    copy_in /etc/apt/trusted.gpg.d
    if [ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = "$SUITE" ]; then
        rm -f "$TREE/etc/apt/sources.list"
        copy_in /etc/apt/sources.list
        copy_in /etc/apt/sources.list.d
    fi
}

# pip's and npm's configuration, and whatever on this machine it names.  Folders keep their place; files (certificates)
# move below $HANDED, where no package of the tree can write over them.
hand_pip_and_npm() {
    local file word
    local configs=(/etc/pip.conf /etc/xdg/pip/pip.conf "$HOME/.pip/pip.conf" "$HOME/.config/pip/pip.conf" "$HOME/.npmrc")
    while read -r word; do
        case $word in /etc/* | /usr/local/share/* | /opt/* | /srv/* | /mnt/*) ;; *) continue ;; esac
        [ "$(basename "$word")" != simple ] || word=$(dirname "$word") # an index beside its files
        if [ -d "$word" ]; then read_only "$word"; fi
        if [ -f "$word" ]; then
            mkdir -p "$TREE$HANDED$(dirname "$word")"
            cp -L "$word" "$TREE$HANDED$word"
        fi
    done < <({ cat "${configs[@]}" /usr/etc/npmrc /etc/npmrc 2>/dev/null || true; handed_environment; } | named_paths)
    for file in "${configs[@]}"; do
        [ -f "$file" ] || continue
        word=$TREE${file/#"$HOME"/$ROOT_HOME}
        mkdir -p "$(dirname "$word")"
        point_at_handed <"$file" >"$word"
    done
    for file in /usr/etc/npmrc /etc/npmrc; do
        if [ -f "$file" ]; then point_at_handed <"$file" >>"$TREE$ROOT_HOME/.npmrc"; fi
    done
}

named_paths() { # every absolute path in a text, once
    grep -oE '(^|[=[:space:]]|file://)/[A-Za-z0-9_./+-]+' | sed -E 's#^[^/]*(//)?/#/#' | sort -u
}

point_at_handed() { # rewrites the paths of the files that were handed in
    local text path
    text=$(cat)
    if [ -d "$TREE$HANDED" ]; then
        while read -r path; do text=${text//"$path"/"$HANDED$path"}; done < <(cd "$TREE$HANDED" && find . -type f | sed 's/^\.//')
    fi
    printf '%s\n' "$text"
}

handed_environment() { # NAME=value lines
    env | grep -E '^(PIP_[A-Z_]+|NPM_CONFIG_[A-Z_]+|npm_config_[a-z_]+|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)=' || true
}

inside() {
    local given
    mapfile -t given < <(handed_environment | point_at_handed | grep =)
    chroot "$TREE" /usr/bin/env -i HOME=$ROOT_HOME PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${given[@]+"${given[@]}"} "$@"
}

echo "» debootstrap $SUITE → $TREE"
debootstrap --variant=minbase --include=git,make,python3 "$SUITE" "$TREE" "$(mirror)" >"$TREE.log" 2>&1 || {
    tail -n 20 "$TREE.log" >&2
    fail "debootstrap 失败" "debootstrap failed"
}
rm -f "$TREE.log"
cp -L /etc/resolv.conf "$TREE/etc/resolv.conf"
cp -L /etc/hosts "$TREE/etc/hosts"
hand_apt
hand_pip_and_npm
bring /proc
bring /sys
mount --rbind /dev "$TREE/dev" && mount --make-rslave "$TREE/dev"
MOUNTS+=("$TREE/dev")
read_only "$PWD" /mnt/repository
inside git -c safe.directory='*' clone --quiet /mnt/repository "$INSIDE"

for target in "${@:-demo}"; do
    echo "» make $target"
    inside make -C "$INSIDE" "$target"
done
case " ${*:-demo} " in *" demo "*) ;; *) exit 0 ;; esac
for file in heatmap.html complaints.geojson summary.json; do
    [ -s "$TREE$INSIDE/out/$file" ] || fail "没有生成 out/$file" "out/$file was not made"
done
echo "» make demo（第二次 / the second time）"
SECONDS=0
inside make -C "$INSIDE" demo
echo "✓ 最小 Debian（$SUITE）里的 demo 完成，第二次用了 $SECONDS 秒 / the demo works in a minimal Debian ($SUITE), $SECONDS s the second time"
