// What the qemu port leaves out and the agent needs: time, select, asyncio, littlefs, interrupts that call Python.

#include "mpconfigport.h"

#undef MICROPY_PY_SYS_STDIO_BUFFER
#undef MICROPY_PY_SELECT
#undef MICROPY_PY_TIME
#undef MICROPY_PY_ASYNCIO
#define MICROPY_PY_SYS_STDIO_BUFFER (1)
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_TIME (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_INCLUDEFILE "emulated_time.h"
#define MICROPY_PY_MACHINE_DISABLE_IRQ_ENABLE_IRQ (1)
#define MICROPY_PY_MACHINE_SOFTSPI (1)
#define MICROPY_PY_FRAMEBUF (1)
#define MICROPY_KBD_EXCEPTION (1)
// As the RP2 port has it: a small one makes marking begin again and again.
#define MICROPY_ALLOC_GC_STACK_SIZE (1024)

#define MICROPY_MPHALPORT_H "emulated_hal.h"
#define MICROPY_PORT_INIT_FUNC emulated_init()
#define MICROPY_INTERNAL_WFE(TIMEOUT_MS) emulated_wait(TIMEOUT_MS)
#define MICROPY_BEGIN_ATOMIC_SECTION() emulated_disable_irq()
#define MICROPY_END_ATOMIC_SECTION(state) emulated_enable_irq(state)

void emulated_init(void);
void emulated_wait(int timeout_ms);
uint32_t emulated_disable_irq(void);
void emulated_enable_irq(uint32_t state);
