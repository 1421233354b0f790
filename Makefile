# The one way in, for people and for CI. `make help` lists it.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done || echo python3)
BIN := .venv/bin
SETUP = @$(PYTHON) bootstrap.py

# The tests start hundreds of processes: without byte code each of them compiles all that it imports again.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help demo up dashboard test pytest nightly lint types unit integration containers scenarios coverage mutants permissions cfn-lint audit checkov bundles-arm64 dist lock quality size soak dashboard-speed screenshots clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## requirements become software, end to end, on the embedded engine
	$(SETUP)
	@$(BIN)/agenticai demo

up: ## engine and stack in the foreground, for your own client; PORT=4567 for another port
	$(SETUP)
	@$(BIN)/agenticai up $(if $(filter command,$(origin PORT)),--port $(PORT))

dashboard: ## queues, dead letters, projects and cost of a stack that is up, in the browser
	$(SETUP) dashboard
	@$(BIN)/agenticai dashboard

test: lint ## all that has to pass before a merge; `make nightly` and `make mutants` are the rest
	@$(MAKE) --no-print-directory -j 2 types pytest
	@$(MAKE) --no-print-directory containers

pytest: ## unit and integration tests in one run
	$(SETUP) dev
	@$(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder -m "not nightly" --ignore tests/containers tests

nightly: ## more variants of tests that `make test` runs, such as pages of the dashboard in their other theme and width
	$(SETUP) dev
	@$(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder -m nightly tests

lint: ## ruff: style and security rules, formatting
	$(SETUP) dev
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && echo "ruff: clean"

types: ## mypy, strict
	$(SETUP) dev
	@$(BIN)/mypy

unit: ## tests with fakes, no engine
	$(SETUP) dev
	@$(BIN)/pytest -q -n auto tests --ignore tests/integration --ignore tests/containers

integration: ## the real path on the embedded engine
	$(SETUP) dev
	@$(BIN)/pytest -q -n auto --dist loadfile -m "not nightly" tests/integration

# Alone: browsers give up what they load where Docker makes a network.
containers: ## the engines and the dashboard in Docker's containers, of the images that docker/images.sh builds
	$(SETUP) dev
	@$(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder tests/containers

scenarios: ## every scenario of the library on the embedded engine, as tests
	$(SETUP) dev
	@$(BIN)/pytest -q -n auto scenarios

coverage: ## unit tests, and whether they run as many of the lines and branches as pyproject.toml asks for
	$(SETUP) dev
	@$(BIN)/pytest -q -n auto --cov --cov-report=term:skip-covered tests --ignore tests/integration --ignore tests/containers

mutants: ## 400 changes of the code, and whether the unit tests notice; MUTANTS=all or so many, SEED=2 for others
	$(SETUP) dev
	@$(BIN)/python .ci/mutants/run.py --count $(or $(MUTANTS),400) --seed $(or $(SEED),1)

permissions: ## scenarios on the embedded engine, and what functions' roles grant and deny; fails where they deny anything
	$(SETUP) dev
	@$(BIN)/python .ci/permissions.py

cfn-lint: ## cfn-lint on both templates
	$(SETUP) dev
	@$(BIN)/cfn-lint stack/template.yaml stack/deployer.yaml

audit: ## known vulnerabilities of the locked packages, where a source of advisories is in reach
	$(SETUP)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/audit.py

checkov: ## what checkov finds in the stack, beside the findings that stack/refused_findings.yaml refuses
	$(SETUP) dev
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/checkov.py

bundles-arm64: ## all that the functions' bundles hold, imported on Lambda's architecture by qemu; needs root and Debian
	$(SETUP) dev
	@$(BIN)/python .ci/bundles_arm64.py

quality: ## what QA, the runner and Ops say of stored software that is good, wrong or evil, and how often that is true
	$(SETUP) dev
	@$(BIN)/python -m agenticai.quality

size: ## what each function's bundle weighs, and how long its import takes
	$(SETUP)
	@$(BIN)/python -m agenticai.sizes

soak: ## 2,000 projects through one engine, its memory and latency; COUNT=300 BATCH=20 DELETE=1 for others
	$(SETUP)
	@$(BIN)/python -m agenticai.soak --count $(or $(COUNT),2000) --batch $(or $(BATCH),50) $(if $(DELETE),--delete)

dashboard-speed: ## how fast the dashboard's pages are on a full stack, and what they cost the engine; PROJECTS=50 for fewer
	$(SETUP) dev
	@$(BIN)/python -m agenticai.dashboard_speed $(if $(PROJECTS),--projects $(PROJECTS))

dist: ## wheel and source distribution with their checksums, in dist/
	$(SETUP)
	@rm -rf dist && $(BIN)/uv build --quiet --system-certs --out-dir dist
	@cd dist && sha256sum agenticai-* > SHA256SUMS && cat SHA256SUMS

lock: ## resolve every dependency again into requirements.lock, and LocalStack's into its own
	$(SETUP) dev
	@$(BIN)/uv pip compile --quiet --system-certs --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-header --no-annotate --no-emit-index-url pyproject.toml handlers/*/requirements.txt -o requirements.lock
	@cd emulator/engines/localstack && $(CURDIR)/$(BIN)/uv pip compile --quiet --system-certs --universal \
		--python-version 3.11 --no-header --no-annotate --no-emit-index-url requirements.in -o requirements.lock

screenshots: ## pictures of the dashboard's pages for its document, on a seeded stack
	$(SETUP) dev
	@$(BIN)/python -m tests.screenshots docs/images

clean: ## remove what make and the engine created
	rm -rf .venv .agenticai out
