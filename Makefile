# Two commands for everyone: `make demo` and `make test`. Both make .venv on first use and are quick afterwards.
PYTHON ?= python3
WORKERS ?= 2
BIN := .venv/bin
DEMO := demo-run
BENCHMARKS := $(filter-out _%,$(basename $(notdir $(wildcard benchmarks/*.py))))

.DELETE_ON_ERROR:
.PHONY: demo test lint format docs bench clean

demo: .venv/.installed  ## run the main job on the built-in simulated screen
	@if [ -f $(DEMO)/config.json ]; then $(BIN)/semimech run --resume $(DEMO); \
	else $(BIN)/semimech run demo --out $(DEMO); fi

test: .venv/.installed-test  ## lint, types, architecture and behaviour: the whole suite
	$(BIN)/python -m pytest --numprocesses=$(WORKERS) --dist=loadfile

lint: .venv/.installed-test  ## the same checks of style and types alone
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.installed-test  ## put sources in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.installed-test  ## measure again what benchmarks/*.md say; the ones on real data need SEMIMECH_DATA
	@for name in $(BENCHMARKS); do echo "benchmarks.$$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

docs: .venv/.installed  ## build the documentation into site/
	$(BIN)/python -m pip install --quiet --editable '.[docs]' --constraint constraints.txt
	$(BIN)/mkdocs build --strict --quiet

clean:  ## remove what these commands made
	rm -rf .venv $(DEMO)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "semimech needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv

# The stamps are redone when what they were made from changes; sources are installed editable and need nothing.
.venv/.installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable . --constraint constraints.txt
	@touch $@

.venv/.installed-test: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[test]' --constraint constraints.txt
	@touch $@ .venv/.installed
