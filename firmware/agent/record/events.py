"""Events: what happened to the scale, as statements. Kinds that can come often are stated once an hour with a count."""

from micropython import const

from agent.errors import NotStated
from agent.record.chain import NotEnrolled
from agent.wire import statements

_HOUR_S = const(3600)
_MAX_COUNT = const(0xFFFFFFFF)
_MAX_WAITING = const(16)

# Noisy kinds, and how many of their last facts are counts that add up; of the facts before these the latest is stated,
# but of those that tell of a change the first is what it was before all of them.
_NOISY = {
    statements.WRONG_CODE: 1,
    statements.ZERO_OUT_OF_RANGE: 1,
    statements.ADC_FAULT: 2,
    statements.DOWNLINK_REFUSED: 1,
    statements.FLASH_FAULT: 1,
    statements.CLOCK_SET: 0,
    statements.PERIOD_CHANGED: 0,
    statements.KEY_FAULT: 1,
}
_CHANGES = (statements.CLOCK_SET, statements.PERIOD_CHANGED)


class Events:
    """Makes events on `chain`; `clock` has `uptime_s()`. What cannot be stated yet waits in memory."""

    def __init__(self, chain, clock):
        self._chain = chain
        self._clock = clock
        self._waiting = []  # (kind, facts) that could not be stated yet
        self._pending = {}  # noisy kind to facts that no statement has yet
        self._told_s = {}  # noisy kind to the uptime of its last statement

    async def state(self, kind, *facts):
        """Make an event now; return its number, or None where it has to wait for room. Raises NotEnrolled."""
        try:
            return (await self._chain.append(statements.EVENT, statements.event(kind, *facts)))[0]
        except NotStated:
            if len(self._waiting) < _MAX_WAITING:
                self._waiting.append((kind, facts))
            return None

    async def note(self, kind, *facts):
        """Tell of something noisy: now, or with what else comes within an hour of the last statement of its kind.

        The last facts of most are counts, normally 1. Until it is stated it is kept in memory; before enrolment it is
        dropped.
        """
        self._merge(kind, list(facts))
        await self.flush()

    async def note_faults(self, ring, journal):
        """Tell where the flash of the ring `journal` failed, if it did: 0 is that of statements, 1 of sales."""
        fault = journal.take_faults()
        if fault:
            await self.note(statements.FLASH_FAULT, ring, *fault)

    async def flush(self):
        """Tell what has waited for room or for its hour; to be called every minute or so."""
        waiting, self._waiting = self._waiting, []
        for kind, facts in waiting:
            await self.state(kind, *facts)
        now_s = self._clock.uptime_s()
        for kind in list(self._pending):
            if kind in self._told_s and now_s - self._told_s[kind] < _HOUR_S:
                continue
            facts = self._pending.pop(kind, None)
            if facts is None:
                continue  # stated by another task while this one waited
            self._told_s[kind] = now_s
            try:
                await self._chain.append(statements.EVENT, statements.event(kind, *facts))
            except NotStated:
                del self._told_s[kind]
                self._merge(kind, facts)
            except NotEnrolled:
                pass  # nobody to tell it to

    def _merge(self, kind, facts):
        before = self._pending.get(kind)
        if before is not None:
            if kind in _CHANGES:
                facts[0] = before[0]
            for place in range(len(facts) - _NOISY[kind], len(facts)):
                facts[place] += before[place]
        for place in range(len(facts) - _NOISY[kind], len(facts)):
            facts[place] = min(facts[place], _MAX_COUNT)
        self._pending[kind] = facts
