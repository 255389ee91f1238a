"""An ADC: the HX710, clocked as the HX711 is, with one input, one rate and one gain."""

from collections.abc import Callable

from kit.checkout import Checkout
from steelyard_simulator import SimulatedScale

SUITE = (
    "tests/hardware/test_boards.py",
    "tests/hardware/test_hardware_profile.py::test_what_is_committed_is_what_is_generated",
    "tests/firmware/chips/test_hx711.py",
)
DRIVER = '''"""Driver of the HX710 load-cell converter by two pins."""

import asyncio

from agent.chips.converter import Converter
from agent.port import pins


class HX710(Converter):
    """The converter at its two pins; the 25th pulse asks for the same input again."""

    RATES = (10,)
    GAINS = (128,)

    def __init__(self, pin_dout, pin_sck):
        super().__init__(pin_dout)
        self._sck = pins.Output(pin_sck)

    def start(self, rate, gain):
        """Begin to convert at nominally `rate` samples/s with `gain`; raises and demands what `_begin` does."""
        self._begin(rate, gain)
        self._sck(0)
        self.settle = 5
        self._ready.arm()

    def _take(self):
        word = 0
        for _ in range(25):
            self._sck(1)
            word = word << 1 | self._waiting()
            self._sck(0)
        return word >> 1

    async def _restart(self):
        """Power the chip down and up again."""
        self.faults += 1
        self._sck(1)
        await asyncio.sleep_ms(1)
        self._sck(0)
        self.settle = 5
'''
CHIP = '''"""The HX710 as a chip seen from its two pins."""

from hal_hx711 import HX711


class HX710(HX711):
    """Clocked as the HX711 is."""
'''
NEEDS = """
[converters.hx710]
pins = [{ name = "adc_dout", use = "input", at = "DOUT" }, { name = "adc_sck", use = "output", at = "PD_SCK" }]
rates = { 10 = {} }
gains = { 128 = { "INA+" = "signal" } }
"""


def add(checkout: Checkout) -> None:
    checkout.write("firmware/agent/chips/hx710.py", DRIVER)
    listed = '    ["agent/chips/hx710.py", "agent/chips/hx710.py"],\n'
    checkout.insert("firmware/package.json", '["agent/chips/fitted.py", "agent/chips/fitted.py"],\n', listed)
    chips = "hardware/steelyard_hardware/chips.toml"
    [gains] = [line for line in (checkout.folder / chips).read_text().splitlines() if line.startswith("gains = { 32")]
    checkout.insert(chips, gains + "\n", NEEDS)
    checkout.write("simulator/hal/hal_hx710.py", CHIP)


def fit(checkout: Checkout) -> None:
    """Put the chip onto the simulated board, for the tests below."""
    path = checkout.folder / "hardware/boards/simulated.toml"
    text = path.read_text()
    assert text.count('driver = "hx711"') == 1
    path.write_text(text.replace('driver = "hx711"', 'driver = "hx710"'))
    checkout.make("boards")


def test_the_agent_weighs_with_it(simulate: Callable[..., SimulatedScale]) -> None:
    scale = simulate()
    scale.advance(4)
    scale.place(kg=2.0)
    scale.advance(4)
    status = scale.console_json("status")
    assert status["gross"] * status["e_mg"] == 2_000_000
    assert scale.state()["wrong_pulse_counts"] == 0
