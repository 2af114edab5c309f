# The whole of daily life. Every target sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help run test check bench soak clean setup lock audit sbom release
# A process that may not keep what it compiled compiles the project at every start, hundreds of times a test run.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/.venv/bin:$(PATH)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start the city; Ctrl-C stops it
	@scripts/setup
	@palika up

test: ## run all the tests, against a broker and a database that they start
	@scripts/setup --dev
	@python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: ## ruff with bandit's rules, mypy, import rules, pinned packages
	@scripts/setup --dev
	ruff check .
	ruff format --check .
	mypy palika $(wildcard services/*/domain)
	lint-imports
	python scripts/pinned.py

bench: ## measure, side by side with the peers; ONLY=name runs one
	@scripts/setup --bench
	@python -m benchmarks $(if $(ONLY),--only $(ONLY))

soak: ## load a city for MINUTES=30 and see whether it stays flat; WRITE=yes keeps the figures
	@scripts/setup --dev
	@python -m benchmarks.soak --minutes $(or $(MINUTES),30) $(if $(WRITE),--write)

clean: ## stop the city; remove its data (var/) and what tools left behind
	@# Nothing is removed under a city that runs: without a virtual environment one is made to stop it.
	@if [ -e var/run/city.json ]; then scripts/setup && PALIKA_VAR= palika down --quiet; fi
	rm -rf var build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: ## only set up: virtual environment, packages, RabbitMQ
	@scripts/setup --dev

lock: ## resolve requirements*.in anew into the locks, with hashes
	@scripts/setup --dev
	@scripts/lock

audit: ## ask what is known against the locked packages; needs PyPI's JSON API
	@scripts/setup --dev
	@# --strict: what could not be asked about is no good news.
	pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements.lock
	pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements-dev.lock

sbom: ## list what a city is made of, as CycloneDX: build/sbom.json
	@scripts/setup --dev
	@mkdir -p build
	cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible -o build/sbom.json

release: ## check, name and tag a release: VERSION=x.y.z or PART=minor; DRY_RUN=1 writes nothing
	@scripts/setup --dev
	@python scripts/release.py $(if $(VERSION),--version "$(VERSION)") $(if $(PART),--part "$(PART)") $(if $(DRY_RUN),--dry-run)
