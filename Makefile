# Every target works on a fresh machine with Python 3.11 and nothing else: each makes its own virtual environment first.
# `make` alone lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# Arguments for pytest, e.g. make test PYTEST='-k planner -x'
PYTEST ?=

.DEFAULT_GOAL := help
.PHONY: help venv demo test check fix bench bench-rows fuzz chaos build clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

venv: $(STAMP) ## make the virtual environment in .venv

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "dsops needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Making $(VENV) and installing dsops with its tools (once, about a minute)"
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m virtualenv --quiet $(VENV) 2>/dev/null || \
	  { rm -rf $(VENV); echo "This Python can't make virtual environments. Install the module: apt-get install python3-venv (or: pip install virtualenv)." >&2; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[test]'
	@touch $@

demo: $(STAMP) ## the whole of dsops on the examples, against the emulator
	@$(BIN)/dsops demo

test: $(STAMP) ## every test
	@echo "Running the tests"
	@$(BIN)/python -m pytest -q -n auto --dist loadgroup $(PYTEST)

check: $(STAMP) ## formatting, lint, types, import contracts
	@echo "Format";  $(BIN)/ruff format --check --quiet . || { echo "Not formatted; run: make fix" >&2; exit 1; }
	@echo "Lint";    $(BIN)/ruff check --quiet .
	@echo "Types";   $(BIN)/mypy --no-error-summary
	@echo "Imports"; $(BIN)/lint-imports --no-cache --no-logo > $(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log >&2; exit 1; }
	@echo "All checks passed"

fix: $(STAMP) ## format, and repair what ruff can repair
	@echo "Formatting and repairing"
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .

bench: $(STAMP) ## measure, paired with Terraform where it is on the PATH (minutes)
	@echo "Measuring (nothing else should run on this machine now)"
	@$(BIN)/python -m tests.benchmarks

bench-rows: $(STAMP) ## the same for rows, up to a million of them
	@echo "Measuring rows (nothing else should run on this machine now)"
	@$(BIN)/python -m tests.benchmarks --only rows-10000 --only rows-100000 --only rows-create --only rows-1000000

# What is looked for with coverage in mind needs atheris, which there isn't for every Python; without it chance has to do.
fuzz: $(STAMP) ## hostile input to every reader, for SECONDS=60 (ARGS="--only NAME")
	@$(BIN)/python -m pip install -qq --disable-pip-version-check 'atheris>=3,<4' 2>/dev/null || true
	@echo "Fuzzing"
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(ARGS)

# MATRIX=1: first every boundary of the scenarios (half an hour). RACES=1: first eight processes race for each kind of state,
# 500 increments each (minutes). EXAMPLES=1000: then so many random schedules of bad networks and busy strangers for each provider
# (a failure ends with a blob; DSOPS_BLOB set to it repeats that one). ARGS: --provider vi, --state postgres or s3, and whatever --help tells.
chaos: $(STAMP) ## dsops killed again and again, for SECONDS=60 from SEED=N on (MATRIX=1, RACES=1, ARGS="--state postgres")
	@if [ -n "$(RACES)" ]; then echo "Racing for states"; \
	  STATE_INCREMENTS=500 $(BIN)/python -m pytest -q tests/conformance/test_state_lease.py -k eight_processes; fi
	@if [ -n "$(MATRIX)" ]; then echo "Killing at every boundary"; \
	  CRASH_ALL=1 $(BIN)/python -m pytest -q -n auto --dist loadgroup --timeout 3600 tests/crash/test_matrix.py; fi
	@echo "Killing"
	@$(BIN)/python -m tests.chaos --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED)) $(ARGS)
	@if [ -n "$(EXAMPLES)" ]; then echo "Bad networks and busy strangers"; \
	  DSOPS_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -q tests/machine/test_machine.py; fi

build: $(STAMP) ## the wheel and the source archive, in dist/
	@echo "Building into dist/"
	@rm -rf dist
	@$(BIN)/python -m build > $(VENV)/build.log 2>&1 || { cat $(VENV)/build.log >&2; exit 1; }
	@ls dist

clean: ## remove everything that make and the tools made
	@echo "Removing the virtual environment, builds and caches"
	@rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache fuzz-crashes
	@find dsops tests -name __pycache__ -type d -prune -exec rm -rf {} +
