"""The ADS1232's driver against the chip at its three pins."""

import hal_asyncio
from hal_board import BOARD

BOARD.start()
hal_asyncio.install()
RUNS_ON = "simulated"

import asyncio

from agent.chips.ads1232 import ADS1232
from converter_bench import Bench
from hal_ads1232 import ADS1232 as Chip

DOUT, SCK, PWDN = 20, 21, 22
bench = Bench()
chip = bench.chip = Chip(BOARD.clock, [BOARD.wire(pin) for pin in (DOUT, SCK, PWDN)], bench.sample)


def started():
    adc = ADS1232(DOUT, SCK, PWDN)
    adc.start(10, 128)
    return adc


bench.make_driver = started


def test_it_starts_the_chip_and_reads_every_conversion():
    bench.run(bench.reads_every_conversion)


def test_signs_and_bits_arrive_as_they_are():
    bench.run(bench.gives_signs_and_bits_as_they_are)


def test_saturation_is_discarded_and_counted():
    bench.run(bench.discards_and_counts_saturation)


def test_a_frozen_word_is_discarded_from_the_sixth_on_until_another_comes():
    bench.run(bench.discards_a_frozen_word_from_the_sixth_on_until_another_comes)


def test_missed_conversions_are_counted():
    bench.run(bench.counts_missed_conversions)


def test_a_silent_chip_is_started_again():
    async def body(adc):
        await adc.read()
        chip._power(0)
        assert await asyncio.wait_for_ms(adc.read(), 5000) == bench.given
        assert adc.faults >= 1

    bench.run(body)


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

        bench.noise = 0  # where the last bit is a one it would not show
        bench.load = 0x0AAAAA
        BOARD.wire(SCK).output = lose_one
        value = await adc.read()
        BOARD.wire(SCK).output = word
        assert lost[0] and value == bench.given
        assert adc.faults == 1

    bench.run(body)


def test_what_is_not_wired_is_refused():
    bench.refuses(ADS1232(DOUT, SCK, PWDN), (11, 128), (10, 64))
