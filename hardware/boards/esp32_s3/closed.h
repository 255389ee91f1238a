// Made from hardware/boards/esp32_s3.toml by `make boards`.
// Stands for mpconfigport.h (MP_CONFIGFILE), as that sets these after the board's own header has been read: with them a
// host may start the ROM's download mode by the two control lines of USB, without a seal broken.
#include "mpconfigport.h"

#undef MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER
#define MICROPY_HW_USB_CDC_DTR_RTS_BOOTLOADER (0)
#undef MICROPY_HW_USB_CDC_1200BPS_TOUCH
#define MICROPY_HW_USB_CDC_1200BPS_TOUCH (0)
