# Needs git, make and Python 3.11 or later; everything else is installed from requirements.lock into .venv/.
# Windows without make: see README.md.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
INSTALLED := .venv/.installed
SLOW := simulation or spark or browser or benchmark

.PHONY: help install demo test check simulation spark browser benchmark docs lock glossary schema clean

help:             ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

install: $(INSTALLED)  ## make .venv and install what the lock names, each file checked against its hash

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed, and none was found. Install it, or: make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)

demo: install     ## a study with invented people, from data to a published report, in demo/
	$(BIN)/ot-eval demo demo

test: install     ## every test that takes seconds
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not ($(SLOW))"

check: install    ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

simulation: install  ## error rates and coverage by simulation: minutes, not seconds
	$(BIN)/python -m pytest -m simulation

spark: install    ## the same derivations on a local Spark; needs Java 17
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	$(BIN)/python -m pytest -m spark

browser: install  ## open every page in headless Chromium; needs Chromium and npm
	npm install --silent --no-audit --no-fund --no-package-lock --prefix tests/publish
	$(BIN)/python -m pytest -m browser

benchmark: install  ## ratios against named peers, measured side by side
	@for f in benchmarks/*.py; do echo "== $$f"; $(BIN)/python $$f || exit 1; done

docs: install     ## the manual as pages, in site/; fails where a link is dead
	$(BIN)/python docs/build.py

lock:             ## renew the locks after pyproject.toml has changed; needs uv
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate --extra dev --extra pdf pyproject.toml -o requirements.lock
	sed -n 's/^spark = \["\(.*\)"\]/\1/p' pyproject.toml | uv pip compile -q --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate - -o requirements-spark.lock

glossary: install  ## renew GLOSSARY.md
	$(BIN)/python -c "from ot_eval.base.glossary import as_markdown; print(as_markdown(), end='')" > GLOSSARY.md

schema: install   ## renew protocols/protocol.schema.json
	$(BIN)/ot-eval protocol schema > protocols/protocol.schema.json.new
	mv protocols/protocol.schema.json.new protocols/protocol.schema.json

clean:            ## remove the environment and the demonstration
	rm -rf .venv demo site
