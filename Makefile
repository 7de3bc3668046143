# Everything runs in a virtual environment of the project's own; PYTHON chooses the interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PREFIX ?= $(HOME)/.local
JOBS ?= 5
SOURCES = $(shell find bridge scripts -name '*.py') pyproject.toml

.PHONY: kernel-check demo test unit lint types check generate build install uninstall bench clean daemon-bench run-soak soak chaos run-flood restore-check gc-check gc-soak metrics-bench batch-bench bench-agents top-bench mcp-bench

demo: dist/bridge.pyz
	@sh scripts/need_tmux.sh
	@BRIDGE=$(CURDIR)/dist/bridge.pyz bash scripts/demo.sh

test: $(VENV)/.ready
	@sh scripts/need_tmux.sh
	@# More workers than cores: what misses a deadline of real time under that load is run again alone, and told.
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests || \
	  { [ $$? = 1 ] && echo "make: what failed runs once more, alone" && \
	    $(BIN)/python -m pytest --last-failed --last-failed-no-failures none tests; }

unit: $(VENV)/.ready
	$(BIN)/python -m pytest tests/unit

lint: $(VENV)/.ready
	$(BIN)/ruff check bridge scripts tests
	$(BIN)/ruff format --check bridge scripts tests

types: $(VENV)/.ready
	$(BIN)/mypy

generate: $(VENV)/.ready
	$(BIN)/python scripts/generate.py

check: lint types
	$(BIN)/python scripts/generate.py --check

kernel-check: dist/bridge.pyz
	sh scripts/kernel_check.sh $(KERNEL_CHECK)

build: dist/bridge.pyz

dist/bridge.pyz: $(VENV)/.ready $(SOURCES)
	$(BIN)/python scripts/build.py $@

install: dist/bridge.pyz
	$(BIN)/python scripts/install.py dist/bridge.pyz $(PREFIX)

uninstall:
	rm -f $(PREFIX)/bin/bridge $(PREFIX)/bin/claude-tmux $(PREFIX)/bin/claude-tmux-bridge.sh $(PREFIX)/bin/claude-tmux-daemon.sh
	rm -f $(PREFIX)/share/bash-completion/completions/bridge $(PREFIX)/share/zsh/site-functions/_bridge
	rm -f $(PREFIX)/share/fish/vendor_completions.d/bridge.fish $(PREFIX)/share/man/man1/bridge.1

bench: dist/bridge.pyz
	$(BIN)/python scripts/bench.py dist/bridge.pyz
	$(BIN)/python scripts/lateness.py dist/bridge.pyz

MINUTES ?= 3

metrics-bench: dist/bridge.pyz
	$(BIN)/python scripts/metrics_bench.py dist/bridge.pyz

daemon-bench: dist/bridge.pyz
	$(BIN)/python scripts/daemon_bench.py dist/bridge.pyz

batch-bench: dist/bridge.pyz
	$(BIN)/python scripts/batch_bench.py dist/bridge.pyz

bench-agents: dist/bridge.pyz
	$(BIN)/python scripts/bench_agents.py dist/bridge.pyz
top-bench: dist/bridge.pyz
	$(BIN)/python scripts/top_bench.py dist/bridge.pyz

mcp-bench: dist/bridge.pyz
	$(BIN)/python scripts/mcp_bench.py dist/bridge.pyz

run-soak: dist/bridge.pyz
	$(BIN)/python scripts/run_soak.py dist/bridge.pyz $(RUNS)

run-flood: dist/bridge.pyz
	$(BIN)/python scripts/run_flood.py dist/bridge.pyz

soak: dist/bridge.pyz
	$(BIN)/python scripts/soak.py dist/bridge.pyz $(MINUTES)

chaos: dist/bridge.pyz
	$(BIN)/python scripts/chaos.py dist/bridge.pyz $(MINUTES)

N ?= 100

restore-check: dist/bridge.pyz
	$(BIN)/python scripts/restore_check.py dist/bridge.pyz $(N)
N ?= 10000

gc-check: $(VENV)/.ready
	$(BIN)/python scripts/gc_oracle.py $(N)

gc-soak: dist/bridge.pyz
	$(BIN)/python scripts/gc_soak.py dist/bridge.pyz $(RUNS)

clean:
	rm -rf dist build .pytest_cache .mypy_cache .ruff_cache *.egg-info

$(VENV)/.ready: pyproject.toml scripts/venv.sh
	sh scripts/venv.sh "$(PYTHON)" "$(VENV)"
