# Everything runs in a virtual environment of the project's own; PYTHON chooses the interpreter.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PREFIX ?= $(HOME)/.local
JOBS ?= 5
# `make test SUBJECT=runs` takes the tests of one subject.
TESTS = $(if $(SUBJECT),$(or $(wildcard tests/*/$(SUBJECT)),$(error no tests of subject $(SUBJECT): $(notdir $(wildcard tests/integration/*)))),tests)
SOURCES = $(shell find bridge scripts -name '*.py' -o -name '*.toml' -o -path '*/shells/*sh') pyproject.toml

# `make test TMUX=PATH` takes that tmux. Inside a pane the environment has a variable of the same name, which is none.
ifeq ($(origin TMUX),command line)
export BRIDGE_TMUX := $(TMUX)
endif
unexport TMUX
# Without its cache of compiled modules each worker of the tests would compile them all.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: agents agents-latest test-agents record-screens kernel-check demo test unit lint types check generate build release install uninstall bench clean daemon-bench run-soak soak chaos run-flood restore-check gc-check gc-soak metrics-bench batch-bench cancel-soak bench-agents bench-peers top-bench mcp-bench

demo: dist/bridge.pyz
	@sh scripts/need_tmux.sh
	@BRIDGE=$(CURDIR)/dist/bridge.pyz bash scripts/demo.sh

test: $(VENV)/.ready
	@sh scripts/need_tmux.sh
	@# More workers than cores: what misses a deadline of real time under that load is run again alone, and told.
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS) || \
	  { [ $$? = 1 ] && echo "make: what failed runs once more, alone" && \
	    $(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(TESTS); }

# How often the state of a recorded screen of an agent's program is told right; -v shows the wrong ones of changed screens too.
.PHONY: agents-screens
agents-screens: $(VENV)/.ready
	$(BIN)/python scripts/agents_screens.py $(VERBOSE)

# The real agents, each against the model server of the tests; pinned versions, in a place of the project's own.
agents: $(VENV)/.ready
	$(BIN)/python scripts/install_agents.py

test-agents: agents
	@sh scripts/need_tmux.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 300 -rs tests/agents/live

# The newest versions of the agents, beside the pinned ones: what broke is known before the users meet it.
agents-latest: $(VENV)/.ready
	$(BIN)/python scripts/install_agents.py --latest
	BRIDGE_AGENTS=$(CURDIR)/build/agents-latest $(BIN)/python -m pytest -n 2 --dist loadgroup --timeout 300 -rs tests/agents/live

# Screens of the real agents in each state that is known, with what a screen alone lacks.
SCREENS ?= build/screens
record-screens: agents dist/bridge.pyz
	$(BIN)/python scripts/record_screens.py $(SCREENS) $(PROGRAMS)

unit: $(VENV)/.ready
	$(BIN)/python -m pytest tests/unit

lint: $(VENV)/.ready
	$(BIN)/ruff check bridge scripts tests
	$(BIN)/ruff format --check bridge scripts tests

types: $(VENV)/.ready
	$(BIN)/mypy

generate: $(VENV)/.ready
	$(BIN)/python scripts/generate.py

.PHONY: dead spelling duplicates house
dead: $(VENV)/.ready
	$(BIN)/vulture

spelling: $(VENV)/.ready
	$(BIN)/codespell *.md docs compat bridge scripts tests

duplicates: $(VENV)/.ready
	$(BIN)/python scripts/duplicates.py

# What the code says of itself without running: layers, rooms, circles, lengths, and where the documents' links lead.
house: $(VENV)/.ready
	$(BIN)/python -m pytest --noconftest -q -p no:cacheprovider tests/contract/test_layers.py
	$(BIN)/python -m pytest --noconftest -q -p no:cacheprovider tests/contract/test_documents.py -k links
	$(BIN)/python -m pytest --noconftest -q -p no:cacheprovider tests/contract/test_architecture.py

check: lint types dead spelling duplicates house
	$(BIN)/python scripts/generate.py --check

# docs/top.svg, from a real capture of `bridge top`.
picture: dist/bridge.pyz
	$(BIN)/python scripts/picture.py dist/bridge.pyz

kernel-check: dist/bridge.pyz
	sh scripts/kernel_check.sh $(KERNEL_CHECK)

build: dist/bridge.pyz

# A build needs shiv alone, so whoever only installs does not fetch what developers work with.
BUILDER = $(if $(wildcard $(VENV)/.ready),$(BIN),build/venv/bin)

build/venv/.ready:
	sh scripts/venv.sh "$(PYTHON)" build/venv shiv

dist/bridge.pyz: $(if $(wildcard $(VENV)/.ready),$(VENV)/.ready,build/venv/.ready) $(SOURCES)
	$(BUILDER)/python scripts/build.py $@

install: dist/bridge.pyz
	$(BUILDER)/python scripts/install.py dist/bridge.pyz $(PREFIX) $(if $(SHADOW),--shadow)

# The one file as others may take it: with its checksum and with the list of what is in it (CycloneDX).
release:
	rm -rf build/dependencies-*
	$(MAKE) -B dist/bridge.pyz
	$(BUILDER)/python scripts/release.py dist/bridge.pyz

uninstall:
	@for name in claude-tmux tmux-bridge bridge; do \
	  ! grep -q fast.pyc "$(PREFIX)/bin/$$name" 2>/dev/null || rm -f "$(PREFIX)/bin/$$name"; done
	@rm -f $(PREFIX)/bin/claude-tmux-bridge.sh $(PREFIX)/bin/claude-tmux-daemon.sh
	@for name in claude-tmux tmux-bridge bridge; do rm -f $(PREFIX)/share/bash-completion/completions/$$name \
	  $(PREFIX)/share/fish/vendor_completions.d/$$name.fish; done
	@rm -f $(PREFIX)/share/zsh/site-functions/_bridge $(PREFIX)/share/man/man1/bridge.1

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

# Beside other tools of the kind, which are installed below build/peers; writes docs/COMPARISON.md.
bench-peers: dist/bridge.pyz
	$(BIN)/python scripts/bench_peers.py dist/bridge.pyz $(PEERS)

top-bench: dist/bridge.pyz
	$(BIN)/python scripts/top_bench.py dist/bridge.pyz

mcp-bench: dist/bridge.pyz
	$(BIN)/python scripts/mcp_bench.py dist/bridge.pyz

cancel-soak: N = 20000
cancel-soak: $(VENV)/.ready
	PYTHONPATH=$(CURDIR) $(BIN)/python scripts/cancel_soak.py $(N)

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
