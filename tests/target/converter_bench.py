"""What every converter's driver must do, whatever its pins: run against its simulated chip by the chip's own checks."""

import asyncio


class Bench:
    """A driver beside its chip. `make_driver()` starts one; `chip` is set once it is made with `sample` as its input.

    The load has the least noise that a converter has: the last bit changes at every conversion, unless `noise` is 0.
    """

    def __init__(self):
        self.load = 100_000
        self.noise = 1
        self.given = 0
        self.chip = None
        self.make_driver = None

    def sample(self, channel, gain):
        self.given = self.load * gain // 128 ^ self.noise & self.chip.conversions
        return self.given

    def run(self, body, *arguments):
        """Run `body(driver)` with a driver that has been started."""

        async def main():
            await body(self.make_driver(*arguments))

        asyncio.run(main())

    async def nothing_within(self, adc, ms):
        """A reading that is still awaited after so long."""
        task = asyncio.create_task(adc.read())
        await asyncio.sleep_ms(ms)
        assert not task.done()
        return task

    async def reads_every_conversion(self, adc):
        for _ in range(5):
            assert await adc.read() == self.given
        read = self.chip.conversions
        for _ in range(100):
            await adc.read()
        assert self.chip.conversions - read == 100
        assert (adc.missed, adc.faults, self.chip.unread) == (0, 0, 0)

    async def gives_signs_and_bits_as_they_are(self, adc):
        await adc.read()
        for counts in (0, 1, -1, 0x155555, -0x2AAAAB, 0x77FFFF, -0x77FFFF):
            self.load = counts
            assert await adc.read() == self.given
            assert self.given >> 1 == counts >> 1

    async def discards_and_counts_saturation(self, adc):
        await adc.read()
        self.load = 1 << 30
        for name in ("high", "low"):
            task = await self.nothing_within(adc, 1000)
            self.load = 5
            assert await task == self.given < 6, name
            self.load = -(1 << 30)
        assert 16 <= adc.faults <= 22

    async def discards_a_frozen_word_from_the_sixth_on_until_another_comes(self, adc):
        await adc.read()
        found = [await adc.read()]
        self.chip.frozen = True
        try:
            while True:
                found.append(await asyncio.wait_for_ms(adc.read(), 2000))
        except asyncio.TimeoutError:
            pass
        assert found == [self.given] * 5 or found == [self.given ^ 1] * 5, found
        assert 19 <= adc.faults <= 21, adc.faults
        self.chip.frozen = False
        faults = adc.faults
        for _ in range(100):
            assert await adc.read() == self.given
        assert adc.faults <= faults + 1

    async def counts_missed_conversions(self, adc):
        await adc.read()
        await asyncio.sleep_ms(550)
        await adc.read()
        await adc.read()
        assert adc.missed == 5

    def refuses(self, adc, *wrong):
        """Rates and gains that the chip does not have."""
        for rate, gain in wrong:
            try:
                adc.start(rate, gain)
            except ValueError:
                continue
            raise AssertionError("%d, %d was taken" % (rate, gain))
