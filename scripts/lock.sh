#!/usr/bin/env bash
# Make requirements.lock (demo) and requirements-test.lock (test) from pyproject.toml: exact versions with hashes, for
# every platform and Python ≥ 3.11, without any index address.  Pins that still fit are kept; `UPGRADE=1 make lock` moves all.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=uv==0.13.9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$UV"
compile() { # output, what of pyproject.toml besides the dependencies…
    local out=$1
    shift
    cp "$out" "$work/$out" 2>/dev/null || true
    "$work/venv/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url ${UPGRADE:+--upgrade} "$@" --output-file "$work/$out"
    grep -q '://' "$work/$out" && { echo "✗ $out would name an address" >&2; exit 1; }
    mv "$work/$out" "$out"
    echo "» $out: $(grep -c '==' "$out") 个包 / packages"
}
compile requirements.lock --extra=notebook --group=build
compile requirements-test.lock --extra=notebook --group=build --group=test
