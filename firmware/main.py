"""Runs the agent. On a sealed scale nothing that goes wrong, and nothing typed, ends at MicroPython's prompt."""

import gc
import sys
import time

import board
import machine
import micropython

_RESTART_S = 5
# What lives as long as the agent is made while it starts. Collecting often meanwhile packs it without holes between,
# which every later allocation would have to look through; `agent.app` is more generous once it runs.
_START_GARBAGE_BYTES = 4096

try:
    if not board.REPL:
        # MicroPython listens to Ctrl-C again for each script that it runs, whatever boot.py said.
        micropython.kbd_intr(-1)
    gc.threshold(_START_GARBAGE_BYTES)
    import loader

    loader.run()
    del loader
    from agent.app import main

    main()
except (Exception, KeyboardInterrupt) as error:
    if board.REPL:
        raise
    sys.print_exception(error)
    time.sleep(_RESTART_S)
if not board.REPL:
    machine.reset()
