# make up     set up and run           make up PORT=8001
# make test   set up and test          make test ARGS="tests/apps/vault -x"
# make lint   look at the code's form
# make clean  remove what was installed and built; the data under var/ stay
#
# Needs Python 3.11 or 3.12 and make. TORCH_INDEX names an index of CPU wheels, which are much smaller:
#   make up TORCH_INDEX=https://download.pytorch.org/whl/cpu

PORT ?= 8000
ARGS ?=
TORCH ?= torch==2.13.0
TORCH_INDEX ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
SUITS := -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' </dev/null >/dev/null 2>&1
# The first of these that suits; PYTHON=... names another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3 python; do \
	$$python $(SUITS) && echo $$python && break; done)

.DEFAULT_GOAL := up
.PHONY: up test lint clean

up: .venv/installed-worker
	@$(BIN)/python manage.py up --port $(PORT) $(ARGS)

test: .venv/installed-dev
	$(BIN)/python -m inference models fetch default
	$(BIN)/python -m pytest $(ARGS)

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find apps inference pixelated tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(or $(PYTHON),false) $(SUITS) || { \
	echo "Python 3.11 or 3.12 with venv is needed and was not found."; \
	echo "Install it (Debian: apt install python3 python3-venv) or name it: make PYTHON=/path/to/python3.11"; \
	exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed-torch: .venv/bin/python
	$(PIP) install $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) -c constraints.txt $(TORCH)
	@touch $@

.venv/installed-worker: .venv/installed-torch pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[worker]'
	@touch $@

.venv/installed-dev: .venv/installed-torch pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch .venv/installed-worker $@
