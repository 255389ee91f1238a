"""What may stop the processor for seconds, a name to be looked up or a TLS handshake, never leaves a weight standing.

The weight is blank from before it begins until there is a new reading: what a display shows cannot change meanwhile,
however the load does. Nothing can be sold, tared or zeroed on a weight that is blank.
"""

import asyncio

from micropython import const

from agent.port import clock

_DRAWN_MS = const(300)  # until the displays are blank, whatever else is being done
_LOOK_MS = const(20)
_READING_MS = const(1000)


class Standstill:
    """Blanks `weighing` from `begin` to `end`; `longest_ms` is how long the processor has stood still in between."""

    def __init__(self, weighing):
        self.longest_ms = 0
        self._weighing = weighing
        self._watcher = None

    async def begin(self):
        """Have the weight blank, and wait until that is seen; doing it again does nothing."""
        if self._watcher is None:
            self._weighing.hidden = True
            self._watcher = asyncio.create_task(self._watch())
            await asyncio.sleep_ms(_DRAWN_MS)

    async def end(self):
        """Show the weight again, once there is a new reading of it; without a beginning it does nothing."""
        if self._watcher is None:
            return
        await asyncio.sleep_ms(_LOOK_MS)  # so that the watcher sees how long the last piece took
        self._watcher.cancel()
        self._watcher = None
        try:
            await asyncio.wait_for_ms(self._weighing.indicated.wait(), _READING_MS)
        except asyncio.TimeoutError:
            pass  # a converter that gives nothing is a fault, and is shown as one
        finally:
            self._weighing.hidden = False

    async def _watch(self):
        while True:
            before_ms = clock.ticks_ms()
            await asyncio.sleep_ms(_LOOK_MS)
            stood_ms = clock.ticks_diff(clock.ticks_ms(), before_ms) - _LOOK_MS
            self.longest_ms = max(self.longest_ms, stood_ms)
