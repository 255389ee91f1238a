// What MicroPython's SoftSPI wants of a port: pins, those of emulated.c, and short waits.

#include "mphalport.h"

#define MP_HAL_PIN_FMT "%d"
#define mp_hal_pin_obj_t int
#define mp_hal_get_pin_obj(pin) emulated_pin_number(pin)
#define mp_hal_pin_name(number) (number)
#define mp_hal_pin_input(number)
#define mp_hal_pin_output(number)
#define mp_hal_pin_read(number) emulated_level[number]
#define mp_hal_delay_us_fast(us) emulated_delay_us_fast(us)

extern uint8_t emulated_level[];

int emulated_pin_number(void *pin);
void emulated_pin_change(int number, int value);
void emulated_delay_us_fast(uint32_t us);

static inline void mp_hal_pin_write(int number, int value) {
    if (emulated_level[number] != value) {
        emulated_pin_change(number, value);
    }
}
