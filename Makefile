# Two commands: `make lab` to take the course, `make test` to check everything. Both install what they need, once.
PYTHON   ?= python3
JOBS     ?= 2
PIP_ARGS ?=
VENV     := .venv
BIN      := $(VENV)/bin
PIP      := $(BIN)/python -m pip --disable-pip-version-check install $(PIP_ARGS) -c constraints.txt

export PATH := $(CURDIR)/$(BIN):$(PATH)
export OMP_NUM_THREADS ?= 1

.PHONY: help lab test quick browser bench choosing cifar execute build clean

help:
	@echo "make lab      install the course and open chapter 01 in JupyterLab"
	@echo "make test     install everything and run all tests (about 20 minutes on 2 cores)"
	@echo "make quick    the tests without notebooks and nbgrader (about 2 minutes)"
	@echo "make browser  drive a real Chromium through the chapters"
	@echo "make bench    set deqlib's solvers beside torchdeq's and SciPy's (about 10 minutes)"
	@echo "make choosing the same, written into docs/choosing.md"
	@echo "make cifar    write the training runs of docs/runs/ into docs/cifar.md"
	@echo "make execute  run the solved notebooks and store their outputs"
	@echo "make build    regenerate course/ from solutions/"
	@echo "make clean    remove the environment and what grading left"

lab: $(VENV)/course
	deq lab

test: $(VENV)/dev
	ruff check .
	mypy
	deq build --check
	pytest -n $(JOBS) -m "not browser"
	pytest -n $(JOBS) --dist loadfile --nbval-lax --nbval-cell-timeout 90 solutions

quick: $(VENV)/dev
	pytest -n $(JOBS) -m "not browser and not slow"

browser: $(VENV)/dev
	pytest -m browser tests/browser

bench: $(VENV)/dev
	python tests/benchmarks/run.py

choosing: $(VENV)/dev
	python tests/benchmarks/run.py --page docs/choosing.md

cifar: $(VENV)/dev
	python tests/benchmarks/cifar.py

execute build: $(VENV)/dev
	deq $@

$(VENV)/bin/python:
	@echo "==> Making an environment in $(VENV)"
	$(PYTHON) -c 'import sys; sys.exit("deq needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/course: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "==> Installing the course: PyTorch, JupyterLab and what they need. A few minutes, once."
	$(PIP) -e ".[course]"
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "==> Installing the course and the tools that test it. A few minutes, once."
	$(PIP) -e ".[dev]"
	@touch $@ $(VENV)/course

clean:
	rm -rf $(VENV) grading .deq
