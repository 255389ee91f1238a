"""What is frozen into a board's image: the agent, its board profile, and the three scripts that start it.

For the Pico W: `make -C ports/rp2 BOARD=RPI_PICO_W FROZEN_MANIFEST=.../firmware/manifest.py`. Another board's manifest
is one line: `include(".../firmware/manifest.py", board="esp32_s3")`; a board without TLS adds `tls=False`.

`native="FOLDER"` freezes the modules that FOLDER holds as `agent/NAME.mpy`, compiled by `mpy-cross -X emit=native` for
the board's processor, in place of their bytecode: more flash for fewer instructions.
"""

import os
import runpy

# ruff: noqa: F821 - these names are those of MicroPython's manifest tool

options.defaults(board="pico_w", tls=True, native="")

include("$(MPY_DIR)/extmod/asyncio")
if options.tls:
    require("ssl")
is_empty = runpy.run_path("agent/record/relevance.py")["is_empty"]
for folder, _, names in os.walk("agent"):
    for name in sorted(names):
        path = folder + "/" + name
        compiled = path[:-3] + ".mpy"
        if options.native and os.path.exists(options.native + "/" + compiled):
            freeze_mpy(options.native, compiled)
        elif name.endswith(".py"):
            with open(path, "rb") as file:
                empty = is_empty(file.read())
            if not empty:  # an empty __init__.py would take heap and flash for nothing
                module(path, base_path=".")
write_module = runpy.run_path("scripts/code_hash.py")["write_module"]
module("code_hash.py", base_path=write_module("../build/frozen/" + options.board, options.board))
module("board.py", base_path="../hardware/boards/" + options.board)
module("_boot.py", base_path=".")
module("boot.py", base_path=".")
module("loader.py", base_path=".")
module("main.py", base_path=".")
module("p256_tables.py", base_path=".")
