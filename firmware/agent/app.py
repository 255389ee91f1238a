"""The agent: a scale, and one task for each of its duties. A duty that fails ends the agent, and the board restarts."""

import asyncio
import gc
import sys

import board
from micropython import const

from agent.adjustment.parameters import BY_CASE, BY_SWITCH, BY_TIME_OUT
from agent.console import RefusingConsole, ServiceConsole
from agent.errors import Damaged, NotStated
from agent.loaded import START, let_go
from agent.port import clock, system
from agent.port.console import Terminal
from agent.scale import Scale
from agent.sealing import lock
from agent.steps import spread
from agent.wire import statements

_HOUSEKEEPING_MS = const(1000)
# Below it no converter here is specified (2.6 V to 2.7 V), and the cell hangs on the same supply: no weight then.
_SUPPLY_OFF_MV = const(2700)
# So that a fault is stated within two seconds: a second until the weight is too old, and up to 0.4 s of equal words.
_WATCH_MS = const(500)
_MINUTE_WATCHES = const(120)
_COUNT_WATCHES = const(40)
_FIRST_SNAPSHOT_MS = const(10000)  # after the start, where time of earlier starts counts: a weight comes first
_COLLECT_EVERY = const(8)
# Normally garbage is collected before there is so much; somebody's typing, or a batch, can be quicker.
_MOST_GARBAGE_BYTES = const(45056)
_SERVED_MS = const(5000)
_RESTART_MS = const(5000)
_STANDSTILL_MS = const(600000)  # flash that fails to be read may be read once it has cooled down
_START_READINGS = const(16)
_MOST_CASE_STAMPS = const(8)
# At this speed, without flow control, a tenth of a second brings more than a kilobyte.
_CONSOLE_BAUD = const(115200)
_CONSOLE_BYTES = const(1024)
_SALES = const(13)  # the parameter that says whether the type computes prices


class Agent:
    """The duties of `scale`."""

    def __init__(self, scale):
        self._scale = scale
        self._case_stamps = []  # of case openings that no statement has yet
        self._latched = False  # the latch may have an opening that was, or will be, stated from here
        self._telling = asyncio.Lock()
        # What was stated of zeros out of range and ADC faults.
        self._zeros_refused = self._missed = self._faults = 0
        self._silent = False
        self._panel = None

    async def run(self):
        """All duties at once, without end; what ends one of them ends all, and both displays say so."""
        for _ in range(_START_READINGS):
            self._scale.weighing.take_temperature(system.temperature_cdeg())
        await self._scale.acts.start(False)
        opened_s = None
        if self._scale.latch:
            opened_s = await self._scale.latch.start(system.reset_cause())
        gc.collect()
        gc.threshold(min(_MOST_GARBAGE_BYTES, gc.mem_free() // 2))
        self._scale.adc.start(board.ADC_RATE, board.ADC_GAIN)
        system.start_watchdog()
        duties = [asyncio.create_task(duty) for duty in self._duties(opened_s)]
        let_go(START)
        try:
            await asyncio.gather(*duties)
        finally:
            for duty in duties:
                duty.cancel()
            await asyncio.sleep_ms(0)
            if self._panel is not None:
                self._panel.show_failure()

    def _duties(self, opened_s):
        from agent.chips import fitted

        # Keys and displays on a board that has them, for a type that computes prices.
        if self._scale.parameters.map.get(_SALES) and fitted.has_panel():
            from agent.operator.panel import Panel  # takes heap where it is used only

            self._panel = Panel(self._scale)
            yield self._panel.run()
        yield self._scale.weighing.run()
        yield self._watch_weighing()
        yield self._watch_case(opened_s)
        yield self._watch_switch()
        yield self._keep_record()
        yield self._make_snapshots()
        yield self._keep_house()
        yield self._collect_garbage()
        yield self._scale.downlink.run()
        yield self._scale.uplink.run()
        yield ServiceConsole(Terminal(), self._scale).run()
        if board.UART is not None and not self._scale.prints:  # a printer only listens
            yield self._rs232().run()

    def _rs232(self):
        """What serves the RS-232 port."""
        from agent.record import serial

        if self._scale.rs232 == serial.TILL:
            from agent.operator.till import Till

            return Till(self._scale)
        from agent.port import uart

        return ServiceConsole(Terminal(uart.open(_CONSOLE_BAUD, received=_CONSOLE_BYTES)), self._scale)

    async def _watch_weighing(self):
        """Feed the watchdog as long as the converter is served: a chip that is dead is, by being started again."""
        while True:
            if clock.ticks_diff(clock.ticks_ms(), self._scale.adc.served_ms) < _SERVED_MS:
                system.feed_watchdog()
            await asyncio.sleep_ms(_WATCH_MS)

    async def _make_snapshots(self):
        due_ms = await self._earlier_ms()
        while True:
            self._scale.period_changed.clear()
            due_ms = clock.ticks_add(due_ms, self._scale.trust.period_s * 1000)
            wait_ms = clock.ticks_diff(due_ms, clock.ticks_ms())
            if wait_ms < 0:
                due_ms = clock.ticks_ms()
            try:
                await asyncio.wait_for_ms(self._scale.period_changed.wait(), max(0, wait_ms))
                due_ms = clock.ticks_ms()
            except asyncio.TimeoutError:
                await self._make_snapshot()

    async def _earlier_ms(self):
        """The moment, as ticks, from which the first period counts: before this start where earlier starts count."""
        unseen_s = min(self._scale.trust.period_s, self._scale.ledger.boots.unseen_s(0))
        if unseen_s > 0:
            await asyncio.sleep_ms(_FIRST_SNAPSHOT_MS)
        return clock.ticks_add(clock.ticks_ms(), -1000 * unseen_s)

    async def _make_snapshot(self):
        if self._scale.chain.enrolled:
            try:
                await self._scale.chain.append(statements.SNAPSHOT, self._scale.snapshot_body)
            except NotStated:
                pass  # the scale goes on weighing; the display tells of the journal
            await spread(self._scale.ledger.boots.seen(clock.uptime_s()))

    async def _watch_case(self, opened_while_off_s):
        if opened_while_off_s is not None:
            silent = self._scale.latch.silent
            # What a dead chip gives at each start says nothing new of a scale that is locked.
            if not silent or not self._scale.parameters.locked:
                await self._case_opened(opened_while_off_s, lock.CLOCK_SILENT if silent else lock.CASE_OPENED)
        elif not self._scale.case.closed and not self._scale.parameters.locked:
            await self._case_opened(clock.stamp())
        while True:
            if not await self._scale.case.changed():
                await self._case_opened(clock.stamp())
            elif self._scale.ledger.lock.suspended:
                self._scale.ledger.lock.follow(False)

    async def _case_opened(self, stamp_s, why=lock.CASE_OPENED):
        self._latched = True
        self._scale.ledger.lock.engage(why)
        if self._scale.chain.enrolled:
            self._case_stamps.append(stamp_s)
        if not self._scale.parameters.in_repair:
            await self._close_session(BY_CASE)
        await self._tell_case()

    async def _tell_case(self):
        """Tell of case openings that no statement has yet, then of the lock; what has no room waits."""
        async with self._telling:  # the latch forgets only what is synced, whoever began to tell it
            await self._tell_openings()

    async def _tell_openings(self):
        while self._case_stamps:
            try:
                event = statements.event(statements.CASE_OPENED, self._case_stamps[0])
                await self._scale.chain.append(statements.EVENT, event)
            except NotStated:
                del self._case_stamps[_MOST_CASE_STAMPS:]
                return
            self._case_stamps.pop(0)
        if self._latched and self._scale.latch:
            self._latched = False
            self._scale.latch.forget()
        try:
            await self._scale.ledger.lock.state(self._scale.chain)
        except NotStated:
            pass  # it stays unstated, and is tried again every minute

    async def _close_session(self, why):
        try:
            await self._scale.sessions.close(why)
        except NotStated:
            pass  # the session is closed all the same; the next statement's flags say so

    async def _watch_switch(self):
        while True:
            if not await self._scale.switch.settled() and not self._scale.parameters.in_repair:
                await self._close_session(BY_SWITCH)

    async def _keep_house(self):
        """The work of every second that makes no statement: the surroundings, and erasing ahead in a quiet moment."""
        while True:
            self._scale.weighing.take_temperature(system.temperature_cdeg())
            self._scale.supply_mv = system.supply_mv()
            self._scale.weighing.supplied = self._scale.supply_mv >= _SUPPLY_OFF_MV
            if self._scale.is_idle():
                self._scale.journal.prepare()
            await asyncio.sleep_ms(_HOUSEKEEPING_MS)

    async def _keep_record(self):
        """Tell what the start found, every minute what has become due since, twice a second what has happened."""
        watches = 0
        await self._scale.ledger.state_start(self._scale.circumstances)
        await self._scale.acts.start(True)
        while True:
            if not watches % _MINUTE_WATCHES:
                await self._scale.ledger.state_start(self._scale.circumstances)
                await self._scale.events.flush()
                await self._tell_case()
                await self._scale.count_locked_time()
            elif not watches % _COUNT_WATCHES:
                await self._scale.ledger.count_time()
            watches += 1
            await asyncio.sleep_ms(_WATCH_MS)
            await self._tell_zero_and_faults()
            await self._scale.events.note_faults(0, self._scale.journal)
            refusal = self._scale.take_refusal()
            if refusal:
                await self._scale.events.note(statements.DOWNLINK_REFUSED, *refusal)
            if not self._scale.keystore.trouble:
                fault = self._scale.keystore.take_fault()
                if fault:
                    await self._scale.events.note(statements.KEY_FAULT, *fault)
            await self._scale.sessions.end_in_time(self._close_session, BY_TIME_OUT)

    async def _tell_zero_and_faults(self):
        """Tell of zeros out of range and of a converter that gives nothing; once for each time it begins."""
        weighing, adc = self._scale.weighing, self._scale.adc
        count = weighing.zeros_refused - self._zeros_refused
        if count:
            self._zeros_refused += count
            await self._scale.events.note(statements.ZERO_OUT_OF_RANGE, weighing.refused_zero_counts, count)
        silent = weighing.silent()
        if silent and not self._silent:
            missed, faults = adc.missed - self._missed, adc.faults - self._faults
            self._missed, self._faults = adc.missed, adc.faults
            await self._scale.events.note(statements.ADC_FAULT, missed, faults)
        self._silent = silent

    async def _collect_garbage(self):
        """Collect right after an indication, when there is most time before the next."""
        while True:
            for _ in range(_COLLECT_EVERY):
                await self._scale.weighing.indicated.wait()
            gc.collect()


async def _run():
    try:
        scale = Scale()
    except Exception as error:
        await _stand_still(error, "cannot start")
        return
    try:
        await Agent(scale).run()
    except Exception as error:
        if isinstance(error, Damaged) or scale.ledger.boots.exhausted:
            # Starting again at once would not help, and wears the flash out.
            await _stand_still(error, "cannot go on")
        else:
            sys.print_exception(error)
            await _wait(_RESTART_MS)


async def _stand_still(error, what):
    """Say at the console why this is no scale just now, to whoever asks; not for ever."""
    sys.print_exception(error)
    text = "the scale %s: %s" % (what, str(error) or repr(error))
    telling = asyncio.create_task(RefusingConsole(Terminal(), what.replace(" ", "-"), text).run())
    await _wait(_STANDSTILL_MS)
    telling.cancel()


async def _wait(ms):
    """Wait, and keep the watchdog quiet meanwhile: that nothing is weighed is known, and said."""
    until_ms = clock.ticks_add(clock.ticks_ms(), ms)
    while clock.ticks_diff(until_ms, clock.ticks_ms()) > 0:
        system.feed_watchdog()
        await asyncio.sleep_ms(_HOUSEKEEPING_MS)


def main():
    """Run the agent; after a failure the board starts again, except where it is open for development."""
    asyncio.run(_run())
    if not system.is_development():
        system.reset()
