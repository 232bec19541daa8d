# streetchief: everything that a newcomer types. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test serve bench bare test-real assets lock setup setup-test check
export PYTHONUTF8 = 1

BIN := .venv/bin

help:  ## 列出这些命令 / list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

setup:  ## 只准备环境 / prepare the environment and nothing more
	@scripts/setup.sh demo

setup-test:
	@scripts/setup.sh test

demo: setup  ## 用自带样例跑完全程，结果在 out/ / the whole way on the shipped sample, results in out/
	@$(BIN)/streetchief demo

serve: setup  ## 在本机启动网页服务 / serve the pages on this machine only
	@$(BIN)/streetchief serve

check: setup-test  ## 只做静态检查 / the static checks alone
	@echo "── ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@echo "── mypy"
	@$(BIN)/mypy --no-error-summary
	@echo "── import-linter"
	@$(BIN)/lint-imports --no-logo >.streetchief/import-linter.log || { cat .streetchief/import-linter.log; exit 1; }

test: check  ## 静态检查和全部测试（真 PostGIS、真 Chromium） / static checks and all tests, on real PostGIS and Chromium
	@echo "── pytest"
	@$(BIN)/python -m pytest -q

test-real: setup-test  ## 真实数据：需设 STREETCHIEF_REALDATA / real data, where STREETCHIEF_REALDATA points
	@test -d "$$STREETCHIEF_REALDATA" || { echo "请把 STREETCHIEF_REALDATA 设为真实数据的目录 / set STREETCHIEF_REALDATA to the folder of real data" >&2; exit 2; }
	@$(BIN)/python -m pytest -q -s tests/real

bench: setup-test  ## 快慢之比 / how quick, as ratios
	@$(BIN)/python -m pytest -q -s tests/benchmarks

bare:  ## 在最小的 Debian 12 里从零跑 demo（需 root 和 debootstrap） / the demo in a minimal Debian 12 tree (root, debootstrap)
	@scripts/bare.sh

assets: setup  ## 取地图前端文件并校验 / fetch and check the maps' front-end files
	@$(BIN)/python scripts/fetch_assets.py

lock:  ## 重新生成锁定文件 / make the lock files again
	@scripts/lock.sh
