# The two commands a reader of the README needs are `make run` and `make test`; both set themselves up.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

.PHONY: run test check bench docs lock training contract storm chaos pooler

run: .venv/installed
	@$(BIN)/dentalization serve --demo

test: .venv/installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: .venv/installed
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.ops.squawk

# The spec's four queries at a million diagnoses, beside plain psycopg; then from upload to diagnosis.
bench: .venv/installed
	$(BIN)/python -m tests.benchmarks.bench --diagnoses 1000000 --enforce
	$(BIN)/python -m tests.benchmarks.uploads
	$(BIN)/python -m tests.benchmarks.audit --enforce
	$(BIN)/python -m tests.benchmarks.slots --enforce

# 50 rounds of two hundred people who want the same slot, through one server and through two.
storm: .venv/installed
	DENTALIZATION_STORM_ROUNDS=50 $(BIN)/python -m pytest tests/storms

# What depends most on sessions and connections, behind Debian's PgBouncer in transaction mode.
POOLED := tests/db tests/records tests/events tests/accounts/test_sessions.py tests/access/test_rows.py \
	tests/appointments/test_booking.py tests/appointments/test_waiting.py tests/api/test_edges.py
pooler: .venv/installed
	DENTALIZATION_TEST_POOLER=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(POOLED)

# Two hundred kills of server, worker and PostgreSQL while clients write and remember every answer.
chaos: .venv/installed
	$(BIN)/python -m tests.chaos.checker --kills 200

# The OpenAPI document against the running program, with many more examples than the tests ask for.
contract: .venv/installed
	DENTALIZATION_CONTRACT_EXAMPLES=200 $(BIN)/python -m pytest tests/api/test_contract.py

# What only the training of models needs, beside the rest; its tests skip without.
training: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-train.txt

# What is generated from the code: schema, settings.
docs: .venv/installed
	$(BIN)/python -m dentalization.ops.schema docs/reference
	$(BIN)/python -m tests.access.render docs/reference/access.md

lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --output-file requirements.txt

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
