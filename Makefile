# Everything a newcomer needs. The work is done in tools/ and by `python -m …`; this file only names it.

.PHONY: run test lint format bench faults db-upgrade help
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python

run: ## Set everything up, start web and clock, print the address
	@sh tools/setup.sh run
	@exec $(PY) -m outreach.start --stop-with-parent

test: ## Run every test, on SQLite and on PostgreSQL (CI=true: the slow ones too)
	@sh tools/setup.sh dev
	@sh tools/system.sh
	@exec $(PY) -m tests $(TESTS)

lint: ## Check style, formatting and types
	@sh tools/setup.sh dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: ## Rewrite the code in the house's format
	@sh tools/setup.sh dev
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

bench: ## Measure; print a table, append to bench/results.jsonl (ONLY=name for one module)
	@sh tools/setup.sh dev
	@exec $(PY) -m bench $(ONLY)

faults: ## Run the trials of faults on both databases, and write their tables into docs/operators.md
	@sh tools/setup.sh dev
	@sh tools/system.sh
	@exec $(PY) -m tools.fault_table

db-upgrade: ## Bring the database to this version of the code
	@sh tools/setup.sh run
	@exec .venv/bin/flask --app wsgi db upgrade

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile
