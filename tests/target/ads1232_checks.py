"""The ADS1232's driver against the chip at its three pins."""

import hal_asyncio
from hal_board import BOARD

BOARD.start()
hal_asyncio.install()
RUNS_ON = "simulated"

import asyncio

from agent.chips.ads1232 import ADS1232
from hal_ads1232 import ADS1232 as Chip

DOUT, SCK, PWDN = 20, 21, 22
load = [100_000]
noise = [1]
given = [0]


def sample(channel, gain):
    """The load, with the least noise that a converter has: the last bit changes at every conversion."""
    given[0] = load[0] ^ noise[0] & chip.conversions
    return given[0]


chip = Chip(BOARD.clock, [BOARD.wire(pin) for pin in (DOUT, SCK, PWDN)], sample)


def run(body):
    async def main():
        adc = ADS1232(DOUT, SCK, PWDN)
        adc.start(10, 128)
        await body(adc)

    asyncio.run(main())


def test_it_starts_the_chip_and_reads_every_conversion():
    async def body(adc):
        for _ in range(5):
            assert await adc.read() == given[0]
        read = chip.conversions
        for _ in range(100):
            await adc.read()
        assert chip.conversions - read == 100
        assert (adc.missed, adc.faults, chip.unread) == (0, 0, 0)

    run(body)


def test_signs_and_bits_arrive_as_they_are():
    async def body(adc):
        await adc.read()
        for counts in (0, 1, -1, 0x155555, -0x2AAAAB, 0x77FFFF, -0x77FFFF):
            load[0] = counts
            assert await adc.read() == given[0]
            assert given[0] >> 1 == counts >> 1

    run(body)


def test_saturation_is_discarded_and_counted():
    async def body(adc):
        await adc.read()
        load[0] = 1 << 30
        for name in ("high", "low"):
            task = asyncio.create_task(adc.read())
            await asyncio.sleep_ms(1000)
            assert not task.done(), name
            load[0] = 5
            assert await task == given[0] < 6
            load[0] = -(1 << 30)
        assert 16 <= adc.faults <= 22

    run(body)


def test_a_frozen_word_is_discarded_from_the_sixth_on_until_another_comes():
    async def body(adc):
        await adc.read()
        found = [await adc.read()]
        chip.frozen = True
        try:
            while True:
                found.append(await asyncio.wait_for_ms(adc.read(), 2000))
        except asyncio.TimeoutError:
            pass
        assert found == [given[0]] * 5 or found == [given[0] ^ 1] * 5, found
        assert 19 <= adc.faults <= 21, adc.faults
        chip.frozen = False
        faults = adc.faults
        for _ in range(100):
            assert await adc.read() == given[0]
        assert adc.faults <= faults + 1

    run(body)


def test_missed_conversions_are_counted():
    async def body(adc):
        await adc.read()
        await asyncio.sleep_ms(550)
        await adc.read()
        await adc.read()
        assert adc.missed == 5

    run(body)


def test_a_silent_chip_is_started_again():
    async def body(adc):
        await adc.read()
        chip._power(0)
        assert await asyncio.wait_for_ms(adc.read(), 5000) == given[0]
        assert adc.faults >= 1

    run(body)


def test_a_slipped_bit_is_discarded():
    async def body(adc):
        await adc.read()
        word = chip._clocked
        lost = [False]

        def lose_one(level):
            if level and not lost[0] and chip._pulses == 10:
                lost[0] = True
                chip._sck.level = level
                return
            word(level)

        noise[0] = 0  # where the last bit is a one it would not show
        load[0] = 0x0AAAAA
        BOARD.wire(SCK).output = lose_one
        value = await adc.read()
        BOARD.wire(SCK).output = word
        assert lost[0] and value == given[0]
        assert adc.faults == 1

    run(body)


def test_what_is_not_wired_is_refused():
    adc = ADS1232(DOUT, SCK, PWDN)
    for rate, gain in ((11, 128), (10, 64)):
        try:
            adc.start(rate, gain)
        except ValueError:
            continue
        raise AssertionError("%d, %d was taken" % (rate, gain))
