# Works with uv, or with Python >= 3.11 and its venv alone. Packages come from the two lock files, nothing else.

PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
# Tests last from milliseconds to a minute: whoever has none left takes some of the other's.
# In CI a shared machine may hold a browser for half a minute: what fails there is tried once more, and named (R).
PYTEST = $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(if $(CI),--reruns 1)

# $(call install,FILE): what FILE locks, then ourselves. Says nothing on standard output: `make demo` belongs to the demo.
define install
	@{ echo "Installing from $(1) …"; \
	if command -v uv >/dev/null; then \
		uv venv --quiet --allow-existing --python ">=3.11" .venv && \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	else \
		{ $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
			{ echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 …"; exit 1; }; } && \
		{ test -x $(BIN)/pip || $(PYTHON) -m venv .venv; } && \
		$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r $(1) && \
		$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .; \
	fi; } >&2
	@touch $@
endef

.PHONY: help install demo serve test faults check modules mutants bench gallery browser lock clean

help:
	@echo "make demo      a living wall on this machine; ARGS='--port 8123 --json'"
	@echo "make install   what the product needs, into .venv"
	@echo "make serve     the product; ARGS='--config wall.toml --data data'"
	@echo "make test      the tests; ARGS='tests/server -k settings'"
	@echo "make faults    what fails: channels, lines, power, kill -9 in the middle, a day of a screen: minutes"
	@echo "make check     style, types, the house's imports"
	@echo "make mutants   each promise broken once: its test must see it"
	@echo "make bench     how fast, beside others, on this machine: ten minutes; ARGS='fanout'"
	@echo "make gallery   every page at its sizes, into .gallery/, measured"
	@echo "make browser   a Chromium for the browser tests"
	@echo "make lock      the lock files anew, from pyproject.toml (needs uv)"

install: .venv/runtime

demo: .venv/runtime
	@exec $(BIN)/complicity demo $(ARGS)

serve: .venv/runtime
	@exec $(BIN)/complicity serve $(ARGS)

test: .venv/dev
	@exec $(PYTEST) $(ARGS)

faults: .venv/dev
	@exec $(PYTEST) -m long $(ARGS)

check: .venv/dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports > .venv/imports.txt || { cat .venv/imports.txt; exit 1; }
	@$(MAKE) modules
	@echo "check: style, types and imports hold"

# The browser's modules have no build step, but their JSDoc types are checked, and that old televisions can read the screen's.
modules:
	@if command -v npm >/dev/null; then npm ci --silent --no-audit --no-fund && node_modules/.bin/tsc -p tsconfig.json && \
		node_modules/.bin/tsc -p tsconfig.screen.json && node tests/house/oldest.mjs; \
	elif test -n "$$CI"; then echo "modules: no npm to fetch tsc with"; exit 1; \
	else echo "SKIPPED the types of the browser's modules: install Node.js with npm"; fi

mutants: .venv/dev
	@exec $(BIN)/python -m tests.mutants $(ARGS)

bench: .venv/dev
	@exec $(BIN)/python -m tests.bench $(ARGS)

gallery: .venv/dev
	@exec $(PYTEST) -m gallery tests/browser $(ARGS)

browser: .venv/dev
	@if command -v apt-get >/dev/null && test "$$(id -u)" = 0; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium fonts-dejavu fonts-noto-cjk >/dev/null; \
	else $(BIN)/playwright install chromium; fi

lock:
	uv pip compile $(LOCK) -o requirements.lock pyproject.toml --group build
	uv pip compile $(LOCK) -o requirements-dev.lock pyproject.toml --group build --group dev -c requirements.lock
# No index is written down: whoever installs uses the one that their machine is set to.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

clean:
	rm -rf .venv .gallery .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

.venv/runtime: requirements.lock pyproject.toml
	$(call install,requirements.lock)

.venv/dev: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
