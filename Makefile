# SPDX-License-Identifier: MIT
# Set-up and daily commands. Two of them do everything on a fresh machine: `make run`, `make test`.
#   make run CONFIG=my.json            the agent against your real provider
#   make run MICROPYTHON=/path         under another interpreter (1.23 or newer; cpython: without one)
#   make test TESTS="host_tests/host"  some of the tests

PYTHON ?= python3
PY := .venv/bin/python
TESTS ?=
# The tests wait more than they work. A file stays together; host_tests/conftest.py says which ones begin.
IN_PARALLEL = -n 3 --dist loadfile --no-loadscope-reorder
# One test in so many for `make nightly SHARD=1/4`; SEED makes random tests repeatable.
SHARD ?=
SEED ?=
PREFIX ?= /usr/local
DESTDIR ?=

export MICROPYTHON
# Firmware and shims are run in place: compiled leftovers of a renamed file must not be imported.
export PYTHONDONTWRITEBYTECODE = 1

.PHONY: help run test setup quick newcomer nightly mutants lint bench screens mpy release install uninstall clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: .venv/.run ## start the agent and the provider lab, with a live view (CONFIG=my.json: your own provider)
	@exec $(PY) -m tools run $(if $(CONFIG),--config "$(CONFIG)")

test: .venv/.dev ## install what the tests need (as root; else say what is missing) and run all tests
	@$(PY) -m tools.debian
	@$(PY) -m pytest $(if $(TESTS),$(TESTS),$(IN_PARALLEL)) || { echo "Those that failed once more, alone: a busy machine is no fault."; $(PY) -m pytest --last-failed --last-failed-no-failures none $(TESTS); }

setup: .venv/.tools ## install what all tools need into .venv: flash, image, web, package ... (a minute)
	@echo "All tools are set up: $(PY) -m tools lists them."

quick: .venv/.dev ## lint, and the tests that take no more than two minutes in all: pure parts on every interpreter
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check -q .
	@$(PY) -m pytest -q $(IN_PARALLEL) host_tests/shared host_tests/host/test_check_tool.py host_tests/host/test_tools.py

newcomer: .venv/.dev ## does the README work? its commands in a fresh clone of HEAD, from nothing (some minutes)
	@WANBEACON_NEWCOMER=1 $(PY) -m pytest -x --durations=3 host_tests/host/test_docs.py

nightly: .venv/.dev ## everything at its longest, each part in a time box (hours; SEED=7 SHARD=1/4), counts printed
	@$(PY) -m tools.debian
	@$(PY) -m tools nightly $(if $(SEED),--seed $(SEED)) $(if $(SHARD),--shard $(SHARD)) $(TESTS)

mutants: .venv/.dev ## do the tests notice small mistakes in the core? (10 minutes)
	@$(PY) -m tools mutants

lint: .venv/.dev ## ruff, and shellcheck where it is installed
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check -q .
	@if command -v shellcheck >/dev/null; then git ls-files -z | xargs -0 awk 'FNR == 1 && /^#!\/bin\/(ba)?sh$$/ { print FILENAME } { nextfile }' | xargs -d '\n' -r shellcheck -S warning; fi

bench: .venv/.dev ## measure everything, beside inadyn and ddclient (as root; six minutes)
	@$(PY) -m tools bench

screens: .venv/.dev ## walk the set-up pages in a real browser and put their pictures into docs/portal.png
	@$(PY) -m pytest -q host_tests/board/test_portal_browser.py -k "new_user and phone-True-light"
	@$(PY) -m tools screens

mpy: .venv/.dev ## compile firmware/ to build/mpy (.mpy 6.3, MicroPython 1.23 to 1.29)
	@$(PY) -m tools mpy build/mpy

release: .venv/.dev ## build what a release consists of, twice, into dist/: boards, mip, ipk, apk, .mpy, wheel, sums
	@$(PY) -m tools release

install: ## put the agent on this computer, with a systemd unit (as root; PREFIX=/usr/local, DESTDIR=)
	@boards/linux/install install "$(PREFIX)" "$(DESTDIR)"

uninstall: ## take it away again; settings and journal stay
	@boards/linux/install uninstall "$(PREFIX)" "$(DESTDIR)"

clean: ## remove what was built, measured and cached; .venv stays (rm -rf .venv for that)
	rm -rf build dist out .cache .hypothesis .ruff_cache
	find firmware host_tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.run: tools/requirements/run.txt tools/make-venv
	@tools/make-venv "$(PYTHON)" run

.venv/.tools: pyproject.toml tools/make-venv
	@tools/make-venv "$(PYTHON)" tools

.venv/.dev: pyproject.toml tools/make-venv
	@tools/make-venv "$(PYTHON)" dev
