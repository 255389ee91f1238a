# Made from hardware/boards/pico2_w.toml by `make boards`.
set(MICROPY_HW_FLASH_STORAGE_BYTES 3014656)
include(${MICROPY_PORT_DIR}/boards/RPI_PICO2_W/mpconfigboard.cmake)
set(MICROPY_PY_BLUETOOTH OFF)
set(MICROPY_BLUETOOTH_BTSTACK OFF)
set(MICROPY_PY_BLUETOOTH_CYW43 OFF)
set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
# The linker itself refuses an image that reaches into what comes after its region.
add_link_options(${MICROPY_BOARD_DIR}/image.ld)
