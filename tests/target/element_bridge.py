"""The secure element on its bus in real time, for a program on the host: `w ADDRESS HEX`, `r ADDRESS COUNT`.

Answers are `ok`, hexadecimal digits, or `nak`.
"""

import binascii
import sys

import utime
from hal_board import BOARD

BOARD.start()
BOARD.clock.run_in_real_time()
BOARD.i2c.frequency = 100_000


def transfer(kind, address, what):
    """One transfer, in as much real time as the bus takes for it."""
    BOARD.clock.catch_up()
    begun_us = BOARD.clock.now_us
    try:
        return carried(kind, address, what)
    except OSError:
        return "nak"
    finally:
        utime.sleep_us(BOARD.clock.now_us - begun_us)


def carried(kind, address, what):
    if kind == "w":
        BOARD.i2c.write(int(address), binascii.unhexlify(what))
        return "ok"
    return binascii.hexlify(BOARD.i2c.read(int(address), int(what))).decode()


while True:
    words = sys.stdin.readline().split()
    if not words:
        break
    print(transfer(*words))
