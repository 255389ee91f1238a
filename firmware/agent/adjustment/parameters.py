"""The scale's parameters: how they are kept, and the only way in which they change.

A change wants an open adjustment session, which wants the adjustment switch under the seal, and a permit too where the
parameters say so. Each commit is an event that is synced before the parameters are written: a power cut between the two
is made good at the next start; anything else that does not fit together locks the scale.
"""

import asyncio
import hashlib

from micropython import const

from agent.errors import AgentError, CaseError
from agent.loaded import Held
from agent.record.chain import NotEnrolled
from agent.sealing import lock
from agent.wire import cbor, statements

_FILE = "parameters"
_FIELDS = (("agent.adjustment", "fields"),)  # takes heap while a map is checked only
_MAX_COUNTER = const(0xFFFF)
_AUDIT_ROOM_BYTES = const(2048)
_PERMIT_REQUIRED = const(12)
_FIRST_DEVICE_KEY = const(32)

# Places in what is kept in the file: the map, and the counters, each of which counts changes to one group of it.
_CALIBRATION = const(1)
_CONFIGURATION = const(2)

# Places in an event's body, in a parameter change's facts, and from there on digest and counters after it.
_EVENT_KIND = const(0)
_FACTS = const(1)
_CHANGES = const(0)
_AFTER = const(2)

# Why a session was closed.
BY_SWITCH = const(1)
BY_CONSOLE = const(2)
BY_TIME_OUT = const(3)
BY_CASE = const(4)


class AdjustmentRefused(CaseError):
    """Nothing was changed. The text says what to do."""

    code = "adjustment-refused"


class PermitRefused(AgentError):
    """The permit is not acted on.

    `reason` is one of malformed, identity, purpose, counters, window, spent, lock, case-open, busy.
    """

    code = "permit-refused"

    def __init__(self, reason, text):
        super().__init__(text)
        self.reason = reason


class Parameters:
    """The map in use, its digest and both counters.

    `factory_map` is taken at the first start of all. `instrument.switch_on()` tells whether the adjustment switch is
    on; `instrument.use_parameters()` is called with every commit before anything else can be stated, so that no
    statement shows new parameters with an old weight.
    Raises Damaged where an enrolled scale has lost its parameters.
    """

    def __init__(self, store, chain, audit, scale_lock, factory_map, instrument):
        self.session_open = False
        self.permit = None  # of the open session
        self._store = store
        self._chain = chain
        self._audit = audit
        self._scale_lock = scale_lock
        self._instrument = instrument
        self._busy = asyncio.Lock()
        self._raised: tuple = ()  # the places of the counters that this session has raised
        slot = store.read(_FILE)
        if slot is None:
            if chain.enrolled:
                raise store.damage(_FILE)
            breach = _breach(factory_map)
            if breach:
                raise ValueError("the factory's parameters are invalid: %s" % breach)
            slot = [factory_map, 0, 0]
            store.write(_FILE, slot)
        self._take(slot)
        chain.parameters = self
        self._reconcile()

    def _take(self, slot):
        self.map, self.calibration_counter, self.configuration_counter = slot
        self.digest = digest_of(self.map)

    @property
    def locked(self):
        """Whether the scale is locked, for whatever reason."""
        return self._scale_lock.why != lock.NOT_LOCKED

    @property
    def in_repair(self):
        """Whether the open session is one of repair."""
        return self.session_open and self.permit is not None and self.permit.is_repair

    # Start

    def _reconcile(self):
        """Compare the slot with the last statement and the audit trail: roll forward the last commit, or lock."""
        head = self._chain.head_payload()
        here = [self.digest, self.calibration_counter, self.configuration_counter]
        if head is None:
            stated = self._after_last_audited() or here
        elif _is_change(head):
            stated = _after(head)
            if stated != here and head[statements.DIGEST : statements.BODY] == here:
                self._roll_forward(head)
                return
        else:
            stated = head[statements.DIGEST : statements.BODY]
        if stated != here:
            self._scale_lock.engage(lock.PARAMETERS_MISMATCH)

    def _after_last_audited(self):
        after = None
        for _, statement in self._audit.entries():
            after = _after(self._chain.decode(statement))
        return after

    def _roll_forward(self, head):
        """Write what the commit of the last statement would have written had the power stayed."""
        changed = dict(self.map)
        for key, _, new in head[statements.BODY][_FACTS][_CHANGES]:
            _set(changed, key, new)
        digest, calibration, configuration = _after(head)
        if _breach(changed) or digest_of(changed) != digest:
            self._scale_lock.engage(lock.PARAMETERS_MISMATCH)
            return
        statement = self._chain.journal.read(head[statements.NUMBER])
        for _ in self._keep(head[statements.NUMBER], statement, [changed, calibration, configuration]):
            pass

    def _keep(self, number, statement, slot):
        self._audit.append(number, statement)
        yield
        yield from self._store.write_steps(_FILE, slot)
        self._take(slot)

    # Sessions

    async def open_session(self, permit=None):
        """Open an adjustment session, under a checked `permits.Permit` if one is given; an event tells of it.

        Raises AdjustmentRefused or NotEnrolled.
        """
        async with self._busy:
            if self.session_open:
                raise AdjustmentRefused("session-open", "an adjustment session is already open: close it first")
            if not self._chain.enrolled:
                raise NotEnrolled
            if self.map[_PERMIT_REQUIRED] and permit is None:
                raise AdjustmentRefused("permit-required", "this scale needs a permit to adjust: give it one first")
            self.check_room(permit)
            await self._chain.append(
                statements.EVENT, statements.event(statements.SESSION_OPENED, permit.hash if permit else None)
            )
            self.session_open = True
            self.permit = permit
            self._raised = ()

    def check_room(self, permit=None):
        """Raise AdjustmentRefused where no change, or no session under `permit`, is possible just now."""
        if not (permit and permit.is_repair):  # which opens the lock, and needs the switch for each change only
            if self.locked:
                raise AdjustmentRefused("locked", "the scale is locked: unlock it before adjusting")
            if not self._instrument.switch_on():
                raise AdjustmentRefused("switch-off", "the adjustment switch is off: break the seal and switch it on")
        if not self._chain.room_for_adjustment:
            raise AdjustmentRefused(
                "journal-too-full", "the journal is too full to adjust: connect the scale, or export its statements"
            )
        if not self._store.has_room():
            raise AdjustmentRefused(
                "files-full", "the file system is full: have the board repaired, this scale cannot be adjusted"
            )
        if not self._audit.has_room(_AUDIT_ROOM_BYTES):
            raise AdjustmentRefused("audit-full", "the audit trail is full: this scale cannot be adjusted any more")

    async def close_session(self, why):
        """Close the session for one of the reasons above; tell of it, and state the whole map if it was changed."""
        async with self._busy:
            if not self.session_open:
                return
            self.session_open = False
            permit, self.permit = self.permit, None
            await self._chain.append(statements.EVENT, statements.event(statements.SESSION_CLOSED, why))
            if self._raised:
                await self._chain.append(
                    statements.PARAMETERS, lambda: statements.parameters(self.map, permit.raw if permit else None)
                )

    # Commits

    async def commit(self, changes):
        """Commit {key: new value, or None to remove a calibration point} in the open session.

        Return the number of the event, None if nothing differs from what is. Raises AdjustmentRefused, and then nothing
        has changed.
        """
        async with self._busy:
            if not self.session_open:
                raise AdjustmentRefused("no-session", "no adjustment session is open: open one first")
            self.check_room()
            changed = dict(self.map)
            listed = []
            for key in sorted(changes):
                if self.map.get(key) != changes[key]:
                    listed.append([key, self.map.get(key), changes[key]])
                    _set(changed, key, changes[key])
            if not listed:
                return None
            breach = _breach(changed)
            if breach:
                raise AdjustmentRefused("invalid", "the parameters would be invalid: %s" % breach)
            for key, _, _ in listed:
                if self.permit is not None and not self.permit.covers(key):
                    raise AdjustmentRefused(
                        "not-in-permit", "the permit does not cover %s: ask for one that names it" % _name_of(key)
                    )
            return await self._commit(listed, changed)

    async def _commit(self, listed, changed):
        raised = self._raised
        slot = [changed, self.calibration_counter, self.configuration_counter]
        for key, _, _ in listed:
            counter = _CALIBRATION if key >= _FIRST_DEVICE_KEY else _CONFIGURATION
            if counter not in raised:
                raised += (counter,)
                slot[counter] += 1
        calibration, configuration = slot[_CALIBRATION], slot[_CONFIGURATION]
        if max(calibration, configuration) > _MAX_COUNTER:
            raise AdjustmentRefused(
                "counter-full", "a counter has reached its end: this scale cannot be adjusted any more"
            )
        permit_hash = self.permit.hash if self.permit else None
        body = statements.parameter_change(listed, permit_hash, digest_of(changed), calibration, configuration)

        def settle(number, statement):
            yield from self._keep(number, statement, slot)
            self._raised = raised
            self._instrument.use_parameters()

        number, _ = await self._chain.append(statements.EVENT, body, settle)
        return number


def digest_of(parameters):
    """Return the 16-byte parameter digest: SHA-256 over the deterministically encoded map, cut."""
    return hashlib.sha256(cbor.encode(parameters)).digest()[:16]


def _breach(parameters):
    with Held(_FIELDS):
        from agent.adjustment import fields

        return fields.breach(parameters)


def _name_of(key):
    with Held(_FIELDS):
        from agent.adjustment import fields

        return fields.name_of(key)


def _set(parameter_map, key, value):
    if value is None:
        parameter_map.pop(key, None)
    else:
        parameter_map[key] = value


def _is_change(payload):
    return (
        payload[statements.KIND] == statements.EVENT
        and payload[statements.BODY][_EVENT_KIND] == statements.PARAMETER_CHANGE
    )


def _after(payload):
    """Digest and both counters after the commit that a parameter-change event tells of."""
    return payload[statements.BODY][_FACTS][_AFTER:]
