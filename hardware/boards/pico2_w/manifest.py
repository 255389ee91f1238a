"""What is frozen into the image of pico2_w. Made from hardware/boards/pico2_w.toml by `make boards`."""

# ruff: noqa: F821 - these names are those of MicroPython's manifest tool

include("$(BOARD_DIR)/../../../firmware/manifest.py", board="pico2_w")
