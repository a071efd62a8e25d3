# The two commands a reader of the README needs are `make run` and `make test`; both set themselves up.
PYTHON ?= python3
BIN := .venv/bin
export DENTALIZATION_HOME ?=

.PHONY: setup run test check bench docs clean

setup: .venv/installed

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
