"""What is frozen into the emulated board's image: what any board's has, and the modules that this port lacks.

Environment: STEELYARD_NATIVE is the folder of natively compiled modules, if there are any (see firmware/manifest.py).
"""
# ruff: noqa: F821 - these names are those of MicroPython's manifest tool

import os

include(
    "../../../firmware/manifest.py",
    board="mps2_an385",
    tls=False,
    native=os.environ.get("STEELYARD_NATIVE", ""),
)
freeze("modules")
