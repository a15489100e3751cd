# Needs Python 3.11 or later and make; every target does the rest of its set-up itself.
.DEFAULT_GOAL := help
.PHONY: help run test check explain docs bench faults image-test lock clean
.DELETE_ON_ERROR:
# Tests start the product many times; without its bytecode each start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON = python3
PORT = 8080
DATA = .data
DEMO = yes
T =
CHAPTER =
ROUNDS = 20
WORKERS = 2
UPGRADE = no

BIN := .venv/bin
READY := .venv/.ready
PARALLEL = --numprocesses "$(WORKERS)" --dist loadfile
TYPED := $(wildcard libs/*/src services/*/src deploy/*/src deploy/*.py deploy/image tests) $(patsubst %/__main__.py,%,$(wildcard bench/__main__.py))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(READY) ## Run Mandate here with its own PostgreSQL (PORT=8080 DATA=.data DEMO=yes|no)
	@exec $(BIN)/mandate-local run --port "$(PORT)" --data "$(DATA)" $(if $(filter no,$(DEMO)),--no-demo,--demo)

test: $(READY) ## Run the tests (WORKERS=2 processes; T="-k risk" passes arguments to pytest)
	@exec $(BIN)/pytest $(PARALLEL) $(T)

check: $(READY) ## Check style, types, import rules, pinned packages, and that nothing was forgotten
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python deploy/locks.py check
	$(BIN)/python deploy/generated.py check
	@PYTHONPATH=deploy $(BIN)/python -m image.check

explain: $(READY) ## Print what follows from a chapter (CHAPTER=requests)
	@exec $(BIN)/python deploy/house.py explain "$(CHAPTER)"

docs: $(READY) ## Write what is generated: contracts and samples, the events, the topics, the APIs, the problems
	@PYTHONPATH=. $(BIN)/python deploy/generated.py write

bench: $(READY) ## Measure throughput and latency on this machine
	@exec $(BIN)/python -m bench

faults: $(READY) ## Kill, freeze and cut off parts at random, many times (ROUNDS=20)
	@MANDATE_FAULT_ROUNDS="$(ROUNDS)" exec $(BIN)/pytest $(PARALLEL) tests/faults $(T)

image-test: $(READY) ## Build the images and try docker-compose.yml (as root a Docker of its own, if there is none)
	@MANDATE_REQUIRE_ALL=1 exec $(BIN)/pytest tests/e2e/test_image.py --capture=no $(T)

lock: $(READY) ## Pin third-party packages after a change of a pyproject (UPGRADE=yes takes newer ones)
	$(BIN)/python deploy/locks.py write $(if $(filter yes,$(UPGRADE)),--upgrade)

clean: ## Remove what these targets made; the data of `make run` stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

# Set-up runs when a requirement changed, or when .venv is not one that was made here.
ifneq ($(shell test -x $(BIN)/python && cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif
$(READY): deploy/bootstrap.py requirements/dev.txt requirements/build.txt requirements/uv.txt \
		pyproject.toml $(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml)
	@$(PYTHON) deploy/bootstrap.py
