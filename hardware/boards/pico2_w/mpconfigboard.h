// Made from hardware/boards/pico2_w.toml by `make boards`.
#include "boards/RPI_PICO2_W/mpconfigboard.h"

#undef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "steelyard-pico2-w"
#undef MICROPY_HW_FLASH_STORAGE_BYTES
#define MICROPY_HW_FLASH_STORAGE_BYTES (3014656)
// A ROMFS would lie at the end of the code, where the slots are.
#undef MICROPY_HW_ROMFS_BYTES
#define MICROPY_HW_ROMFS_BYTES (0)
// The console's bytes come by USB alone, and nothing that a host does there starts the boot loader.
#undef MICROPY_HW_ENABLE_UART_REPL
#define MICROPY_HW_ENABLE_UART_REPL (0)
#undef MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER
#define MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER (0)
#undef MICROPY_HW_USB_CDC_1200BPS_TOUCH
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH (0)
