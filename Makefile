# Thin recipes: what a target does is written in scripts/.
PYTEST_WORKERS ?= 2
PYTEST_ARGS ?=

venv := .venv/bin
with_engine := scripts/with-engine.sh
needs_ip := command -v ip >/dev/null || scripts/apt-install.sh iproute2 # for engines in a network of their own

.DEFAULT_GOAL := help
.PHONY: help demo test check bench acceptance soak venv engine images clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: images ## set everything up and apply stacks/shop; run it twice: nothing changes
	@scripts/demo.sh

test: images ## set everything up and run all tests (PYTEST_ARGS="-k rolling" for some)
	@$(needs_ip)
	@$(with_engine) env PYTHONPATH=scripts $(venv)/pytest -p one_engine_test -n $(PYTEST_WORKERS) --dist worksteal $(PYTEST_ARGS)

check: venv ## lint, types, architecture
	$(venv)/ruff check .
	$(venv)/ruff format --check .
	$(venv)/mypy
	$(venv)/mypy --strict scripts benchmarks tests/acceptance
	$(venv)/pytest tests/test_architecture.py

bench: images ## measure against Docker Compose and HAProxy by hand; writes benchmarks/results.md
	@command -v wrk >/dev/null || scripts/apt-install.sh wrk
	@$(with_engine) $(venv)/python benchmarks/run.py

acceptance: images ## run every counted figure in full; writes benchmarks/acceptance.md
	@$(needs_ip)
	@$(with_engine) $(venv)/python benchmarks/acceptance.py

soak: images ## half an hour of kills, engine restarts and applies beside a watch, on an engine of its own (root)
	@$(needs_ip)
	@$(with_engine) $(venv)/python benchmarks/acceptance.py --only soak

venv: ## make .venv
	@scripts/venv.sh

engine: venv ## bring up a Docker engine if none answers
	@scripts/engine.sh

images: engine ## make the images of the demo and the tests
	@$(with_engine) $(venv)/python scripts/images.py

clean: ## remove what the targets above made in this folder; state/ and the engine stay
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
