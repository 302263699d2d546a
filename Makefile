# `make` alone lists what there is.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8000
READY := .venv/.ready
IN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test check lint bench bench-quality bench-growth torture torture-sequencer openapi asyncapi test-brokers test-spark

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## the virtual environment .venv with the locked dependencies

# The stamp comes last and goes first: an interrupted set-up starts anew, a changed lock only adds.
$(READY): requirements.lock pyproject.toml
	@test -e $(READY) || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@test -e $(READY) || $(PYTHON) -m venv --clear .venv
	@rm -f $(READY)
	$(IN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.lock
	$(IN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@touch $(READY)

run: setup ## everything in one terminal, on PORT (8000)
	@exec $(IN)/ecif up --port $(PORT)

test: setup lint ## the whole test command, as CI runs it
	$(IN)/pytest -n auto

check: test ## the same by its other name

lint: setup
	$(IN)/ruff format --check .
	$(IN)/ruff check .
	$(IN)/mypy --strict src tests bench
	$(IN)/lint-imports

bench: setup ## speed figures
	$(IN)/python -m bench.speed

bench-quality: setup ## accuracy, beside the peers' where they can run
	$(IN)/python -m bench.quality

bench-growth: setup ## seconds and memory of match dedupe by rows; ROUNDS, FILES, ECIF_SPLINK_RUNNER
	$(IN)/python -m bench.growth --rounds $${ROUNDS:-3} $${FILES:-}

torture: setup ## the long tiers of the fault tests
	ECIF_TORTURE_SCALE=$${ECIF_TORTURE_SCALE:-30} $(IN)/pytest -n 0 -m torture --timeout 7200

torture-sequencer: setup ## 1,000,000 EVENTS by 16 writers beside a foreign transaction of a minute
	EVENTS=$${EVENTS:-1000000} $(IN)/pytest -n 0 -s tests/store/test_sequencer.py --timeout 10800

openapi: setup ## write openapi/ecif.json
	$(IN)/ecif openapi

asyncapi: setup ## write openapi/ecif-events.json
	$(IN)/ecif asyncapi

test-brokers: setup ## fetch NATS, RabbitMQ and Kafka into .brokers, and test the ways out to them
	$(IN)/python -m tests.brokers.install
	ECIF_TEST_BROKERS=1 $(IN)/pytest -n 0 tests/brokers

test-spark: setup ## install PySpark into .spark, and group on it what one machine groups
	$(IN)/python -m tests.spark.install
	PYTHONPATH=.spark/packages ECIF_TEST_SPARK=1 $(IN)/pytest -n 0 tests/spark
