"""Reads the simulated HX711 through its pins, in virtual time; the scenario's name is the argument; prints JSON."""

import hal_asyncio

hal_asyncio.install()

import asyncio
import gc
import json
import sys

import board
from agent.hx711 import HX711
from agent.port import clock
from hal_board import BOARD

PERIOD_MS = 86


def chip(cell="ideal"):
    BOARD.start(cell=cell, seed=7)
    adc = HX711(board.PIN_ADC_DOUT, board.PIN_ADC_SCK)
    return adc


async def readings(adc, count):
    found = []
    for _ in range(count):
        found.append(await adc.read())
    return found


async def settling():
    """What comes before the driver trusts the chip, and what it gives then."""
    adc = chip()
    adc.start(10, 128)
    first = await adc.read()
    return {"first": first, "conversions": BOARD.chip.conversions, "next": await readings(adc, 5)}


async def pulses():
    """The gain that the chip has chosen, and whether it ever saw a wrong number of pulses."""
    adc = chip()
    adc.start(10, int(sys.argv[2]))
    await readings(adc, 3)
    return list(BOARD.chip.selection) + [BOARD.chip.wrong_pulse_counts, BOARD.chip.power_downs]


async def load():
    """Readings follow the load, of either sign."""
    adc = chip()
    adc.start(10, 128)
    found = [await adc.read()]
    for grams in (1000, 15000, -1500):
        BOARD.cell.load_g = grams
        found.append((await readings(adc, 3))[-1])
    return found


async def glitches():
    """Bursts near the rail: discarded and counted."""
    adc = chip()
    adc.start(10, 128)
    await adc.read()
    BOARD.cell.burst(5)
    return {"readings": await readings(adc, 4), "faults": adc.faults, "missed": adc.missed}


async def saturation():
    """A signal beyond the converter's range gives nothing, and weighing again gives the truth."""
    adc = chip()
    adc.start(10, 128)
    await adc.read()
    BOARD.cell.load_g = 90000
    task = asyncio.create_task(adc.read())
    await asyncio.sleep_ms(1000)
    silent = not task.done()
    BOARD.cell.load_g = 0
    return {"silent": silent, "faults": adc.faults, "after": await task}


async def stretched():
    """One pulse in 500 is stretched beyond power-down: nothing wrong may come through."""
    adc = chip()
    adc.start(10, 128)
    await adc.read()
    BOARD.chip.stretch_chance = 0.002
    BOARD.chip.stretch_us = 70
    found = await readings(adc, 1000)
    wrong = [value for value in found if abs(value - 100000) > 255]
    return {"wrong": len(wrong), "faults": adc.faults, "power_downs": BOARD.chip.power_downs}


async def late():
    """A reader that is kept away for two seconds counts what it missed."""
    adc = chip()
    adc.start(10, 128)
    await readings(adc, 20)
    before = BOARD.chip.conversions
    BOARD.busy(2000000)
    await adc.read()
    return {"missed": adc.missed, "conversions": BOARD.chip.conversions - before, "next": await adc.read()}


async def guarded():
    """Whether interrupts were ever on while the clock pin was high, and ever off between two pulses."""
    adc = chip()
    wire = BOARD.wire(board.PIN_ADC_SCK)
    output = wire.output
    open_highs = closed_lows = 0

    def watch(level):
        nonlocal open_highs
        open_highs += level and BOARD.interrupts.enabled
        output(level)

    wire.output = watch
    adc.start(10, 128)
    dout = adc._dout

    def look():
        nonlocal closed_lows
        closed_lows += not BOARD.interrupts.enabled
        return dout()

    adc._dout = look
    await readings(adc, 5)
    return {"open_highs": open_highs, "closed_lows": closed_lows}


async def silence():
    """The converter's wire is cut: the driver counts faults and tries to wake it; joined again, it reads on."""
    adc = chip()
    adc.start(10, 128)
    await adc.read()
    drive = BOARD.wire(board.PIN_ADC_DOUT).drive
    BOARD.wire(board.PIN_ADC_DOUT).drive(1)
    BOARD.wire(board.PIN_ADC_DOUT).drive = lambda level: None
    task = asyncio.create_task(adc.read())
    await asyncio.sleep_ms(5000)
    found = {"faults": adc.faults, "power_downs": BOARD.chip.power_downs, "silent": not task.done()}
    BOARD.wire(board.PIN_ADC_DOUT).drive = drive
    started = clock.ticks_ms()
    found["after"] = await task
    found["took_ms"] = clock.ticks_diff(clock.ticks_ms(), started)
    return found


async def allocation():
    """Bytes of heap that clocking a conversion out takes."""
    adc = chip()
    adc.start(10, 128)
    await readings(adc, 3)
    await adc._ready.wait()
    adc._ready.disarm()
    # The simulated pins allocate: levels are played back from a table instead.
    levels = bytearray(64)
    place = [0]

    def dout():
        place[0] += 1
        return levels[place[0]]

    def sck(level):
        pass

    levels[25] = 1
    adc._dout, adc._sck = dout, sck
    adc._shift()
    place[0] = 0
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    adc._shift()
    after = gc.mem_alloc()
    gc.enable()
    return {"bytes": after - before}


async def wrong_settings():
    """Rates and gains that the chip does not have."""
    adc = chip()
    found = []
    for rate, gain in ((11, 128), (10, 1)):
        try:
            adc.start(rate, gain)
        except ValueError as error:
            found.append(str(error))
    return found


print(json.dumps(asyncio.run(globals()[sys.argv[1]]())))
