"""Reads the simulated HX711 through its pins, in virtual time; the scenario's name is the argument; prints JSON."""

import hal_asyncio

hal_asyncio.install()

import asyncio
import gc
import json
import sys

import board
from agent.chips import hx711
from agent.chips.hx711 import HX711
from agent.port import clock, pins
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
    wrong = unnoticed = 0
    for _ in range(1000):
        power_downs, faults = BOARD.chip.power_downs, adc.faults
        wrong += abs(await adc.read() - 100000) > 255
        unnoticed += BOARD.chip.power_downs > power_downs and adc.faults == faults
    return {"wrong": wrong, "unnoticed": unnoticed, "power_downs": BOARD.chip.power_downs}


async def frozen():
    """The chip gives one word again and again, and then others again."""
    adc = chip()
    adc.start(10, 128)
    last = await adc.read()
    BOARD.chip.frozen = True
    found = []
    try:
        while True:
            found.append(await asyncio.wait_for_ms(adc.read(), 2000))
    except asyncio.TimeoutError:
        pass
    BOARD.chip.frozen = False
    return {"more": [one - last for one in found], "faults": adc.faults, "after": await readings(adc, 4)}


async def quiet():
    """Words of a healthy chip, with so little noise; returns faults, and the longest row of readings discarded."""
    from hal_random import Random

    adc = chip()
    adc.start(10, 128)
    adc.settle = 0
    noise = Random(5, "quiet")
    deviation = float(sys.argv[2])
    longest = row = 0
    for _ in range(300_000):
        row = 0 if adc._sound(int(1000.5 + deviation * noise.gauss())) else row + 1
        longest = max(longest, row)
    return {"faults": adc.faults, "longest": longest}


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
    """Whether interrupts were ever on while the clock pin was high, and how long at most they were off."""
    wire = BOARD.wire(board.PIN_ADC_SCK)
    open_highs = longest_us = since_us = 0
    guard, unguard = pins.guard, pins.unguard

    def watched_guard():
        nonlocal since_us
        since_us = BOARD.clock.now_us
        return guard()

    def watched_unguard(state):
        nonlocal longest_us
        longest_us = max(longest_us, BOARD.clock.now_us - since_us)
        unguard(state)

    def watch(level):
        nonlocal open_highs
        open_highs += level and BOARD.interrupts.enabled
        output(level)

    pins.guard, pins.unguard = watched_guard, watched_unguard
    adc = chip()
    output = wire.output
    wire.output = watch
    adc.start(10, int(sys.argv[2]))
    await readings(adc, 5)
    return {"open_highs": open_highs, "longest_us": longest_us}


async def slipped():
    """The chip misses one rise of the clock in mid-word, of a word with an even value."""
    adc = chip()
    right = (100000, 100002)
    BOARD.chip.sample = lambda channel, gain: right[BOARD.chip.conversions & 1]
    adc.start(10, int(sys.argv[2]))
    await adc.read()
    wire = BOARD.wire(board.PIN_ADC_SCK)
    clocked = wire.output
    lost = False

    def lose_one(level):
        nonlocal lost
        if level and not lost and BOARD.chip._pulses == 10:
            lost = True
            wire.level = level
        else:
            clocked(level)

    wire.output = lose_one
    found = await readings(adc, 5)
    return {
        "lost": lost,
        "wrong": [value for value in found if value not in right],
        "faults": adc.faults,
        "power_downs": BOARD.chip.power_downs,
        "selection": BOARD.chip.selection,
    }


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
    # The simulated pins allocate: others take their place, on which every bit is a one.
    pins.shifter = lambda sck, dout: lambda buffer: None
    words = hx711._words(lambda level: None, lambda: 1, 3)
    next(words)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    adc._sound(next(words))
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
