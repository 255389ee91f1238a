"""What is frozen into the image of esp32_s3. Made from hardware/boards/esp32_s3.toml by `make boards`."""

# ruff: noqa: F821 - these names are those of MicroPython's manifest tool

include("$(BOARD_DIR)/../../../firmware/manifest.py", board="esp32_s3")
