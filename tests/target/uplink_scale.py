"""A scale's chain, journal and connection at a test's command: everything that is real but the weighing.

Arguments: a folder for its files and flash, and the root key in hex. `desk.obey` says how commands come.
"""

import asyncio
import os
import sys

import desk
import hal_flash
from agent import acts
from agent.adjustment.parameters import PermitRefused
from agent.errors import AgentError
from agent.orders import downlink, enrolment, signed_time, trust
from agent.port import clock
from agent.record import chain, events, journal, keystore, store
from agent.transport import uplink
from agent.weighing.standstill import Standstill
from agent.wire import statements

SECTORS = 64

folder, root = sys.argv[1], bytes.fromhex(sys.argv[2])


class Parameters:
    map = {1: 2}
    digest = bytes(16)
    calibration_counter = configuration_counter = 0
    session_open = locked = False


class Ledger:
    pass


class Weighing:
    gross = 7
    hidden = False
    indicated = asyncio.Event()
    indicated.set()


class Instrument:
    def flags(self):
        return 0


class Scale:
    parameters = Parameters
    weighing = Weighing
    software = ("steelyard", "1", bytes(32))
    clock = clock

    def __init__(self):
        self.nor = hal_flash.Nor(SECTORS * 4096, folder + "/flash")
        ring = journal.Journal(hal_flash.Region(self.nor))
        ring.mount()
        files = store.Store(folder)
        self.network = desk.Network()
        self.keystore = keystore.SoftKeyStore(files, os.urandom)
        self.trust = trust.Trust(files, root)
        self.chain = chain.Chain(ring, files, self.keystore, clock, 1, Instrument())
        self.chain.parameters = Parameters()
        self.refused = []
        self.permits = []
        self.ledger = Ledger
        self.ledger.store = files
        self.events = events.Events(self.chain, clock)
        self.acts = acts.Acts(self, self.open_permit)
        self.downlink = downlink.Downlink(
            self.keystore, self.trust, self.chain, self.acts, lambda *why: self.refused.append(why)
        )
        self.calm = True
        self.uplink = uplink.Uplink(
            *(self.network, self.keystore, self.chain, self.downlink, self.trust, os.urandom),
            calm=lambda: self.calm,
            question=self.acts.question,
            standstill=Standstill(Weighing()),
        )
        asyncio.create_task(self.downlink.run())
        asyncio.create_task(self.uplink.run())

    async def open_permit(self, permit, message):
        if permit[7] != self.chain.parameters.calibration_counter:
            raise PermitRefused("counters", "the permit is used up, or for other values of the counters")
        self.permits.append(permit[3])

    def snapshot_body(self):
        return [0] * 13

    async def follow_period(self, change):
        await change

    # ---- commands ----------------------------------------------------------------------------------------------

    async def enrol(self):
        return enrolment.to_text(await enrolment.enrol(self.keystore, self.chain, "M", "one", "1", "P-1"))

    async def accept(self, text):
        try:
            await self.trust.accept(enrolment.from_text(text), self.keystore.kid)
        except (AgentError, ValueError) as error:
            return str(error)

    def question(self):
        """The bytes of what the scale would ask now, in hex; "" for nothing."""
        return (self.acts.question() or b"").hex()

    def waiting(self):
        """What waits to be sent beside the chain."""
        return enrolment.to_text(self.uplink._answer)

    async def set_clock(self, unix_s):
        await signed_time.set_by_hand(self.acts, self, unix_s)

    def time(self):
        return clock.stamp(), clock.quality()

    async def append(self, count):
        for _ in range(count):
            await self.chain.append(statements.EVENT, statements.event(statements.WRONG_CODE, 1))
        return self.chain.head

    def statement(self, number):
        return enrolment.to_text(self.chain.journal.read(number))

    async def present(self, text):
        try:
            await self.downlink.present(enrolment.from_text(text))
        except downlink.MessageRefused as error:
            return str(error)

    async def offer(self, *texts):
        """Give messages to the downlink as the broker would, wait until they are judged; return the refusals."""
        for text in texts:
            await self.downlink.offer(None if text is None else memoryview(enrolment.from_text(text)))
        while self.downlink.busy:
            await asyncio.sleep_ms(1)
        return self.refused

    def status(self):
        return {
            "state": self.uplink.state,
            "head": self.chain.head,
            "receipted": self.chain.receipted,
            "connections": self.uplink.connections,
            "resends": self.uplink.resends,
            "keys": self.trust.keys.number,
            "broker": self.trust.broker,
            "period_s": self.trust.period_s,
            "repeated": self.downlink.repeated,
            "refused": self.refused,
            "permits": self.permits,
            "trimmed": self.chain.journal.trimmed,
            "error": self.uplink.error,
            "doubted": self.network.doubted,
        }

    def unplug(self):
        self.network.connected = False

    async def hang_up(self):
        """Lose network and connection, without a word to the broker."""
        self.network.connected = False
        self.network.stream.close()
        await self.network.stream.wait_closed()

    def plug_in(self):
        self.network.connected = True

    def occupy(self):
        """There is always something on the pan."""
        self.calm = False

    def put_forward(self, ms):
        desk.put_forward(ms)
        self.chain.news.set()


async def main():
    scale = Scale()
    names = (
        "enrol",
        "accept",
        "append",
        "statement",
        "present",
        "question",
        "set_clock",
        "time",
        "waiting",
        "offer",
        "status",
        "unplug",
        "hang_up",
        "plug_in",
        "occupy",
        "put_forward",
    )
    await desk.obey({name: getattr(scale, name) for name in names})


asyncio.run(main())
