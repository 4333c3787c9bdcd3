# Everything a newcomer needs: `make run` and `make test`. Both install what they need, once.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# One more than there are processors, since tests wait for disks and other processes.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
STAGE ?= dev

.DEFAULT_GOAL := help

.PHONY: help run demo emulate test check bench conformance docs oracles emulator packages deploy package undeploy clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

run: $(VENV)/run ## Install what is needed to run and start the registry on 127.0.0.1:8000
	@$(BIN)/python serve.py

demo: $(VENV)/run ## Publish ten real packages into a running registry and look at them
	@$(BIN)/python scripts/demo.py

emulate: $(VENV)/run $(if $(LOCALSTACK_ENDPOINT),,emulator) ## Start everything over an emulated bucket that announces its objects
	@$(BIN)/python -m localstack.emulate

test: check oracles emulator packages ## Install everything and run every check and test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: $(VENV)/dev ## Formatting, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev oracles emulator packages ## Measure, and print ratios against a baseline of the same run
	@for benchmark in benchmarks/*.py; do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

conformance: $(VENV)/dev oracles emulator ## Measure against Node, Deno, Bun, TypeScript and npm; SEED=7 generates others
	$(BIN)/python -m tests.conformance $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.conformance.clients
	$(BIN)/python -m tests.conformance.mirror
	$(BIN)/python -m tests.conformance.uploads

docs: $(VENV)/dev ## Write the generated reference pages anew
	$(BIN)/python scripts/generate_docs.py

oracles: tests/node_modules/.installed
emulator: .cache/localstack/installed
packages: $(VENV)/run
	@$(BIN)/python scripts/fetch_packages.py

deploy: $(VENV)/run ## Deploy a stage into the AWS account of the environment; STAGE=dev
	@$(BIN)/python -m deployment bucket --stage $(STAGE)
	@$(BIN)/python -m deployment deploy --stage $(STAGE)
	@$(BIN)/python -m deployment finish --stage $(STAGE)

package: $(VENV)/run ## Package a stage for CloudFormation and Terraform into build/; STAGE=prod
	@$(BIN)/python -m deployment package cloudformation --stage $(STAGE) build/$(STAGE)/cloudformation
	@$(BIN)/python -m deployment package terraform --stage $(STAGE) build/$(STAGE)/terraform

undeploy: $(VENV)/run ## Take a stage back that was deployed from here, and leave its data; STAGE=dev
	@$(BIN)/python -m deployment remove --stage $(STAGE)

clean: ## Remove everything that was installed or built here
	rm -rf $(VENV) .cache tests/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/run: requirements.txt pyproject.toml
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "installing what Prism runs on"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/dev: $(VENV)/run requirements-dev.txt
	@echo "installing the test tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

tests/node_modules/.installed: tests/package.json tests/package-lock.json
	@echo "installing the oracles"
	@cd tests && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.cache/localstack/installed: localstack/requirements.txt
	@echo "installing LocalStack, in an environment of its own"
	@test -d .cache/localstack/bin || $(PYTHON) -m venv .cache/localstack
	@.cache/localstack/bin/python -m pip install --quiet --disable-pip-version-check \
		-c localstack/requirements.txt "localstack-core[base-runtime]==4.13.1"
	@touch $@
