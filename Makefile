PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready
CONTRACT := $(addprefix contract_tests/,documents drift specs generated conformance)
# They run code that others cover, too, and to measure coverage doubles the time of a test.
SWEEPS := $(addsuffix .py,$(addprefix clients/test_,echo hostile resume signed_deliveries)) \
	$(addsuffix .py,$(addprefix end_to_end/test_,contract_live faults pacing video_requests videos)) \
	flows/test_limiter.py::test_a_known_limit
UNMEASURED := $(CONTRACT) $(addprefix contract_tests/,browser docs mutation packaging $(SWEEPS))
PRISM := .cache/prism/node_modules/.bin/prism
# More processes than cores: many tests wait for sockets, browsers and compilers.
PARALLEL := --dist worksteal --numprocesses $(shell $(PYTHON) -c "import os; print(os.cpu_count() + 1)")
LOWEST := $(addprefix contract_tests/,cli contract testing values clients/test_telemetry.py end_to_end/test_faults.py) examples/video_service
HTTPX2 ?= $(addprefix contract_tests/,flows values providers clients end_to_end)
FASTAPI := "~=0.115.0" "~=0.130.0" ">=0.130"
JUNIT := .cache/contract/junit.xml

.DEFAULT_GOAL := help
.PHONY: help install demo emulator test coverage-scripts lowest httpx2 fastapi bench check lint mypy pyright generate docs drift accept specdiff contract contract-live contract-report mutate videos lock clean

help:  ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 17

$(READY): pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(READY)  ## make .venv with everything in it

demo: $(READY)  ## make one video with each model on the embedded emulator; no key, no money
	$(BIN)/python -m scripts.demo

emulator: $(READY)  ## serve the emulator, and its page, on this machine until Ctrl-C: make emulator OPTIONS="--port 9000"
	$(BIN)/python -m klingkit.emulator $(OPTIONS)

# Where an image turns bytecode off, each of dozens of processes would compile everything again.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(READY)  ## run all tests; coverage is of those that are about the wrapper
	$(BIN)/coverage erase
	$(BIN)/coverage run --rcfile contract_tests/coverage.ini -m pytest -p contract_tests.support.measuring $(PARALLEL) \
		--junitxml $(JUNIT) --unmeasured $(UNMEASURED)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

coverage-scripts: $(READY)  ## report which lines of scripts/ the contract checks and the tests run
	@mkdir -p .cache
	$(BIN)/coverage erase --rcfile contract_tests/coverage-scripts.ini
	$(BIN)/coverage run --rcfile contract_tests/coverage-scripts.ini -m pytest $(CONTRACT) contract_tests/docs contract_tests/mutation $(PARALLEL)
	$(BIN)/coverage combine --quiet --rcfile contract_tests/coverage-scripts.ini
	$(BIN)/coverage report --rcfile contract_tests/coverage-scripts.ini

WHEEL = $(BIN)/python -m hatchling build --target wheel --directory .cache/dist
# An environment beside .venv with the built wheel, extras of it, and what else a program has; ON=python3.13 is its Python.
ON ?= $(BIN)/python
BESIDE = $(BIN)/uv venv --quiet --clear --python $(ON) .cache/beside && \
	$(BIN)/uv pip install --quiet --python .cache/beside --refresh-package klingkit

lowest: $(READY)  ## test with the lowest version of each dependency that pyproject.toml allows
	rm -rf .cache/dist && $(WHEEL)
	$(BESIDE) --resolution lowest-direct --requirements pyproject.toml --all-extras --group beside
	$(BIN)/uv pip install --quiet --python .cache/beside --no-deps .cache/dist/*.whl
	.cache/beside/bin/python -m pytest -q $(LOWEST) --ignore contract_tests/values/test_catalogue.py $(PARALLEL)

httpx2: $(READY)  ## test the wheel with httpx2, the successor of httpx, in its place
	rm -rf .cache/dist && $(WHEEL)
	$(BESIDE) --requirements pyproject.toml --all-extras --group generate --group contract --group test httpx2
	$(BIN)/uv pip install --quiet --python .cache/beside --no-deps .cache/dist/*.whl
	.cache/beside/bin/python -m pytest -q -p contract_tests.support.alias_httpx \
		-W "ignore:Module already imported:pytest.PytestAssertRewriteWarning" $(HTTPX2) $(PARALLEL)

fastapi: $(READY)  ## test examples/video_service beside the FastAPI versions of the last two years
	rm -rf .cache/dist && $(WHEEL)
	for version in $(FASTAPI); do \
		$(BESIDE) "fastapi$$version" "$$(echo .cache/dist/*.whl)[testing]" && \
		.cache/beside/bin/python -m pytest -q -W ignore::DeprecationWarning examples/video_service || exit 1; done

.cache/bench/ready: $(READY) requirements/bench.txt
	$(BIN)/uv venv --quiet --clear --python $(ON) .cache/bench
	$(BIN)/uv pip install --quiet --python .cache/bench --compile-bytecode --require-hashes -r requirements/bench.txt
	@touch $@

bench: .cache/bench/ready  ## measure cost and scale, beside other libraries, and write docs/benchmarks.md: make bench PART=import
	rm -rf .cache/dist && $(WHEEL)
	$(BIN)/uv pip install --quiet --python .cache/bench --compile-bytecode --no-deps --reinstall .cache/dist/*.whl
	.cache/bench/bin/python -m benchmarks $(PART)

check: lint mypy pyright  ## lint, types, layering: make -j2 check

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

mypy pyright: $(READY)
	$(BIN)/$@

generate: $(READY)  ## write generated/klingkit_api from openapi/*.yaml
	$(BIN)/python -m scripts.generate

docs: $(READY)  ## write docs/models.md, docs/errors.md, docs/observed.md, and the programs of docs/quickstart-fastapi.md
	$(BIN)/python -m scripts.models
	$(BIN)/python -m scripts.errors
	$(BIN)/python -m scripts.quickstart
	$(BIN)/python -m scripts.specs.citations

drift: $(READY)  ## tell what changed in a vendor document: make drift DOC=path
	$(BIN)/python -m scripts.drift $(DOC)

accept: $(READY)  ## take its facts over into openapi/documents: make accept DOC=path
	$(BIN)/python -m scripts.drift --accept $(DOC)

specdiff: $(READY)  ## rate what changed in the specs since a revision: make specdiff REV=main
	$(BIN)/python -m scripts.specdiff $(REV)

contract: $(READY)  ## hold documents, specs, clients and emulator together; JUnit in .cache/contract
	$(BIN)/python -m pytest $(CONTRACT) $(PARALLEL) --junitxml $(JUNIT)

contract-live: $(READY)  ## check a running service, free: make contract-live API=kie BASE_URL=... [SPEND=1]
	$(BIN)/python -m klingkit.contract --api $(API) --base-url $(BASE_URL) $(if $(filter 1,$(SPEND)),--spend)

$(PRISM):  # a server of the specs that nobody here wrote; no lock file, which would name a registry
	npm install --no-save --no-package-lock --no-audit --no-fund --prefix .cache/prism @stoplight/prism-cli@5.16.0

contract-report: $(READY)  ## one page: the square, its four counts, what differs on purpose
	$(BIN)/python -m scripts.square

mutate: $(READY)  ## change every fact of the specs and count who notices
	$(BIN)/python -m scripts.mutate $(MUTATE) --output .cache/contract/mutation.json

videos: $(READY)  ## render the emulator's sample videos anew
	$(BIN)/python -m scripts.sample_videos

LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header

lock: $(READY)  ## resolve requirements/dev.txt and requirements/bench.txt anew
	$(LOCK) --all-extras --group dev --output-file requirements/dev.txt
	$(LOCK) --extra emulator --group bench --output-file requirements/bench.txt

clean:  ## remove what the other targets made
	rm -rf .venv .cache demo dist .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis
