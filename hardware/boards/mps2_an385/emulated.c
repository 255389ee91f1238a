// The devices around the emulated Cortex-M3: a clock that counts instructions, pins with an HX711 and a load cell
// behind two of them, NOR flash, and a serial line that stands for the network. Module `emulated` shows them to Python.
//
// QEMU runs one instruction in 32 ns (-icount shift=5) and the timers count 40 ns, so instructions = ticks * 5 / 4. What
// passes while the processor waits is counted apart. All memory that a test may want to fill or size from QEMU's command
// line lies in the 16 MB at 0x21000000: flash, a ROM file system, the heap, and in the last word the heap's size.

#include <string.h>

#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "extmod/vfs.h"

#define MEMORY ((uint8_t *)0x21000000)
#define FLASH MEMORY
#define FLASH_BYTES (2 * 1024 * 1024)
#define ROM (MEMORY + FLASH_BYTES)
#define ROM_BYTES (6 * 1024 * 1024)
#define HEAP (MEMORY + 8 * 1024 * 1024)
#define HEAP_BYTES (*(volatile uint32_t *)(MEMORY + 16 * 1024 * 1024 - 4))
#define HEAP_BYTES_DEFAULT (192 * 1024)

typedef struct {
    volatile uint32_t control, value, reload, interrupt;
} timer_t;

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} uart_t;

#define CLOCK ((timer_t *)0x40000000)
#define CONVERSION ((timer_t *)0x40001000)
#define CONVERSION_IRQ 9
#define TICKS_PER_MS 25000

#define CONSOLE ((uart_t *)0x40004000)
#define LINK ((uart_t *)0x40005000)
#define CARRIER ((uart_t *)0x40006000)
#define RECEIVED 2
#define UART_IRQS (1 << 0 | 1 << 2 | 1 << 4)

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xE000E018)
#define SYSTICK_LONGEST_MS 500
#define NVIC_ENABLE (*(volatile uint32_t *)0xE000E100)
#define NVIC_DISABLE (*(volatile uint32_t *)0xE000E180)
#define NVIC_UNPEND (*(volatile uint32_t *)0xE000E280)
#define SCB_ICSR (*(volatile uint32_t *)0xE000ED04)
#define SCB_VTOR (*(volatile uint32_t *)0xE000ED08)
#define SYSTICK_UNPEND (1 << 25)

// Clock

static uint64_t idle_ticks;
static int64_t unix_offset_s = 1609459200; // 2021-01-01: where an RP2 without battery starts

uint32_t emulated_disable_irq(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\n cpsid i" : "=r" (state) : : "memory");
    return state;
}

void emulated_enable_irq(uint32_t state) {
    __asm volatile ("msr primask, %0" : : "r" (state) : "memory");
}

// Kept in three units at once, as a microcontroller's timer needs no division either.
static struct {
    uint64_t ticks;
    uint32_t last, us, us_rest, ms, ms_rest;
} now;

static uint64_t clock_ticks(void) {
    uint32_t state = emulated_disable_irq();
    uint32_t value = ~CLOCK->value;
    uint32_t passed = value - now.last;
    now.last = value;
    now.ticks += passed;
    now.us_rest += passed;
    now.us += now.us_rest / (TICKS_PER_MS / 1000);
    now.us_rest %= TICKS_PER_MS / 1000;
    now.ms_rest += passed;
    now.ms += now.ms_rest / TICKS_PER_MS;
    now.ms_rest %= TICKS_PER_MS;
    uint64_t ticks = now.ticks;
    emulated_enable_irq(state);
    return ticks;
}

mp_uint_t mp_hal_ticks_ms(void) {
    clock_ticks();
    return now.ms;
}

mp_uint_t mp_hal_ticks_us(void) {
    clock_ticks();
    return now.us;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return clock_ticks();
}

uint64_t mp_hal_time_ns(void) {
    return unix_offset_s * 1000000000 + clock_ticks() * 40;
}

static bool uart_has(uart_t *uart) {
    return uart->state & RECEIVED;
}

// Wait for an interrupt, a byte on a serial line, or the time; it may end early. No interrupt routine serves the serial
// lines and the waiting timer: they are let through to the processor's wake-up only.
void emulated_wait(int timeout_ms) {
    uint64_t start = clock_ticks();
    uint32_t state = emulated_disable_irq();
    CONSOLE->interrupt = LINK->interrupt = CARRIER->interrupt = RECEIVED;
    NVIC_UNPEND = UART_IRQS;
    NVIC_ENABLE = UART_IRQS;
    if (timeout_ms >= 0) {
        SYSTICK_RELOAD = MIN(timeout_ms, SYSTICK_LONGEST_MS) * TICKS_PER_MS + 1;
        SYSTICK_VALUE = 0;
        SYSTICK_CONTROL = 7;
    }
    if (timeout_ms != 0 && !uart_has(CONSOLE) && !uart_has(LINK) && !uart_has(CARRIER)) {
        __asm volatile ("wfi");
    }
    SYSTICK_CONTROL = 0;
    SCB_ICSR = SYSTICK_UNPEND;
    NVIC_DISABLE = UART_IRQS;
    NVIC_UNPEND = UART_IRQS;
    idle_ticks += clock_ticks() - start;
    emulated_enable_irq(state);
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t start = clock_ticks();
    while (clock_ticks() - start < (uint64_t)us * (TICKS_PER_MS / 1000)) {
    }
}

// Waits in a row are each so long after the one before, as on the RP2: it waits for ticks of a microsecond timer, and is
// done within a fraction of one with what lies between. That takes up to two waits here.
void emulated_delay_us_fast(uint32_t us) {
    static uint32_t end;
    uint32_t now = ~CLOCK->value, wait = us * (TICKS_PER_MS / 1000);
    end = now - end < 2 * wait ? end + wait : now + wait;
    while ((int32_t)(~CLOCK->value - end) < 0) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = clock_ticks() + (uint64_t)ms * TICKS_PER_MS;
    for (uint64_t ticks; (ticks = clock_ticks()) < end;) {
        mp_event_wait_ms((end - ticks + TICKS_PER_MS - 1) / TICKS_PER_MS);
    }
}

// Console

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if (flags & MP_STREAM_POLL_RD && uart_has(CONSOLE)) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}

int __wrap_mp_hal_stdin_rx_chr(void) {
    while (!uart_has(CONSOLE)) {
        mp_event_wait_indefinite();
    }
    return CONSOLE->data;
}

// Heap

void __real_gc_init(void *start, void *end);

void __wrap_gc_init(void *start, void *end) {
    uint32_t bytes = HEAP_BYTES ? HEAP_BYTES : HEAP_BYTES_DEFAULT;
    __real_gc_init(HEAP, HEAP + bytes);
}

// Repeatable numbers, for noise and for what asks for random bytes

static uint32_t random_state = 1;

static uint32_t random_byte(void) {
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 24;
}

// Pins. Conversions end at the rate of real chips (11.65 a second) and have the noise of a good cell: 41 counts.

#define PINS 32
#define DOUT 16
#define SCK 17
#define CONVERSION_TICKS (85837 * 25)
#define FALLING 4
#define RISING 8
#define WORD_BITS 24

typedef struct {
    mp_obj_base_t base;
    uint8_t number;
} pin_t;

uint8_t emulated_level[PINS];
static uint8_t trigger[PINS];
static int32_t load_counts;
static uint32_t word;
static int pulses;

MP_REGISTER_ROOT_POINTER(mp_obj_t pin_handler[32]);
MP_REGISTER_ROOT_POINTER(void *pin_object[32]);

static void pin_drive(int number, int value) {
    if (emulated_level[number] != value) {
        emulated_level[number] = value;
        if (trigger[number] & (value ? RISING : FALLING)) {
            mp_sched_schedule(MP_STATE_VM(pin_handler)[number], MP_OBJ_FROM_PTR(MP_STATE_VM(pin_object)[number]));
        }
    }
}

// Pin `number` is not at `value` yet: see emulated_hal.h.
void emulated_pin_change(int number, int value) {
    emulated_level[number] = value;
    if (number == SCK && value) {
        pulses += 1;
        pin_drive(DOUT, pulses <= WORD_BITS ? word >> (WORD_BITS - pulses) & 1 : 1);
    }
}

static void conversion_handler(void) {
    CONVERSION->interrupt = 1;
    int noise = -510;
    for (int i = 0; i < 4; ++i) {
        noise += random_byte();
    }
    word = load_counts + noise * 5 / 18;
    pulses = 0;
    emulated_level[DOUT] = 1;
    pin_drive(DOUT, 0);
}

static mp_obj_t pin_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *all_args) {
    enum { ARG_id, ARG_mode, ARG_pull, ARG_value };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_id, MP_ARG_REQUIRED | MP_ARG_INT },
        { MP_QSTR_mode, MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_pull, MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_value, MP_ARG_INT, {.u_int = -1} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, all_args, MP_ARRAY_SIZE(allowed), allowed, args);
    if (args[ARG_id].u_int < 0 || args[ARG_id].u_int >= PINS) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such pin"));
    }
    pin_t *self = mp_obj_malloc(pin_t, type);
    self->number = args[ARG_id].u_int;
    if (args[ARG_value].u_int >= 0) {
        mp_hal_pin_write(self->number, args[ARG_value].u_int);
    }
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t pin_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    pin_t *self = MP_OBJ_TO_PTR(self_in);
    if (n_args == 0) {
        return MP_OBJ_NEW_SMALL_INT(emulated_level[self->number]);
    }
    mp_hal_pin_write(self->number, mp_obj_is_true(args[0]));
    return mp_const_none;
}

int emulated_pin_number(void *pin) {
    return ((pin_t *)MP_OBJ_TO_PTR(pin))->number;
}

static mp_obj_t pin_irq(mp_obj_t self_in, mp_obj_t handler, mp_obj_t edges) {
    pin_t *self = MP_OBJ_TO_PTR(self_in);
    uint32_t state = emulated_disable_irq();
    MP_STATE_VM(pin_handler)[self->number] = handler;
    MP_STATE_VM(pin_object)[self->number] = self;
    trigger[self->number] = handler == mp_const_none ? 0 : mp_obj_get_int(edges);
    emulated_enable_irq(state);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(pin_irq_obj, pin_irq);

// Something outside sets a level.
static mp_obj_t pin_drive_method(mp_obj_t self_in, mp_obj_t value) {
    pin_drive(((pin_t *)MP_OBJ_TO_PTR(self_in))->number, mp_obj_is_true(value));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(pin_drive_obj, pin_drive_method);

static const mp_rom_map_elem_t pin_locals[] = {
    { MP_ROM_QSTR(MP_QSTR_irq), MP_ROM_PTR(&pin_irq_obj) },
    { MP_ROM_QSTR(MP_QSTR_drive), MP_ROM_PTR(&pin_drive_obj) },
    { MP_ROM_QSTR(MP_QSTR_IN), MP_ROM_INT(0) },
    { MP_ROM_QSTR(MP_QSTR_OUT), MP_ROM_INT(1) },
    { MP_ROM_QSTR(MP_QSTR_OPEN_DRAIN), MP_ROM_INT(2) },
    { MP_ROM_QSTR(MP_QSTR_PULL_UP), MP_ROM_INT(1) },
    { MP_ROM_QSTR(MP_QSTR_IRQ_FALLING), MP_ROM_INT(FALLING) },
    { MP_ROM_QSTR(MP_QSTR_IRQ_RISING), MP_ROM_INT(RISING) },
};
static MP_DEFINE_CONST_DICT(pin_locals_dict, pin_locals);

static MP_DEFINE_CONST_OBJ_TYPE(pin_type, MP_QSTR_Pin, MP_TYPE_FLAG_NONE,
    make_new, pin_make_new, call, pin_call, locals_dict, &pin_locals_dict);

// Flash: programming clears bits only, erasing sets a whole sector. It takes no time; `flash_work` counts.

#define SECTOR 4096

typedef struct {
    mp_obj_base_t base;
    uint8_t *start;
    uint32_t length;
} flash_t;

static uint32_t pages_programmed, sectors_erased;

static mp_obj_t flash_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    uint32_t start = mp_obj_get_int(args[0]), length = mp_obj_get_int(args[1]);
    if (start % SECTOR || length % SECTOR || start > FLASH_BYTES || length > FLASH_BYTES - start) {
        mp_raise_ValueError(MP_ERROR_TEXT("region outside the flash"));
    }
    flash_t *self = mp_obj_malloc(flash_t, type);
    self->start = FLASH + start;
    self->length = length;
    return MP_OBJ_FROM_PTR(self);
}

// Where `length` bytes from `offset` of block `block` are; raises OSError outside the region.
static uint8_t *flash_at(flash_t *self, uint32_t block, uint32_t offset, uint32_t length) {
    uint32_t at = block * SECTOR + offset;
    if (block >= self->length / SECTOR || at > self->length || length > self->length - at) {
        mp_raise_OSError(MP_EINVAL);
    }
    return self->start + at;
}

static mp_obj_t flash_readblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_WRITE);
    uint32_t offset = n_args == 4 ? mp_obj_get_int(args[3]) : 0;
    memcpy(buffer.buf, flash_at(MP_OBJ_TO_PTR(args[0]), mp_obj_get_int(args[1]), offset, buffer.len), buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

static mp_obj_t flash_writeblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_READ);
    uint32_t offset = n_args == 4 ? mp_obj_get_int(args[3]) : 0;
    uint8_t *at = flash_at(MP_OBJ_TO_PTR(args[0]), mp_obj_get_int(args[1]), offset, buffer.len);
    if (n_args == 3) {
        memset(at, 0xFF, buffer.len);
        sectors_erased += buffer.len / SECTOR;
    }
    const uint8_t *data = buffer.buf;
    for (size_t i = 0; i < buffer.len; ++i) {
        if (data[i] & ~at[i]) {
            mp_raise_OSError(MP_EIO); // a bit that is not erased
        }
        at[i] = data[i];
    }
    pages_programmed += (buffer.len + 255) / 256;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self_in, mp_obj_t request, mp_obj_t argument) {
    flash_t *self = MP_OBJ_TO_PTR(self_in);
    switch (mp_obj_get_int(request)) {
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(self->length / SECTOR);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(SECTOR);
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            memset(flash_at(self, mp_obj_get_int(argument), 0, SECTOR), 0xFF, SECTOR);
            sectors_erased += 1;
    }
    return MP_OBJ_NEW_SMALL_INT(0);
}
static MP_DEFINE_CONST_FUN_OBJ_3(flash_ioctl_obj, flash_ioctl);

static const mp_rom_map_elem_t flash_locals[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&flash_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&flash_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&flash_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(flash_locals_dict, flash_locals);

static MP_DEFINE_CONST_OBJ_TYPE(flash_type, MP_QSTR_Flash, MP_TYPE_FLAG_NONE,
    make_new, flash_make_new, locals_dict, &flash_locals_dict);

// The network: one connection over the second serial line. On the third the board asks for it with `C`, and the other
// end answers with the same when it stands, or with `D` whenever it has fallen.

#define QUIET_TICKS (TICKS_PER_MS / 2)

typedef struct {
    mp_obj_base_t base;
} link_t;

static char carrier = 'D';

// What still arrives of an earlier connection while a new one is being made is dropped.
static void carrier_look(void) {
    while (carrier == '-' && uart_has(LINK)) {
        (void)LINK->data;
    }
    while (uart_has(CARRIER)) {
        carrier = CARRIER->data;
    }
}

static void uart_send(uart_t *uart, uint8_t byte) {
    while (uart->state & 1) {
    }
    uart->data = byte;
}

static mp_obj_t link_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    return MP_OBJ_FROM_PTR(mp_obj_malloc(link_t, type));
}

static mp_obj_t link_connect(mp_obj_t self_in, mp_obj_t address) {
    carrier_look();
    carrier = '-';
    uart_send(CARRIER, 'C');
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_connect_obj, link_connect);

// One packet is what comes without a pause of half a millisecond; waiting for it is not work.
static mp_uint_t link_read(mp_obj_t self_in, void *buffer, mp_uint_t size, int *error) {
    uint64_t heard = clock_ticks(), ticks = heard;
    mp_uint_t length = 0;
    while (length < size && ticks - heard < (length ? QUIET_TICKS : 1)) {
        if (uart_has(LINK)) {
            ((uint8_t *)buffer)[length++] = LINK->data;
            idle_ticks += ticks - heard;
            heard = ticks;
        }
        ticks = clock_ticks();
    }
    idle_ticks += ticks - heard;
    carrier_look();
    if (!length && carrier != 'D') {
        *error = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return length;
}

static mp_uint_t link_write(mp_obj_t self_in, const void *buffer, mp_uint_t size, int *error) {
    carrier_look();
    if (carrier != 'C') {
        *error = MP_ENOTCONN;
        return MP_STREAM_ERROR;
    }
    for (mp_uint_t i = 0; i < size; ++i) {
        uart_send(LINK, ((const uint8_t *)buffer)[i]);
    }
    return size;
}

static mp_uint_t link_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t flags, int *error) {
    if (request == MP_STREAM_POLL) {
        carrier_look();
        uintptr_t ready = carrier == '-' ? 0 : flags & MP_STREAM_POLL_WR;
        if (uart_has(LINK) || carrier == 'D') {
            ready |= flags & MP_STREAM_POLL_RD;
        }
        return ready;
    }
    return 0;
}

static mp_obj_t link_setblocking(mp_obj_t self_in, mp_obj_t flag) {
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_setblocking_obj, link_setblocking);

static const mp_rom_map_elem_t link_locals[] = {
    { MP_ROM_QSTR(MP_QSTR_connect), MP_ROM_PTR(&link_connect_obj) },
    { MP_ROM_QSTR(MP_QSTR_setblocking), MP_ROM_PTR(&link_setblocking_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mp_stream_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&mp_stream_close_obj) },
};
static MP_DEFINE_CONST_DICT(link_locals_dict, link_locals);

static const mp_stream_p_t link_stream = {
    .read = link_read,
    .write = link_write,
    .ioctl = link_ioctl,
};

static MP_DEFINE_CONST_OBJ_TYPE(link_type, MP_QSTR_Link, MP_TYPE_FLAG_NONE,
    make_new, link_make_new, protocol, &link_stream, locals_dict, &link_locals_dict);

// Module

// Instructions executed since start, without those that waited, modulo 2^30: a small integer.
static mp_obj_t emulated_instructions(void) {
    return MP_OBJ_NEW_SMALL_INT((clock_ticks() - idle_ticks) * 5 / 4 & 0x3FFFFFFF);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emulated_instructions_obj, emulated_instructions);

static mp_obj_t emulated_load(mp_obj_t counts) {
    load_counts = mp_obj_get_int(counts);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(emulated_load_obj, emulated_load);

static mp_obj_t emulated_flash_work(void) {
    mp_obj_t work[] = { MP_OBJ_NEW_SMALL_INT(pages_programmed), MP_OBJ_NEW_SMALL_INT(sectors_erased) };
    return mp_obj_new_tuple(2, work);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emulated_flash_work_obj, emulated_flash_work);

static mp_obj_t emulated_set_time(mp_obj_t unix_s) {
    unix_offset_s = mp_obj_get_ll(unix_s) - clock_ticks() / 1000 / TICKS_PER_MS;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(emulated_set_time_obj, emulated_set_time);

static mp_obj_t emulated_urandom(mp_obj_t count) {
    vstr_t bytes;
    vstr_init_len(&bytes, mp_obj_get_int(count));
    for (size_t i = 0; i < bytes.len; ++i) {
        bytes.buf[i] = random_byte();
    }
    return mp_obj_new_bytes_from_vstr(&bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_1(emulated_urandom_obj, emulated_urandom);

static mp_obj_t emulated_rom(void) {
    return mp_obj_new_bytearray_by_ref(ROM_BYTES, ROM);
}
static MP_DEFINE_CONST_FUN_OBJ_0(emulated_rom_obj, emulated_rom);

static const mp_rom_map_elem_t emulated_globals[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_emulated) },
    { MP_ROM_QSTR(MP_QSTR_Pin), MP_ROM_PTR(&pin_type) },
    { MP_ROM_QSTR(MP_QSTR_Flash), MP_ROM_PTR(&flash_type) },
    { MP_ROM_QSTR(MP_QSTR_Link), MP_ROM_PTR(&link_type) },
    { MP_ROM_QSTR(MP_QSTR_instructions), MP_ROM_PTR(&emulated_instructions_obj) },
    { MP_ROM_QSTR(MP_QSTR_load), MP_ROM_PTR(&emulated_load_obj) },
    { MP_ROM_QSTR(MP_QSTR_flash_work), MP_ROM_PTR(&emulated_flash_work_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_time), MP_ROM_PTR(&emulated_set_time_obj) },
    { MP_ROM_QSTR(MP_QSTR_urandom), MP_ROM_PTR(&emulated_urandom_obj) },
    { MP_ROM_QSTR(MP_QSTR_rom), MP_ROM_PTR(&emulated_rom_obj) },
};
static MP_DEFINE_CONST_DICT(emulated_globals_dict, emulated_globals);

const mp_obj_module_t emulated_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&emulated_globals_dict,
};
MP_REGISTER_MODULE(MP_QSTR_emulated, emulated_module);

// Start

#define VECTORS 48
#define OWN_VECTORS 16

static void start_devices(void) {
    extern const uint32_t isr_vector[OWN_VECTORS];
    static uint32_t vectors[VECTORS] __attribute__((aligned(256)));
    memcpy(vectors, isr_vector, sizeof(uint32_t) * OWN_VECTORS);
    vectors[16 + CONVERSION_IRQ] = (uint32_t)conversion_handler;
    SCB_VTOR = (uint32_t)vectors;
    CLOCK->reload = CLOCK->value = 0xFFFFFFFF;
    CLOCK->control = 1;
    CONVERSION->reload = CONVERSION->value = CONVERSION_TICKS - 1;
    CONSOLE->control |= 8;
    LINK->divider = CARRIER->divider = 16;
    LINK->control = CARRIER->control = 1 | 2 | 8;
    memset(FLASH, 0xFF, FLASH_BYTES);
    emulated_level[DOUT] = 1;
}

// At power-on, and again after each soft reset: the flash keeps what it has.
void emulated_init(void) {
    static bool started;
    if (!started) {
        start_devices();
        started = true;
    }
    CONVERSION->control = 0;
    memset(trigger, 0, sizeof(trigger));
    memset(MP_STATE_VM(pin_handler), 0, sizeof(MP_STATE_VM(pin_handler)));
    memset(MP_STATE_VM(pin_object), 0, sizeof(MP_STATE_VM(pin_object)));
    CONVERSION->control = 1 | 8;
    NVIC_ENABLE = 1 << CONVERSION_IRQ;
}
