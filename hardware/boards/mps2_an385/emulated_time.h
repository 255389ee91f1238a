// What extmod/modtime.c wants of a board: the time of day, from the counter that emulated.c keeps.

#include "py/mphal.h"
#include "shared/timeutils/timeutils.h"

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_int_from_ull(mp_hal_time_ns() / 1000000000);
}

static mp_obj_t mp_time_localtime_get(void) {
    mp_obj_t now = mp_time_time_get();
    mp_obj_t arguments[] = { now };
    extern const mp_obj_fun_builtin_var_t mp_time_localtime_obj;
    return mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_time_localtime_obj), 1, 0, arguments);
}
