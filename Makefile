# make train, make test, make check: each makes the environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help env train test test-fast test-app test-slurm docs check benchmark clean

help:
	@echo "make train      train the quickstart on the shipped clips, a few minutes on two cores"
	@echo "make test       run the tests but those that take long, in minutes"
	@echo "make test-fast  run those that take no time: what to run while changing code"
	@echo "make test-app   run the tests of the page, in an environment over $(VENV) that has gradio"
	@echo "make test-slurm run the tests on a SLURM of two nodes on this machine; installs it (Debian, root) if missing"
	@echo "make docs       build the site into build/site; ends with an error where a link leads nowhere"
	@echo "make check      pre-commit hooks (style, types, spelling), the site, and all tests but those of make test-slurm"
	@echo "make benchmark  measure speed; prints a table and writes benchmarks/results/"
	@echo "make env        only make the environment in $(VENV)"

env: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[dev]" -c constraints.txt
	@touch $@

train: $(READY)
	$(BIN)/vidgan-train experiments=super_resolution/quickstart

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not (long or notebook or slurm)"

test-fast: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not (process or slow or long or notebook or slurm)"

test-app: $(READY)
	tests/app/environment.sh build/app
	build/app/bin/python -m pytest tests/app

test-slurm: $(READY)
	tests/slurm/install.sh
	$(BIN)/python -m pytest tests/slurm

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

check: $(READY)
	$(BIN)/pre-commit run --all-files
	$(MAKE) docs
	$(BIN)/python -m pytest -n 2 --dist loadgroup --ignore=tests/slurm --ignore=tests/app/test_page.py --ignore=tests/app/test_browser.py

benchmark: $(READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache build dist
