# Parlour. `make` lists what can be done. Needs Python 3.11 or newer, make and a C compiler.

# The first of these that is at least 3.11; choose another with `make run PYTHON=/path/to/python`.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$name" && break; done)
ARGS ?=
JOBS ?= 4

# Compiled modules are kept, whatever the machine says: the tests start hundreds of processes that import the same.
export PYTHONDONTWRITEBYTECODE :=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
JS := tests/clients/js

# Parts that some tests need and that are not Python's. `make test NODE= CHROMIUM=` runs without them.
NODE ?= $(shell command -v npm >/dev/null 2>&1 && command -v node 2>/dev/null)
CHROMIUM ?= $(firstword $(foreach name,chromium chromium-browser google-chrome google-chrome-stable,\
	$(shell command -v $(name) 2>/dev/null)))
LEFT_OUT := $(if $(NODE),,node) $(if $(CHROMIUM),,browser)
MARKS := $(if $(NODE),,not node)$(if $(NODE)$(CHROMIUM),, and )$(if $(CHROMIUM),,not browser)

.DEFAULT_GOAL := help
.PHONY: help install run test check format bench lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.speech-stamp ## install and start the demo (ARGS="--port 8080" to pass options)
	@$(BIN)/parlour demo $(ARGS)

install: $(VENV)/.test-stamp $(VENV)/.speech-stamp $(if $(NODE),$(JS)/node_modules/.stamp)

test: install ## install and run every test (ARGS="tests/unit -k house")
	@$(foreach part,$(LEFT_OUT),$(call say_left_out,$(part));)true
	@CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(if $(strip $(MARKS)),-m "$(strip $(MARKS))") $(ARGS)
	@$(if $(strip $(ARGS)),true,$(BIN)/python -m tests.promises.report)

check: $(VENV)/.test-stamp $(VENV)/.speech-stamp ## lint, formatting, types and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.test-stamp ## put imports and layout in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.test-stamp $(VENV)/.speech-stamp ## measure against the limits and stock parts (ARGS="--help" lists choices)
	@$(BIN)/python -m bench $(ARGS)

lock: $(VENV)/.test-stamp ## pin requirements/*.in again, keeping what still fits (ARGS=--upgrade for newer)
	@$(call compile,build)
	@$(call compile,run)
	@$(call compile,test) --constraint requirements/run.txt
	@$(call compile,speech) --constraint requirements/test.txt

clean: ## remove everything that was installed or cached here
	rm -rf $(VENV) $(JS)/node_modules build .pytest_cache .ruff_cache .hypothesis .import_linter_cache src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Parlour needs Python 3.11 or newer, and none was found." \
		"Install one, or name it: make run PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer, which Parlour needs." >&2; exit 1; }
	@echo "Using $(PYTHON): $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made." \
		"On Debian and Ubuntu this helps: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.run-stamp: requirements/build.txt requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Parlour needs into $(VENV) (only when it changed) ..."
	@$(PIP) install --require-hashes --requirement requirements/build.txt --requirement requirements/run.txt
	@$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

# Tried once: where it cannot be installed the server runs without it, and `parlour doctor` says what is missing.
$(VENV)/.speech-stamp: requirements/speech.txt $(VENV)/.run-stamp
	@echo "Installing what speech needs into $(VENV) (only when it changed) ..."
	@$(PIP) install --require-hashes --only-binary :all: --requirement requirements/speech.txt || printf '%s\n' '' \
		'!!!!' '!!!! Speech could not be installed here and is LEFT OUT: no offline recogniser, no decoding of' \
		'!!!! recordings but WAV; replies are spoken only if espeak-ng is installed. Everything else works.' \
		'!!!! To try again: rm $@ and make run. What is missing: $(BIN)/parlour doctor' '!!!!' ''
	@touch $@

$(VENV)/.test-stamp: requirements/build.txt requirements/test.txt $(VENV)/.run-stamp
	@echo "Installing what the tests need into $(VENV) (only when it changed) ..."
	@$(PIP) install --require-hashes --requirement requirements/build.txt --requirement requirements/test.txt
	@touch $@

$(JS)/node_modules/.stamp: $(JS)/package.json $(JS)/package-lock.json
	@echo "Installing the stock JavaScript client into $(JS) ..."
	@npm ci --prefix $(JS) --ignore-scripts --no-audit --no-fund --loglevel=error || { \
		echo "npm could not install it. To run the other tests: make test NODE=" >&2; exit 1; }
	@touch $@

node_MISSING := node and npm were not found: the tests with the stock JavaScript client (marked node) DO NOT RUN
browser_MISSING := no Chromium was found: the tests of the built-in pages (marked browser) DO NOT RUN

define say_left_out
printf '%s\n' '' '!!!!' '!!!! $($(1)_MISSING).' '!!!!' ''
endef

define compile
$(BIN)/uv pip compile --quiet --no-header --no-annotate --generate-hashes --no-emit-index-url --no-emit-find-links \
	--universal --python-version 3.11 $(ARGS) requirements/$(1).in --output-file requirements/$(1).txt
endef
