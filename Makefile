PYTHON ?=
EXIT ?=
ARGS ?=
venv := .venv/bin
# The dear ones first: what is shared out last should be small.
kinds := end-to-end faults integration contract unit
folders := $(subst -,_,$(kinds))

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test chaos $(kinds:%=test-%) lint types imports bench mutation lock clean

help:  ## Show this help
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready  ## Make .venv with the pinned packages (needs Python 3.11 or later; PYTHON=... names one)

.venv/.ready: requirements.lock requirements.in pyproject.toml scripts/setup
	@PYTHON="$(PYTHON)" scripts/setup

demo: setup  ## Start everything on fresh data and run the demo; EXIT=1 stops by itself
	@$(venv)/huiji demo $(if $(filter-out 0,$(EXIT)),--exit)

up: setup  ## Start the platform without input, in the background
	@$(venv)/huiji up --detach

down: setup  ## Stop what `make up` or `make demo` left running
	@$(venv)/huiji down

# Two processes share them by file: most of the time a test waits for servers, and so leaves room for another.
test: setup  ## Run all tests (ARGS="-k claim" passes on to pytest; ARGS="-n 0": one after the other)
	@$(venv)/pytest -n 2 $(wildcard $(folders:%=tests/%)) $(ARGS)

test-unit: setup  ## Tests without input and output
test-contract: setup  ## Published events, schemas and plan examples
test-integration: setup  ## Parts against a real broker and database
test-faults: setup  ## Killed processes and lost brokers
test-end-to-end: setup  ## The whole platform
$(kinds:%=test-%): test-%:
	@$(venv)/pytest -n 2 tests/$(subst -,_,$*) $(ARGS)

lint: setup  ## Code style, and a lock file without hosts
	@$(venv)/ruff check .
	@$(venv)/ruff format --check .
	@scripts/check-lock

types: setup  ## Types, strictly
	@$(venv)/mypy

imports: setup  ## Who may import whom
	@$(venv)/lint-imports --no-cache

chaos: setup  ## Disturb a platform under load, then prove that nothing was lost (ARGS="--seconds 300 --seed 7")
	@$(venv)/python -m tests.chaos $(ARGS)

bench: setup  ## Measure claims per second and latency against floors of the same run
	@$(venv)/python -m tests.benchmarks $(ARGS)
	@$(venv)/python -m tests.benchmarks.measure_columns
	@$(venv)/python -m tests.benchmarks.measure_snapshots

mutation: setup  ## Change the engine's money code in every small way and see that a test notices (an hour; docs/mutation.md)
	@scripts/mutation $(ARGS)

lock: setup  ## Pin requirements.in anew: hashes, no hosts
	@scripts/lock

clean:  ## Stop what runs; remove data, logs and caches (keeps .venv)
	@if [ -x $(venv)/huiji ]; then $(venv)/huiji down; fi
	@for link in .huiji/*/postgres; do if [ -L "$$link" ]; then rm -rf "$$(readlink "$$link")"; fi; done
	rm -rf .huiji build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find libs services tests -name __pycache__ -type d -prune -exec rm -rf {} +
