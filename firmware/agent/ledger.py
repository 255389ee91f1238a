"""All that a scale remembers, opened in the only right order: files, journal, key, chain, parameters, audit trail.

What a power cut left undone is made good here, before anything is measured or sent.
"""

from agent.adjustment.parameters import Parameters
from agent.errors import AgentError, Damaged, NotStated
from agent.record.audit import AuditTrail
from agent.record.boots import Boots
from agent.record.chain import Chain
from agent.record.events import Events
from agent.record.journal import Journal
from agent.record.keystore import SoftKeyStore
from agent.record.store import Store
from agent.sealing.lock import Lock
from agent.steps import spread
from agent.wire import cbor, identity, statements

_FACTORY_FILE = "factory.cbor"
_ROOT_KEY = 1
_PARAMETERS = 2
_WIFI = 3
_ADDRESS = 4

# The circumstances of which a change is stated at once.
_IDENTIFYING = ("software", "hardware", "adc", "debug_open", "key_set_number", "root")


def _factory_data(path):
    """Return root key, parameter map, [ssid, password] or None, and address or None from the factory's file."""
    try:
        with open(path, "rb") as file:
            factory = cbor.decode(file.read())
        return factory[_ROOT_KEY], factory[_PARAMETERS], factory.get(_WIFI), factory.get(_ADDRESS)
    except (OSError, AgentError, LookupError, TypeError, AttributeError) as error:
        raise Damaged(
            "factory-data-lost", "the factory's data in %s cannot be read (%r): have the scale repaired" % (path, error)
        ) from error


class Ledger:
    """`store`, `journal`, `keystore`, `boots`, `chain`, `events`, `audit`, `lock`, `parameters` of this start.

    `device` is the journal's block device, `folder` the mounted file system, `clock` as in `agent.port.clock`, `random`
    gives n random bytes, `instrument` is what measures (see `Chain` and `Parameters`); `make_keystore(store, random)`
    may put a secure element in place of soft keys.
    `root_key` is the platform's root from the factory, a 65-byte point; `wifi` is [ssid, password] from there, or None,
    and `address` where the public pages are, such as "HTTPS://SCALES.EXAMPLE.ORG", or None; `head_before` the number of
    the last statement before this start. Raises Damaged without the factory's file.
    """

    def __init__(self, device, folder, clock, random, instrument, program_bytes=256, make_keystore=SoftKeyStore):
        self.root_key, factory_map, self.wifi, self.address = _factory_data(folder + "/" + _FACTORY_FILE)
        self.clock = clock
        self.store = Store(folder)
        self.boots = Boots(self.store)
        self.journal = Journal(device, program_bytes)
        self.journal.mount()
        self.keystore = make_keystore(self.store, random)
        self.chain = Chain(self.journal, self.store, self.keystore, clock, self.boots.number, instrument)
        self.head_before = self.chain.head
        self.events = Events(self.chain, clock)
        self.audit = AuditTrail(folder + "/audit")
        self.lock = Lock(self.store)
        if self.lock.was_released(self.chain):
            from agent.sealing.unlock import forget_steps  # takes heap while the scale is locked only

            self.lock.finish_release(lambda: forget_steps(self.store))
        self.parameters = Parameters(self.store, self.chain, self.audit, self.lock, factory_map, instrument)

    async def state_start(self, circumstances):
        """Tell what this start found: a lost journal, the boot if one is due, a lock. Nothing before enrolment.

        `circumstances()` returns what the boot statement tells beside parameters and numbers, by the names of
        `statements.boot`. Call it again every minute: a boot statement may become due later, what the journal had no
        room for may fit now, and the key is checked.
        """
        if not self.chain.enrolled:
            return
        await self.keystore.check()
        facts = circumstances()
        known = cbor.encode([facts[name] for name in _IDENTIFYING])
        try:
            await self.chain.state_loss()
            await self.count_time()
            if self.boots.due(known):
                await self._state_boot(facts, known)
            await self.lock.state(self.chain)
        except NotStated:
            pass  # the scale goes on weighing, the indication tells of it, and what was due stays due

    async def count_time(self):
        """Count powered time; call it every 20 s or so."""
        await spread(self.boots.tick(self.clock.uptime_s()))

    async def _state_boot(self, facts, known):
        def settle(*_):
            return self.boots.stated(known)

        await self.chain.append(statements.BOOT, lambda: self._boot_body(facts), settle)

    def _boot_body(self, facts):
        enrolment = self.chain.decode(self.chain.enrolment)
        return statements.boot(
            thumbprint=identity.thumbprint(self.keystore.public_key),
            head_before=self.head_before,
            parameters=self.parameters.map,
            production_code=statements.production_code(enrolment[statements.BODY]),
            **facts,
        )
