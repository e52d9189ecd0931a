# Two commands: `make demo` shows it, `make test` proves it. `make help` lists the rest.
# Each target sets up what it needs; nothing is written outside this folder (package caches aside).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# for two cores: a test process waits for its node, and for what it starts, a quarter of the time
JOBS ?= 3
ARGS ?=
HERE := $(CURDIR)
# Brownie, pytest and Foundry keep their state here instead of in the person's home
IN_HOME := HOME=$(HERE)/.home
PY := $(HERE)/.venv/bin/python
# many processes start here: what Python compiles is kept, in this folder, where a machine forbids it elsewhere
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX := $(HERE)/.home/pycache
export PATH := $(HERE)/.venv/bin:$(HERE)/node_modules/.bin:$(PATH)

READY := .venv/.installed node_modules/.installed .solcx/.chosen
SOURCES := bench largesse scripts tools tests
JAVASCRIPT := claim-page $(wildcard tools/*.mjs tests/*/*.mjs tests/*/*/*.mjs)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------- set-up

.PHONY: setup
setup: $(READY) ## install everything, by the lock files, into this folder
	@mkdir -p .home
	@tools/need-foundry

.venv/.installed: requirements.lock tools/bootstrap.lock tools/find-python tools/site/largesse_env.py
	@python=$$(tools/find-python); \
	if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  rm -rf .venv; echo "setup: a virtual environment in .venv, $$("$$python" --version)"; "$$python" -m venv .venv; fi
	@echo "setup: Python packages"
	@.venv/bin/pip install -q --disable-pip-version-check --require-hashes -r tools/bootstrap.lock
	@# Brownie is installed from source and interpreted: the compiled wheel crashes in coverage and stateful tests
	@BROWNIE_NOCOMPILE=1 .venv/bin/uv pip install -q --python .venv/bin/python --require-hashes \
	  --no-build-isolation --no-binary eth-brownie -r requirements.lock
	@$(PY) tools/site/install.py
	@touch $@

node_modules/.installed: package.json package-lock.json tools/unpack_chromium.mjs
	@tools/need-node
	@echo "setup: Node packages"
	@npm ci --no-audit --no-fund --loglevel=error
	@node tools/unpack_chromium.mjs
	@touch $@

.solcx/.chosen: tools/choose_solc.py .venv/.installed node_modules/.installed
	@$(PY) tools/choose_solc.py
	@touch $@

# ------------------------------------------------------------------------------------------- day by day

# Brownie does not notice that an interface's parent changed: all of them are read again when one did, and the
# contracts, whose metadata names each source they see.
build/.interfaces: $(wildcard interfaces/*.sol)
	@rm -rf build/interfaces build/contracts; mkdir -p build
	@touch $@

# Nor that a library changed which only a contract's parents use: then all contracts are compiled again.
build/.libraries: $(wildcard contracts/libraries/*.sol contracts/types/*.sol)
	@rm -rf build/contracts; mkdir -p build
	@touch $@

.PHONY: compile
compile: setup build/.interfaces build/.libraries ## compile the contracts for Brownie, once, before several processes need them
	@$(IN_HOME) $(PY) -m tools.brownie_here compile >build/compile.log || { cat build/compile.log; exit 1; }

.PHONY: demo
demo: compile ## a tour of the whole system on a chain of its own
	@$(IN_HOME) $(PY) -m tools.brownie_here run demo $(ARGS)

.PHONY: node
node: setup ## a development chain at http://127.0.0.1:8545, until Ctrl-C; it forgets everything then
	@anvil --chain-id 31337 --hardfork prague --base-fee 0 --gas-limit 30000000 --accounts 20 $(ARGS)

# ARGS: a config.json of your own
.PHONY: claim-page
claim-page: compile ## build the page that gift links lead to, in build/claim-page
	@claim-page/build build/claim-page $(ARGS)
	@echo "build/claim-page is ready to be served"

# Their pins conflict with Brownie's: each has an environment of its own
.venv-%/.installed: tools/%.lock .venv/.installed
	@echo "setup: $*, in .venv-$*"
	@rm -rf .venv-$*; $(PY) -m venv .venv-$*
	@.venv/bin/uv pip install -q --python .venv-$*/bin/python --require-hashes -r tools/$*.lock
	@touch $@

.PHONY: test
test: compile .venv-schemathesis/.installed ## every test, on Anvil and on pyrevm
	@$(IN_HOME) $(PY) -m pytest -n $(JOBS) $(ARGS)

# the person's own home, as on the page; `make test` is left out
.PHONY: rehearse-readme
rehearse-readme: ## type README.md in a fresh clone as somebody new does, and say how long that took
	@python=$$(tools/find-python); "$$python" -m tools.readme

.PHONY: fmt
fmt: setup ## format Python and Solidity
	@ruff check -q --fix-only $(SOURCES)
	@ruff format $(SOURCES)
	@forge fmt
	@FOUNDRY_PROFILE=symbolic forge fmt
	@prettier --log-level warn --write $(JAVASCRIPT)

.PHONY: lint
lint: setup ## style, types and formatting of Python and Solidity
	@ruff check $(SOURCES)
	@ruff format --check $(SOURCES)
	@$(IN_HOME) mypy $(foreach folder,bench largesse scripts tools,$(if $(wildcard $(folder)/*.py),$(folder)))
	@forge fmt --check
	@FOUNDRY_PROFILE=symbolic forge fmt --check
	@prettier --log-level warn --check $(JAVASCRIPT)

# what both compilers make of the sources, in build/
BUILD := $(IN_HOME) brownie compile >/dev/null && $(IN_HOME) forge build -q

.PHONY: sizes
sizes: setup build/.interfaces build/.libraries ## sizes of what is deployed, and Brownie's build against Forge's
	@$(BUILD)
	@$(PY) -m tools.sizes

.PHONY: gas
gas: compile ## measure the gas figures and write bench/gas.json
	@$(IN_HOME) $(PY) -m pytest -q -n $(JOBS) --gas-file=write tests/gas

.PHONY: gas-check
gas-check: compile ## measure the gas figures and compare them with bench/gas.json
	@$(IN_HOME) $(PY) -m pytest -q -n $(JOBS) --gas-file=complete tests/gas

.PHONY: features
features: compile ## run the rows, presets and journeys, and write docs/FEATURES.md
	@$(IN_HOME) $(PY) -m pytest -q -n $(JOBS) --feature-file=write tests/journeys

.PHONY: floors
floors: compile ## the gas of the same work by hand, to bench/FLOORS.md
	@$(IN_HOME) $(PY) -m bench.floors

# What does not install is not run, and the run says so.
bench/node_modules/.installed: bench/package.json bench/package-lock.json
	@tools/need-node
	@echo "bench: the peers' packages"
	@cd bench && npm ci --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error && touch node_modules/.installed \
	  || echo "bench: npm could not install the peers' packages"

.PHONY: bench
bench: compile bench/node_modules/.installed ## gas of ours beside the peers', to bench/RESULTS.md and bench/plots
	@$(IN_HOME) $(PY) -m bench.against

.PHONY: bench-http
bench-http: compile ## paid calls and vouchers beside the x402 package, to bench/HTTP.md
	@$(IN_HOME) $(PY) -m bench.http

.PHONY: bench-index
bench-index: compile ## indexing beside a plain web3.py loop, and a million events, to bench/INDEXER.md
	@$(IN_HOME) $(PY) -m bench.indexer

# Tests that add time and no lines: they repeat the others at length, or go through scripts and services.
NOT_FOR_COVERAGE := claim_page gas gateway indexer journeys python relayer report scripts services stateful tooling webhook

.PHONY: audit
audit: audit-lives audit-bugs audit-kills audit-slither audit-halmos audit-mutants coverage ## all the long hunts: docs/AUDIT.md says what they are

# calls in all, of all machines, counted and printed at the end
.PHONY: audit-lives
audit-lives: compile ## a million random calls and more against the models
	@$(IN_HOME) MACHINE_LIVES=$${MACHINE_LIVES:-36} MACHINE_STEPS=$${MACHINE_STEPS:-1000} $(PY) -m pytest -q -n $(JOBS) \
	  --dist loadfile tests/stateful/*/test_machine.py

.PHONY: audit-bugs
audit-bugs: compile ## every bug that was put in by hand is caught
	@$(IN_HOME) AUDIT=1 $(PY) -m pytest -q -n $(JOBS) tests/stateful/*/test_catches.py

.PHONY: audit-kills
audit-kills: compile ## the gateway is killed a hundred times
	@$(IN_HOME) GATEWAY_KILLS=$${GATEWAY_KILLS:-100} $(PY) -m pytest -q tests/gateway/test_kills.py
	@$(IN_HOME) NOTICE_KILLS=$${NOTICE_KILLS:-50} $(PY) -m pytest -q tests/journeys/test_row_notices.py -k killed
	@$(IN_HOME) INDEXER_KILLS=$${INDEXER_KILLS:-100} $(PY) -m pytest -q tests/indexer/test_kills.py

.PHONY: audit-slither
audit-slither: setup .venv-slither/.installed ## slither: every finding is answered in docs/SLITHER.md
	@$(IN_HOME) $(PY) -m tools.slither

.PHONY: audit-halmos
audit-halmos: setup .venv-halmos/.installed ## halmos: invariants for every amount
	@$(IN_HOME) FOUNDRY_PROFILE=symbolic PATH=$(HERE)/.venv-halmos/bin:$$PATH halmos --no-status $(ARGS)

.PHONY: audit-mutants
audit-mutants: compile ## 400 small changes of the contracts: lives and tests notice them (ARGS="--seed 2 --count 100")
	@$(IN_HOME) $(PY) -m tools.mutants --jobs $(JOBS) $(ARGS)

.PHONY: coverage
coverage: setup ## Solidity coverage of the Python tests, to docs/COVERAGE.md; fails below the limits
	@rm -rf build/tests*.json build/contracts
	@mkdir -p reports
	@# what is compiled for it is not what is deployed: nothing of it stays
	@trap 'rm -rf build/contracts' EXIT; \
	$(IN_HOME) $(PY) -m tools.full_maps >/dev/null; \
	$(IN_HOME) $(PY) -m pytest -q -n $(JOBS) --coverage $(NOT_FOR_COVERAGE:%=--ignore=tests/%) tests \
	  | sed -e '/^=* Coverage =*$$/,/^View the report/d'; \
	$(PY) -m tools.coverage --write docs/COVERAGE.md

.PHONY: clean
clean: ## remove what was built; keep the installed packages
	@rm -rf build reports out .home .hypothesis .pytest_cache .mypy_cache .ruff_cache node_modules/.cache
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# ----------------------------------------------------------------------------------------- maintenance

UV_LOCK := uv pip compile -q --universal --generate-hashes --python-version 3.11 \
  --no-emit-index-url --no-annotate --no-header

.PHONY: lock
lock: .venv/.installed ## renew the lock files (no registry's name in them)
	@$(UV_LOCK) requirements.in -o requirements.lock
	@$(UV_LOCK) tools/bootstrap.in -o tools/bootstrap.lock
	@for name in schemathesis slither halmos; do $(UV_LOCK) tools/$$name.in -o tools/$$name.lock; done
	@npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error
