# Everything a fresh machine needs is Python 3.11 or newer, with venv and pip, and make.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
PY := .venv/bin/python
RUN := .venv/bin

.PHONY: help demo browser quick test soak test-all check docs picture bench adoption conflicts format lock clean

help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: .venv/ready ## Track time on a real log, with plugins by others, one of ours, and a broken one
	@$(PY) demo/run.py

browser: ## Find a Chromium for the tests of pages, or install it where apt is there and may be used
	@sh tests/browser.sh

quick: .venv/ready ## Run the tests that start no process
	@echo "==> Running the quick tests"
	@$(RUN)/pytest -n auto -m "not slow" $(PYTEST_ARGS)

test: .venv/ready browser ## Run every test, and a sample of each long run
	@echo "==> Running the tests"
	@$(RUN)/pytest -n auto --dist loadgroup $(PYTEST_ARGS)

soak: .venv/ready ## Do the long runs whole: an hour or so
	@echo "==> Doing the long runs"
	@$(RUN)/pytest -n auto --soak $(PYTEST_ARGS)

test-all: .venv/ready ## Run every test on each of Python 3.11, 3.12 and 3.13 that is installed
	@UV=$(UV) sh tests/all-pythons.sh

check: .venv/ready docs ## Lint, format check, types, storeys, documentation
	@echo "==> Checking"
	@$(RUN)/ruff check
	@$(RUN)/ruff format --check
	@$(RUN)/mypy
	@$(RUN)/lint-imports

docs: .venv/ready ## Build the documentation; any warning is an error
	@echo "==> Building the documentation"
	@$(RUN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "    docs/_build/html/index.html"

picture: .venv/ready ## Draw the session of the front page from docs/session.md
	@$(PY) docs/draw_session.py

bench: .venv/ready ## Measure: ratios within one interleaved run
	@$(PY) benchmarks/run.py

adoption: .venv/ready ## Run published applications with published plugins (600 MB, Python 3.12)
	@$(PY) examples/adoption/adopt.py $(APPLICATIONS)

conflicts: .venv/ready ## Run two published plugins whose pins exclude one another in one application
	@$(PY) examples/conflicts/conflicts.py

format: .venv/ready ## Format and fix what can be fixed
	@$(RUN)/ruff check --fix
	@$(RUN)/ruff format

lock: $(UV) ## Compile requirements/dev.in to exact versions
	@$(UV) pip compile --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
		--upgrade --quiet -o requirements/dev.txt requirements/dev.in

clean: ## Remove everything that make has made
	rm -rf .tools .venv .cache docs/_build

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; '$(PYTHON)' is not. Name one: make PYTHON=/path/to/python3.12 test" >&2; exit 1; }
	@echo "==> Installing uv $(UV_VERSION) into .tools"
	@$(PYTHON) -m venv .tools || { \
		echo "'$(PYTHON) -m venv' failed: install the venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) || { \
		echo "uv could not be installed: pip needs to reach a package index (see 'pip config list')" >&2; rm -rf .tools; exit 1; }

.venv/ready: $(UV) requirements/dev.txt packages/pegboard/pyproject.toml packages/utt/pyproject.toml
	@echo "==> Setting up .venv (tools, pegboard and utt)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip install --quiet --compile-bytecode --python $(PY) -r requirements/dev.txt -e packages/pegboard -e packages/utt || { \
		echo "the development tools could not be installed: is a package index reachable?" >&2; exit 1; }
	@touch $@
