# Every target creates the virtual environment that it needs; only Python 3.11+ and make are required.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests are distributed by file over processes, each with a separate database (2 GB of memory); the slow files,
# which use a browser and a database, are first.
TEST_PROCESSES ?= 2
PYTEST := $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: help install demo test test-all checked torture lint docs docs-serve release bench bench-scale clean

help:
	@echo "make install      .venv with all packages, including the compute extra (torch)"
	@echo "make demo         the explorer with 42 classes of ImageNet"
	@echo "make test         lint, and the tests without the slow ones"
	@echo "make test-all     lint and all tests"
	@echo "make lint         ruff and mypy; biome and tsc for the JavaScript"
	@echo "make docs         the documentation as a site, in site/; make docs-serve shows it while it is written"
	@echo "make release      wheel and sdist in dist/, checked; uploads nothing"
	@echo "make torture      KILLS=1000 killed commands, and damaged images; hours"
	@echo "make bench        benchmarks, as a table"
	@echo "make bench-scale  loading, ranking and queries at CLASSES=100 classes"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "summit-graph needs Python 3.11 or newer; name one with PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv is missing: on Debian and Ubuntu, apt install python3-venv"; exit 1; }

# The explorer's packages: no torch.
$(VENV)/explorer: pyproject.toml | $(BIN)/python
	@echo "Installing the explorer's packages (1 GB; one to four minutes) …"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "Installing all packages (7 GB with torch; several minutes) …"
	$(BIN)/python -m pip install --quiet --editable '.[compute,dev,docs]'
	touch $(VENV)/explorer $(VENV)/docs $@

# What the documentation is built with: no torch.
$(VENV)/docs: pyproject.toml | $(BIN)/python
	@echo "Installing the packages of the explorer and of the documentation (1 GB; one to four minutes) …"
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $(VENV)/explorer $@

install: $(VENV)/installed

# Options are passed in DEMO: make demo DEMO='--no-browser --port 8600'
demo: $(VENV)/explorer
	$(BIN)/summit-graph demo $(DEMO)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_javascript.py lint

checked: $(VENV)/installed lint
	$(BIN)/python scripts/check_javascript.py test
	$(BIN)/python scripts/install_browser.py

test: checked
	$(PYTEST) -m "not slow"

test-all: checked
	$(PYTEST)

# What make test tries a few times, many times.
KILLS ?= 1000
torture: $(VENV)/installed
	SUMMIT_GRAPH_TORTURE=$(KILLS) $(PYTEST) tests/torture

MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/python -P -m mkdocs
docs: $(VENV)/docs
	$(MKDOCS) build
	@echo "The site is in site/: open site/index.html"

docs-serve: $(VENV)/docs
	$(MKDOCS) serve

release: $(VENV)/installed
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/python scripts/check_release.py dist

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.aggregation
	$(BIN)/python -m benchmarks.models
	$(BIN)/python -m benchmarks.gpu

# Loading, ranking and queries at CLASSES synthetic classes, in a separate database.
CLASSES ?= 10
bench-scale: $(VENV)/installed
	$(BIN)/python -m benchmarks.scale --classes $(CLASSES)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist site node_modules
