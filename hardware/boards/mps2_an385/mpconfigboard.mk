# The board as it is in MicroPython's qemu port, with what the agent needs turned on and its devices in emulated.c.
QEMU_ARCH = arm
QEMU_MACHINE = mps2-an385

CFLAGS += -mthumb -mcpu=cortex-m3 -mfloat-abi=soft
CFLAGS += -DQEMU_SOC_MPS2
CFLAGS += -DMICROPY_HW_MCU_NAME='"Cortex-M3"'
CFLAGS += -I$(BOARD_DIR) -DMP_CONFIGFILE='"mpconfigboard.h"'

# The port reads the console without sleeping and cannot poll it; the heap's size is told by QEMU's command line.
LDFLAGS += -Wl,--wrap=mp_hal_stdio_poll -Wl,--wrap=mp_hal_stdin_rx_chr -Wl,--wrap=gc_init
LDSCRIPT = $(BOARD_DIR)/mps2.ld

SRC_C += $(BOARD_DIR)/emulated.c shared/timeutils/timeutils.c drivers/bus/softspi.c
# What is turned on there brings names with it.
QSTR_GLOBAL_DEPENDENCIES += $(BOARD_DIR)/mpconfigboard.h
SRC_BOARD_O = shared/runtime/gchelper_native.o shared/runtime/gchelper_thumb2.o

# The heap lies elsewhere: see emulated.c.
MICROPY_HEAP_SIZE = 4
MICROPY_VFS_LFS2 = 1
MPY_CROSS_FLAGS += -march=armv7m

# Debian's package leaves out micropython-lib, of which this image needs nothing: any folder with a README passes.
MPY_LIB_DIR = $(TOP)
