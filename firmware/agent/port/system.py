"""The board itself: random bytes, why it started, its number, supply, temperature, and how to restart it."""

import hashlib
import os

import board
import machine
from micropython import const


class _Stirred:
    entropy = b""
    drawn = 0


def random(count):
    """`count` bytes from the microcontroller's random number generator, and from whatever was stirred in."""
    drawn = os.urandom(count)
    if not _Stirred.entropy:
        return drawn
    mask = b""
    while len(mask) < count:
        _Stirred.drawn += 1
        mask += hashlib.sha256(_Stirred.entropy + b"%d" % _Stirred.drawn).digest()
    return bytes([drawn[place] ^ mask[place] for place in range(count)])


def stir(entropy):
    """Have random bytes depend on `entropy` too, bytes of another generator: they are as good as the better one."""
    _Stirred.entropy = hashlib.sha256(_Stirred.entropy + entropy).digest()


def reset_cause():
    """MicroPython's number for why the board started (0 to 15; other values of a port are cut to that)."""
    return machine.reset_cause() & 15


def unique_id():
    """The chip's factory number, as bytes."""
    return machine.unique_id()


def is_development():
    """True on a board that leaves MicroPython's prompt to whoever has a cable."""
    return board.REPL


def debug_open():
    """True where somebody with a cable could reach the prompt or load another program; stated in every boot statement.

    The latter is so while a fuse that closes the chip's ports is not burnt.
    """
    for address, bits in board.FUSES:
        if machine.mem32[address] & bits != bits:
            return True
    return is_development()


# RP2 counts to 8,388 ms; on an ESP32 a name lookup can stop the program for longer than that.
_FEED_MS = const(2000)
_MOST_FEEDS = const(30)
_WATCHDOG_MS = {"rp2": 8000, "esp32": 60000}


class _State:
    watchdog: "machine.WDT | None" = None


def start_watchdog():
    """From now on the board starts again where `feed_watchdog` is not called for 8 s (RP2) or 60 s (ESP32).

    Not on a board that is open for development: whoever stops the program there would have it start again.
    """
    if not is_development():
        _State.watchdog = machine.WDT(timeout=_WATCHDOG_MS[board.PORT])


def feed_watchdog():
    """Keep the watchdog quiet for its time; does nothing before it was started."""
    if _State.watchdog is not None:
        _State.watchdog.feed()


def wait_out(call, *arguments):
    """Make a call that may stop the program for longer than the watchdog waits, and return what it returns.

    A timer feeds the watchdog meanwhile, for a minute at most: MicroPython serves timers while it waits for answers.
    """
    if _State.watchdog is None or board.PORT != "rp2":
        return call(*arguments)
    left = [_MOST_FEEDS]

    def feed(_):
        if left[0]:
            left[0] -= 1
            feed_watchdog()

    timer = machine.Timer(-1, period=_FEED_MS, callback=feed)
    try:
        return call(*arguments)
    finally:
        timer.deinit()


def reset():
    """Restart the board; does not return."""
    machine.reset()


def _read_uv(gpio):
    """Voltage at the pin `gpio` in microvolts; None is the sensor inside the chip.

    Always by a pin: given a channel's number, the RP2 port leaves the pin as reset left it, with a pull-down.
    """
    if board.PORT == "esp32":
        pin = machine.Pin(gpio)
        return machine.ADC(pin, atten=machine.ADC.ATTN_11DB).read_uv()  # type: ignore  # ESP32 only
    source = machine.ADC.CORE_TEMP if gpio is None else machine.Pin(gpio)
    return machine.ADC(source).read_u16() * board.ADC_FULL_SCALE_UV // 65535


def supply_mv():
    """Supply voltage in millivolts."""
    return _read_uv(board.ADC_SUPPLY) * board.SUPPLY_DIVIDER // 1000


def temperature_cdeg():
    """One reading of the temperature near the load cell, in hundredths of a degree, within the wire's range."""
    offset_uv = _read_uv(board.ADC_TEMPERATURE) - board.TEMPERATURE_REFERENCE_UV
    cdeg = board.TEMPERATURE_REFERENCE_CDEG + offset_uv * 100 // board.TEMPERATURE_UV_PER_K
    return min(12500, max(-5500, cdeg))
