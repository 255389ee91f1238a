"""What is frozen into the image of pico_w. Made from hardware/boards/pico_w.toml by `make boards`."""

# ruff: noqa: F821 - these names are those of MicroPython's manifest tool

include("$(BOARD_DIR)/../../../firmware/manifest.py", board="pico_w")
