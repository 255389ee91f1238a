"""The NAU7802's driver against the chip on its bus."""

import hal_asyncio
from hal_board import BOARD

BOARD.start()
hal_asyncio.install()
RUNS_ON = "simulated"

import asyncio

from agent.chips.nau7802 import NAU7802
from hal_nau7802 import NAU7802 as Chip

DRDY = 22
load = [100_000]
given = [0]


def sample(channel, gain):
    """The load, with the least noise that a converter has: the last bit changes at every conversion."""
    given[0] = load[0] * gain // 128 ^ 1 & chip.conversions
    return given[0]


chip = Chip(BOARD.clock, [BOARD.wire(DRDY)], sample)
chip.attach(BOARD.i2c)


def run(body, rate=10):
    async def main():
        adc = NAU7802(DRDY)
        adc.start(rate, 128)
        await body(adc)

    asyncio.run(main())


async def nothing_comes_within(adc, ms):
    task = asyncio.create_task(adc.read())
    await asyncio.sleep_ms(ms)
    assert not task.done()
    return task


def test_it_starts_the_chip_and_reads_every_conversion_at_every_rate():
    async def body(adc):
        for _ in range(5):
            assert await adc.read() == given[0]
        read = chip.conversions
        for _ in range(100):
            await adc.read()
        assert chip.conversions - read == 100
        assert (adc.missed, adc.faults, chip.unread) == (0, 0, 0)

    for rate in (10, 20, 40, 80):
        run(body, rate)
        assert chip.period_us == 1_000_000 // rate


def test_the_first_reading_is_calibrated_and_settled_with_the_span_of_the_settled_regulator():
    async def body(adc):
        load[0] = 1_000_000
        assert await adc.read() == given[0]

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
            task = await nothing_comes_within(adc, 1000)
            load[0] = 5
            assert await task == given[0] < 6, name
            load[0] = -(1 << 30)
        assert 16 <= adc.faults <= 22

    run(body)


def test_a_frozen_word_is_discarded_from_the_sixth_on():
    async def body(adc):
        found = [await adc.read()]
        chip.frozen = True
        try:
            while True:
                found.append(await asyncio.wait_for_ms(adc.read(), 2000))
        except asyncio.TimeoutError:
            pass
        assert len(found) in (5, 6) and len(set(found[1:])) == 1, found
        chip.frozen = False
        assert await adc.read() == given[0]

    run(body)


def test_missed_conversions_are_counted():
    async def body(adc):
        await adc.read()
        await asyncio.sleep_ms(550)
        await adc.read()
        await adc.read()
        assert adc.missed == 5

    run(body)


def test_a_chip_that_was_reset_gives_no_wrong_word_and_is_set_up_again():
    async def body(adc):
        await adc.read()
        before = chip.resets
        chip.reset()
        assert await asyncio.wait_for_ms(adc.read(), 5000) == given[0]
        assert chip.resets == before + 1
        assert adc.faults >= 1

    run(body)


def test_another_gain_or_rate_than_asked_for_is_not_read():
    for register, value in ((1, 0x80 | 5 << 3 | 6), (2, 3 << 4), (2, 1 << 4), (0, 0x80 | 0x10 | 0x04)):

        async def body(adc, register=register, value=value):
            await adc.read()
            before = chip.resets
            BOARD.i2c.write(0x2A, bytes((register, value)))
            assert await asyncio.wait_for_ms(adc.read(), 5000) == given[0]
            assert chip.resets == before + 1, (register, value)

        run(body)


def test_a_chip_that_does_not_answer_is_asked_again():
    async def body(adc):
        task = await nothing_comes_within(adc, 5000)
        chip.away = False
        assert await task == given[0]
        chip.away = True
        faults = adc.faults
        task = await nothing_comes_within(adc, 3000)
        assert adc.faults > faults
        chip.away = False
        assert await task == given[0]

    chip.away = True
    run(body)


def test_a_failed_calibration_is_made_again_and_nothing_is_read_before():
    async def body(adc):
        task = await nothing_comes_within(adc, 8000)
        chip.calibration_fails = False
        assert await task == given[0]

    chip.calibration_fails = True
    run(body)


def test_what_the_chip_does_not_have_is_refused():
    adc = NAU7802(DRDY)
    for rate, gain in ((11, 128), (10, 64)):
        try:
            adc.start(rate, gain)
        except ValueError:
            continue
        raise AssertionError("%d, %d was taken" % (rate, gain))
