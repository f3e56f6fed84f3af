# Start here: `make demo` runs the demo, `make test` runs the tests, `make help` lists all targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PORT ?= 8000
BIN := .venv/bin
PYTHON := $(BIN)/python
UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
export UV_NO_PROGRESS := 1
export UV_SYSTEM_CERTS := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo stop test test-fast attack coverage soak histories lint format shell clean assets lock pictures
.PHONY: bench-pages bench-load bench-exports bench-import bench-mail bench-tracking bench-silence check-notes

help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: .venv/.installed node_modules/.installed  ## Run everything with a believable incident (PORT=8000, RESET=1 deletes its data and starts over, DAY=4 working days on)
	@exec $(PYTHON) manage.py demo --port "$(PORT)" $(if $(DAY),--day "$(DAY)") $(if $(RESET),--reset)

stop:  ## Stop this folder's demo (with the SEPO_DATA that it was started with, if any)
	@[ ! -e .venv/.installed ] || $(PYTHON) manage.py stop_engines

# One worker more than cores, because workers often wait for browsers and engines.
test: lint .ci/chromium-path  ## Lint and run all tests, on the bundled engines
	@.ci/find-postfix
	@.ci/find-nginx
	@.ci/find-libreoffice
	CHROMIUM=$$(cat .ci/chromium-path) $(PYTHON) -m pytest -n $$(($$(nproc) + 1)) --dist loadgroup

test-fast: .venv/.installed node_modules/.installed  ## Run the tests that need no browser, page or engine of their own and write no notes and mails
	$(PYTHON) -m pytest -n $$(nproc) --dist loadgroup -m "not browser and not slow and not engines"

check-notes: .venv/.installed  ## Check 300 edited notes, and again after LibreOffice saves them (NOTES=300, needs libreoffice-writer)
	NOTES=$(or $(NOTES),300) $(PYTHON) -m pytest tests/followups/test_note_check.py -k judged_wrong

attack: .venv/.installed node_modules/.installed  ## Attack every page with every combination that the tests take some of
	ATTACK=all $(PYTHON) -m pytest -n $$(nproc) tests/access

coverage: .venv/.installed node_modules/.installed .ci/chromium-path  ## Run all tests and list the lines of the product that no test runs
	CHROMIUM=$$(cat .ci/chromium-path) $(PYTHON) -m pytest -n $$(nproc) --dist loadgroup --cov --cov-report=term-missing:skip-covered

soak: .venv/.installed  ## 5.000 mails through 50 kills, flushes of the broker, restarts of PostgreSQL and a mail server in a bad mood
	$(PYTHON) benchmarks/soak_mail.py

histories: .venv/.installed node_modules/.installed  ## 200 random histories of letters: facts and counts beside a plain count in Python
	@HISTORIES=200 $(BIN)/pytest -n 2 tests/followups/test_histories.py

bench-pages: .venv/.installed node_modules/.installed  ## Queries and milliseconds of each page and search with 3.400 letters (or LETTERS=100000)
	$(PYTHON) benchmarks/pages.py $(if $(LETTERS),--letters $(LETTERS))

bench-load: .venv/.installed node_modules/.installed  ## Requests per second of the everyday mix on the demo's fourth day, from two processes, and with decisions
	$(PYTHON) benchmarks/load.py

bench-exports: .venv/.installed node_modules/.installed  ## Seconds and memory of downloading 100.000 letters, and LibreOffice's reading of them where it is installed
	$(PYTHON) benchmarks/exports.py

bench-import: .venv/.installed node_modules/.installed .tools/peers/.installed  ## What a list of 3.400 and of 100.000 rows costs beside other ways (MILLION=1: and a million)
	$(PYTHON) benchmarks/import_lists.py --peers .tools/peers $(if $(MILLION),--million)

bench-tracking: .venv/.installed node_modules/.installed  ## Letters and receipts a second that are taken in, and milliseconds of a search: 10.000.000 of each (or LETTERS=300000)
	$(PYTHON) benchmarks/tracking.py $(if $(LETTERS),--letters $(LETTERS))

bench-silence: .venv/.installed node_modules/.installed  ## How soon each fault of a made-up municipality is found, beside others' rules: an hour a seed (SEEDS=201-203)
	$(PYTHON) benchmarks/silence_faults.py $(if $(SEEDS),--seeds $(SEEDS))

bench-mail: .venv/.installed node_modules/.installed .tools/peers/.installed  ## What 2.000 and 20.000 notices cost on their way out, beside other ways
	@.ci/find-postfix
	$(PYTHON) benchmarks/mail.py

lint: .venv/.installed node_modules/.installed  ## Style, types, direction of imports, migrations, deployment settings
	@.ci/lint

format: .venv/.installed  ## Put code and templates in form
	$(BIN)/ruff check --fix-only -q . && $(BIN)/ruff format -q .

shell: .venv/.installed  ## A Django shell on the running engines, or on its own
	$(PYTHON) manage.py shell

assets: node_modules/.installed  ## Fetch Det Fælles Designsystem and collect static files as production serves them
	@.ci/as-production $(PYTHON) manage.py collectstatic --noinput -i scss -i split -i "*Thin*" -i "*ExtraLight*"

lock: $(UV)  ## Resolve the versions anew (writes requirements*.lock)
	$(call compile,requirements.lock,pyproject.toml)
	$(call compile,requirements-bundled.lock,pyproject.toml --group bundled)
	$(call compile,requirements-dev.lock,pyproject.toml --group dev)
compile = $(UV) pip compile -q $(2) --universal --python-version 3.12 --generate-hashes --no-header --no-emit-index-url --no-annotate -o $(1)

pictures: .ci/chromium-path  ## Take the README's pictures of a demo at PORT that was begun with DAY=4 RESET=1
	CHROMIUM=$$(cat .ci/chromium-path) $(PYTHON) docs/take_pictures.py --url http://127.0.0.1:$(PORT)

clean:  ## Remove what the other targets made, the demo's data too
	@[ ! -e .venv/.installed ] || $(PYTHON) manage.py stop_engines --forget || true
	rm -rf .venv .tools .data node_modules staticfiles .ci/chromium-path test-results .*_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# --- installing the tools ----------------------------------------------------------------------------------------

.tools/uv/bin/uv:
	@.ci/fetch-uv

.venv/.installed: requirements-dev.lock | $(UV)
	@$(UV) venv -q --allow-existing --python '>=3.12' .venv || { echo "Der mangler en Python fra 3.12 og op. Installér den, fx: apt-get install python3.13" >&2; exit 1; }
	@echo "Henter Python-pakker …"
	@VIRTUAL_ENV=.venv $(UV) pip sync -q --require-hashes requirements-dev.lock
	@touch $@

# Libraries that the benchmarks compare with. The project does not depend on the packages: no lock, a separate folder.
.tools/peers/.installed: benchmarks/peers.txt | .venv/.installed $(UV)
	@VIRTUAL_ENV=.venv $(UV) pip install -q --no-deps --target .tools/peers -r benchmarks/peers.txt
	@touch $@

node_modules/.installed: package-lock.json | .venv/.installed
	@echo "Henter Det Fælles Designsystem …"
	@command -v npm >/dev/null || VIRTUAL_ENV=.venv $(UV) pip install -q --require-hashes -r requirements-node.lock
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

.ci/chromium-path: | .venv/.installed
	@.ci/find-chromium > $@
