"""What is frozen into the emulated board's image: what any board's has, and the modules that this port lacks."""
# ruff: noqa: F821 - these names are those of MicroPython's manifest tool

include("../../../firmware/manifest.py", board="mps2_an385", tls=False)
freeze("modules")
