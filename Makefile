# make app, test, check, format, bench, demo, pictures. Each makes the environment first when it is missing or stale.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: app test check format bench pictures demo
app: $(VENV)/.installed
	$(BIN)/xaae app

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder # files of few long tests do not come last

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache . # cached answers outlive a module that came later
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

demo: $(VENV)/.installed
	$(BIN)/xaae demo train --out runs/demo

pictures: $(VENV)/.installed-dev
	$(BIN)/python scripts/take_pictures.py

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --disable-pip-version-check -e ".[test,dev]"
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps lfxai==0.1.1 pyautoencoder==2.1.0 quantus==0.6.0 # oracles of tests; their pins are old
	touch $@
