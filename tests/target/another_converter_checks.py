"""A board with another converter than the simulated one: its profile names the driver, and the agent weighs with it."""

import board

board.ADC = "nau7802"
board.ADC_PINS = (16,)

import hal_asyncio
from hal_board import BOARD

BOARD.start(cell="class_iii", seed=3)
hal_asyncio.install()
RUNS_ON = "simulated"

import asyncio

from agent.chips import fitted
from agent.weighing.core import Weighing
from parameter_map import MAP


def test_the_scale_weighs_with_the_converter_that_the_profile_names():
    async def main():
        adc = fitted.converter()
        assert type(adc).__name__ == "NAU7802"
        weighing = Weighing(adc, MAP)
        adc.start(board.ADC_RATE, board.ADC_GAIN)
        asyncio.create_task(weighing.run())
        shown = []
        for load_g in (0.0, 1000.0, 0.0):
            BOARD.cell.load_g = load_g
            await asyncio.sleep_ms(6000)
            shown.append(weighing.indication())
        assert (adc.faults, adc.missed) == (0, 0)
        return shown

    assert asyncio.run(main()) == ["0.000 kg", "1.000 kg", "0.000 kg"]
