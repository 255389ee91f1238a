"""The NAU7802's driver against the chip on its bus."""

import hal_asyncio
from hal_board import BOARD

BOARD.start()
hal_asyncio.install()
RUNS_ON = "simulated"

import asyncio

from agent.chips.nau7802 import ADDRESS, NAU7802
from converter_bench import Bench
from hal_nau7802 import NAU7802 as Chip

DRDY = 22
bench = Bench()
chip = bench.chip = Chip(BOARD.clock, [BOARD.wire(DRDY)], bench.sample)
chip.attach(BOARD.i2c)


def started(rate=10):
    adc = NAU7802(DRDY)
    adc.start(rate, 128)
    return adc


bench.make_driver = started


def test_it_starts_the_chip_and_reads_every_conversion_at_every_rate():
    for rate in (10, 20, 40, 80):
        bench.run(bench.reads_every_conversion, rate)
        assert chip.period_us == 1_000_000 // rate


def test_the_first_reading_is_calibrated_and_settled_with_the_span_of_the_settled_regulator():
    async def body(adc):
        bench.load = 1_000_000
        assert await adc.read() == bench.given

    bench.run(body)


def test_signs_and_bits_arrive_as_they_are():
    bench.run(bench.gives_signs_and_bits_as_they_are)


def test_saturation_is_discarded_and_counted():
    bench.run(bench.discards_and_counts_saturation)


def test_a_frozen_word_is_discarded_from_the_sixth_on_until_another_comes():
    bench.run(bench.discards_a_frozen_word_from_the_sixth_on_until_another_comes)


def test_missed_conversions_are_counted():
    bench.run(bench.counts_missed_conversions)


def test_a_chip_that_was_reset_gives_no_wrong_word_and_is_set_up_again():
    async def body(adc):
        await adc.read()
        before = chip.resets
        chip.reset()
        assert await asyncio.wait_for_ms(adc.read(), 5000) == bench.given
        assert chip.resets == before + 1
        assert adc.faults >= 1

    bench.run(body)


def test_another_gain_or_rate_than_asked_for_is_not_read():
    for register, value in ((1, 0x80 | 5 << 3 | 6), (2, 3 << 4), (2, 1 << 4), (0, 0x80 | 0x10 | 0x04)):

        async def body(adc, register=register, value=value):
            await adc.read()
            before = chip.resets
            BOARD.i2c.write(ADDRESS, bytes((register, value)))
            assert await asyncio.wait_for_ms(adc.read(), 5000) == bench.given
            assert chip.resets == before + 1, (register, value)

        bench.run(body)


def test_a_chip_that_does_not_answer_is_asked_again():
    async def body(adc):
        task = await bench.nothing_within(adc, 5000)
        chip.away = False
        assert await task == bench.given
        chip.away = True
        faults = adc.faults
        task = await bench.nothing_within(adc, 3000)
        assert adc.faults > faults
        chip.away = False
        assert await task == bench.given

    chip.away = True
    bench.run(body)


def test_a_failed_calibration_is_made_again_and_nothing_is_read_before():
    async def body(adc):
        task = await bench.nothing_within(adc, 8000)
        chip.calibration_fails = False
        assert await task == bench.given

    chip.calibration_fails = True
    bench.run(body)


def test_what_the_chip_does_not_have_is_refused():
    bench.refuses(NAU7802(DRDY), (11, 128), (10, 64))
