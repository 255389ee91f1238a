"""The processor's analogue inputs, with what goes wrong at a real RP2's: a pin that nobody set up, a pin of the radio.

A pin that was not set up for the converter still has the pull-down that reset left there: it sinks current through
whatever feeds it. On a Pico W the radio's clock is on an analogue pin, so that reading it tells nothing of the supply.
"""

import board as profile

SENSOR = 4
FIRST_GPIO = 26
LAST_GPIO = 29
RADIO_GPIOS = (23, 24, 25, 29)
_PULL_DOWN_OHM = 50_000.0
_SOURCE_OHM = {profile.ADC_SUPPLY: 5_000.0, profile.ADC_TEMPERATURE: 2_000.0}
_RADIO_UV = 30_000.0


class Analogue:
    """What the converter reads at `board`: 12 bits with noise, spread over 16; noise-free beside an ideal cell."""

    def __init__(self, board):
        self._board = board
        self._set_up = set()

    def set_up(self, gpio):
        """Turn a pin into an analogue input: no pull-down, no digital input."""
        self._set_up.add(gpio)

    def read_u16(self, gpio, noise):
        """0 to 65535 at the pin `gpio`; None is the sensor inside the chip. `noise` is a source of random numbers."""
        share = self._microvolts(gpio) / profile.ADC_FULL_SCALE_UV
        if self._board.cell.is_ideal:
            return min(65535, max(0, round(share * 65535)))
        steps = min(4095, max(0, round(share * 4095 + 0.7 * noise.gauss())))
        return steps << 4 | steps >> 8

    def _microvolts(self, gpio):
        if gpio in RADIO_GPIOS:
            return _RADIO_UV
        microvolts = self._source_uv(gpio)
        if gpio is not None and gpio not in self._set_up:
            microvolts *= _PULL_DOWN_OHM / (_PULL_DOWN_OHM + _SOURCE_OHM.get(gpio, 0.0))
        return microvolts

    def _source_uv(self, gpio):
        if gpio == profile.ADC_SUPPLY:
            return self._board.supply_v * 1e6 / profile.SUPPLY_DIVIDER
        if gpio == profile.ADC_TEMPERATURE:
            kelvin = self._board.cell.temperature_c - profile.TEMPERATURE_REFERENCE_CDEG / 100
            return profile.TEMPERATURE_REFERENCE_UV + kelvin * profile.TEMPERATURE_UV_PER_K
        return 0.0
