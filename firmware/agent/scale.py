"""The scale as one object: its parts, and whatever takes more than one of them.

Here parts that know nothing of one another are joined: readings to statements, permits to sessions, the platform's
answers to the uplink. `agent.app` sets it going; the console's commands and the tasks work on it.
"""

import asyncio

import board
from micropython import const

from agent.acts import Acts
from agent.adjustment.sessions import Sessions
from agent.ledger import Ledger
from agent.loaded import START, Held, hold, let_go
from agent.orders.downlink import PERMIT, PERMIT_REFUSED, Downlink
from agent.orders.trust import Trust
from agent.port import clock, network, pins, system
from agent.record.chain import NotEnrolled
from agent.record.keystore import SoftKeyStore
from agent.transport.uplink import Uplink
from agent.weighing.core import Weighing, WeighingRefused
from agent.weighing.standstill import Standstill
from agent.wire import identity, statements

_STABLE = const(1 << 2)
_CASE_OPEN = const(1 << 3)
_SWITCH_ON = const(1 << 5)
_ADC_FAULT = const(1 << 7)
_SUPPLY_LOW = const(1 << 8)

_SERIAL_NUMBER = const(5)

# Places in the refusal that is to be stated.
_COUNT = const(2)

# What takes heap while it is used only.
_PERMITS = (("agent.adjustment", "permits"),)
_ENROLMENT = (("agent.orders", "enrolment"),)
_WHILE_LOCKED = (("agent.sealing", "unlock"),)
_READING_MS = const(1000)
_SETTLE_MS = const(20000)
_SETTLE_STEPS = const(16)


def _ledger(instrument):
    from agent.port import flash

    flash.mount()
    ledger = Ledger(flash.journal_device(), flash.ROOT, clock, system.random, instrument, board.PROGRAM_SIZE, _keystore)
    if ledger.wifi:
        network.use_wifi(*ledger.wifi)
    return ledger


def _keystore(store, random):
    from agent.chips import fitted

    chip = fitted.on_i2c("atecc608")
    if chip is None:
        return SoftKeyStore(store, random)
    from agent.record.element import ElementKeyStore  # takes heap on a board that has the chip only

    return ElementKeyStore(store, chip)


def _latch(store):
    from agent.chips import fitted

    chip = fitted.on_i2c("rv3028")
    if chip is None:
        return None
    from agent.sealing.latch import CaseLatch  # takes heap on a board that has the chip only

    return CaseLatch(chip, store)


class Scale:
    """The scale as the console's commands see it: its parts, and what takes more than one of them."""

    def __init__(self):
        hold(START)  # until all duties have begun: `agent.app`
        from agent.chips import fitted
        from agent.record import serial, software

        clock.start()
        ledger = _ledger(self)
        self.clock = clock
        self.ledger = ledger
        self.journal = ledger.journal
        self.keystore = ledger.keystore
        self.chain = ledger.chain
        self.events = ledger.events
        self.parameters = ledger.parameters
        self.software = software.identification(board)
        self.rs232 = serial.use(ledger.store)  # what the port is for since this start
        self.prints = self.rs232 in serial.PRINTERS
        self.case = pins.Switch(board.PIN_CASE)
        self.switch = pins.Switch(board.PIN_ADJUST)
        self.latch = _latch(ledger.store)
        self.adc = fitted.converter()
        self.weighing = Weighing(self.adc, self.parameters.map)
        self.trust = Trust(ledger.store, ledger.root_key)
        self.acts = Acts(self, self._open_permit)
        self.downlink = Downlink(self.keystore, self.trust, self.chain, self.acts, self._downlink_refused)
        self.standstill = Standstill(self.weighing)
        self.uplink = Uplink(
            *(network, self.keystore, self.chain, self.downlink, self.trust, system.random),
            *(self._is_calm, self.standstill),
            question=self.acts.question,
        )
        self.supply_mv = 0
        self.serial = None
        self.notice = ""  # what whoever serves the port has to say on the displays
        self.sessions = Sessions(ledger, clock, self.case_open, self._forget_unlocking, self._permit_refused)
        self.period_changed = asyncio.Event()
        self._refusal = None  # [why, order, count] of the newest that is to be stated
        self._unlocking = None
        self.attended = lambda: False  # whether somebody is at the keys
        self._learn_serial()

    def _learn_serial(self):
        if self.chain.enrolled:
            self.serial = self.chain.decode(self.chain.enrolment)[statements.BODY][_SERIAL_NUMBER]

    # What the scale shows

    @property
    def barred(self):
        """Why it weighs for nobody, in the words of the displays: LOCKED, REPAIR, or None where it may."""
        if self.parameters.locked:
            return "LOCKED"
        return "REPAIR" if self.parameters.in_repair else None

    @property
    def identity(self):
        """The identity as text; None while statement 1 is not synced."""
        return identity.identity_text(self.keystore.kid) if self.chain.enrolled else None

    @property
    def public_code(self):
        """The scale's first identity: its only one, as keys are not succeeded yet."""
        return self.identity

    @property
    def indication(self):
        """The net weight as text; None where nothing may be shown."""
        return None if self.parameters.locked else self.weighing.indication()

    def shown(self):
        """What stands on the display: the weight, or why there is none."""
        if self.parameters.locked:
            return "LOCKED"
        if self.chain.enrolled and not self.chain.room_for_adjustment:
            return "JOURNAL FULL"
        return self.weighing.indication() or ("OVERLOAD" if self.weighing.overload() else "-----")

    # What the ledger asks of its instrument

    def flags(self):
        """The instrument's bits of a statement's flags."""
        flags = 0
        if self.weighing.at_rest():
            flags |= _STABLE
        if not self.case.closed:
            flags |= _CASE_OPEN
        if self.switch.closed:
            flags |= _SWITCH_ON
        if self.weighing.silent():
            flags |= _ADC_FAULT
        if self.supply_mv < board.SUPPLY_LOW_MV:
            flags |= _SUPPLY_LOW
        return flags

    def case_open(self):
        """Whether the case is open."""
        return not self.case.closed

    def switch_on(self):
        """Whether the adjustment switch is on."""
        return self.switch.closed

    def use_parameters(self):
        """Weigh by the parameters as they were just committed."""
        self.sessions.adjusted()
        self.weighing.load(self.parameters.map)

    def is_idle(self):
        """True while nothing is on the pan: the moment for work that would disturb weighing."""
        return self.weighing.stable and self.weighing.gross == 0

    def in_use(self):
        """Whether somebody weighs, sells, adjusts or types: no moment for a restart."""
        weighing = self.weighing
        return not self.is_idle() or weighing.tare != 0 or self.parameters.session_open or self.attended()

    def _is_calm(self):
        """True while nobody is weighing: with an empty pan, and before there was a first zero."""
        return self.is_idle() or not self.weighing.started()

    # What the console asks for

    async def enrol(self, maker, model, serial_number, production_code):
        """Make key and statement 1, then the boot statement; return the bytes of statement 1, always the same."""
        with Held(_ENROLMENT):
            from agent.orders.enrolment import enrol

            statement = await enrol(self.keystore, self.chain, maker, model, serial_number, production_code)
        self._learn_serial()
        await asyncio.sleep_ms(0)
        await self.ledger.state_start(self.circumstances)
        return statement

    async def accept(self, answer):
        """Take the platform's signed answer to the enrolment; the uplink then begins. Raises NotEnrolled."""
        if not self.chain.enrolled:
            raise NotEnrolled
        await self.follow_period(self.trust.accept(answer, self.keystore.kid))

    async def follow_period(self, change):
        """Await `change`; where the period of snapshots is another one then, keep to it, and tell of it by an event."""
        before_s = self.trust.period_s
        await change
        if self.trust.period_s != before_s:
            self.period_changed.set()
            await self.events.note(statements.PERIOD_CHANGED, before_s, self.trust.period_s)

    async def settled_counts(self):
        """Compensated counts of the resting load: the mean of 16 filtered values. Raises WeighingRefused after 20 s."""
        started_ms = clock.ticks_ms()
        total = steps = 0
        while steps < _SETTLE_STEPS:
            try:
                await asyncio.wait_for_ms(self.weighing.indicated.wait(), _READING_MS)
            except asyncio.TimeoutError:
                steps = 0
            else:
                steps = steps + 1 if self.weighing.stable else 0
            total = total + self.weighing.compensated_counts() if steps else 0
            if clock.ticks_diff(clock.ticks_ms(), started_ms) > _SETTLE_MS:
                raise WeighingRefused(
                    "the load did not come to rest within 20 s: keep wind and hands off, then try again"
                )
        return total // _SETTLE_STEPS

    @property
    def unlocking(self):
        """What opens the lock by codes; it takes heap while the scale is locked only."""
        if self._unlocking is None:
            from agent.sealing.unlock import Unlocking

            ledger = self.ledger
            self._unlocking = Unlocking(ledger.store, ledger.chain, ledger.lock, clock, system.random)
        return self._unlocking

    async def count_locked_time(self):
        """Count the powered time of a locked scale; every minute or so."""
        if self.parameters.locked:
            await self.unlocking.tick()
        else:
            self._forget_unlocking()

    def _forget_unlocking(self):
        if self._unlocking is not None:
            self._unlocking = None
            let_go(_WHILE_LOCKED)

    # What the platform asks for

    async def _open_permit(self, order, message):
        """Unlock by a permit, or hold it for a session; a newer one takes its place. Raises PermitRefused."""
        with Held(_PERMITS):
            from agent.adjustment.permits import Permit

            permit = Permit(message, order, self.keystore.kid)
        permit.check(self.parameters, clock)
        if permit.is_unlock:
            await self.sessions.unlock(permit)
        else:
            self.sessions.permit = permit

    def _permit_refused(self):
        self._downlink_refused(PERMIT_REFUSED, PERMIT)

    def _downlink_refused(self, why, order):
        # However fast they come, no more than the newest and their number is kept.
        count = self._refusal[_COUNT] if self._refusal else 0
        self._refusal = [why, order, count + 1]

    def take_refusal(self):
        """The newest refusal of a downlink that is to be stated, as [why, order, count], or None; it is taken once."""
        refusal, self._refusal = self._refusal, None
        return refusal

    # What statements tell

    def snapshot_body(self):
        """Body of a snapshot of this moment; its figures on the time since the last one start again."""
        weighing = self.weighing
        zero_low, zero_high, zero_mean = weighing.zero_statistics()
        body = statements.snapshot(
            filtered_counts=weighing.filtered_counts,
            zero_counts=weighing.zero_counts,
            gross=weighing.gross,
            tare=weighing.tare,
            temperature_cdeg=weighing.temperature_cdeg,
            supply_mv=self.supply_mv,
            noise_counts=weighing.noise_counts(),
            zero_drift_counts=weighing.zero_drift(),
            zero_minimum_counts=zero_low,
            zero_maximum_counts=zero_high,
            zero_mean_counts=zero_mean,
            weighings=weighing.weighings,
            journal_free_percent=self.journal.free_permille() // 10,
        )
        weighing.forget_zero()
        return body

    def circumstances(self):
        """What the boot statement tells beside parameters and numbers, by the names of `statements.boot`."""
        root = self.ledger.root_key
        return {
            "software": self.software,
            "hardware": board.HARDWARE,
            "adc": board.ADC,
            "reset_cause": system.reset_cause(),
            "debug_open": system.debug_open(),
            "key_set_number": self.trust.keys.number,
            "root": identity.thumbprint(root) if root else None,
            "period_s": self.trust.period_s,
        }
