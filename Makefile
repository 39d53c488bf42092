PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help install demo test check generate docs films lock clean

help:  ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(READY): pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(READY)  ## make .venv with everything in it

demo: $(READY)  ## make one video with each model on the embedded emulator; no key, no money
	$(BIN)/python -m scripts.demo

test: $(READY)  ## run all tests, with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run --rcfile contract_tests/coverage.ini -m pytest --numprocesses auto
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: $(READY)  ## lint, types, layering
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

generate: $(READY)  ## write generated/klingkit_api from openapi/*.yaml
	$(BIN)/python -m scripts.generate

docs: $(READY)  ## write docs/models.md and docs/errors.md
	$(BIN)/python -m scripts.models
	$(BIN)/python -m scripts.errors

films: $(READY)  ## render the emulator's films anew
	$(BIN)/python -m scripts.films

lock: $(READY)  ## resolve requirements/dev.txt anew
	$(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
		--all-extras --group dev --generate-hashes --no-header --output-file requirements/dev.txt

clean:  ## remove what the other targets made
	rm -rf .venv .cache demo dist .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis
