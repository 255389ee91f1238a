"""Brings statements from the journal to the platform, in order, for as long as it takes.

A statement is sent when it is released, alone; what has piled up goes in batches, streamed from flash. The broker's
acknowledgement means nothing here: only a receipt moves the start of what is still to be sent, and without one within
a time everything since the last receipt is sent again. Nothing that fails stops it: it pauses, a little longer each
time, and tries again.
"""

import asyncio

from micropython import const

from agent.errors import AgentError, NotStated
from agent.port import clock
from agent.record.journal import NotInJournal
from agent.transport import mqtt
from agent.wire.identity import identity_text

OFF = "off"
CONNECTING = "connecting"
ONLINE = "online"

MAX_BATCH_BYTES = const(8192)
MAX_BATCH_STATEMENTS = const(40)

_OPEN_MS = const(15000)
_LINK_MS = const(1000)  # between two looks at a network that is down
_CALM_S = const(600)  # so long a handshake waits for a calm moment: an empty pan may never come
_SETTLE_MS = const(5000)
_SETTLE_LOOK_MS = const(50)
_FIRST_PAUSE_MS = const(1000)
_LAST_PAUSE_MS = const(60000)
_STEADY_S = const(30)  # what took this long was no quick failure: the pauses start again
_FIRST_RECEIPT_MS = const(30000)
_LAST_RECEIPT_MS = const(600000)
# So many messages may be without receipt; with batches that is 320 statements that a broker has to keep for us.
_MAX_AHEAD = const(8)
_MAX_AHEAD_LIVE = const(32)
_LOOK_MS = const(30000)
_AGAIN_MS = const(1000)  # between two messages of what is sent again on order: no receipt sets their pace


class Uplink:
    """The way up for the scale whose key is in `keystore`.

    `network` is `agent.port.network`, `chain` gives journal, head, receipted and news, `downlink` judges what comes
    down, `trust` names the broker. `random(n)` gives n random bytes. `calm()` says whether something may stop the
    scale for a moment just now, and `standstill` (`agent.weighing.standstill`) hides the weight meanwhile. `question()`
    gives the bytes of what is to be asked beside the chain, or None. `state` is OFF, CONNECTING or ONLINE; `error` says
    why it is not ONLINE after having tried, `connections` and `resends` count.
    """

    def __init__(self, network, keystore, chain, downlink, trust, random, calm, standstill, question=lambda: None):
        self.state = OFF
        self.error = None
        self.connections = 0
        self.resends = 0
        self._network = network
        self._keystore = keystore
        self._chain = chain
        self._downlink = downlink
        self._trust = trust
        self._random = random
        self._calm = calm
        self._standstill = standstill
        self._question = question
        self._answer = None  # to what the platform has asked
        self._again_to = 0  # up to here all is sent again, whatever receipts say
        self._buffer = bytearray(mqtt.MAX_MESSAGE)
        self._up = self._down = None  # the scale's two topics
        self._sent = 0
        self._receipted = 0  # as it was at the last look
        self._ahead = []  # the last number of each message that has no receipt yet
        self._receipt_ms = _FIRST_RECEIPT_MS
        self._waiting_since = None
        trust.on_change.append(chain.news.set)

    async def run(self):
        """The task that keeps the connection and sends, without end."""
        pause_ms = _FIRST_PAUSE_MS
        while True:
            begun_s = clock.uptime_s()
            try:
                await self._ready()
                await self._session()
            except (AgentError, OSError, MemoryError) as error:
                self.error = _text(error)
            self.state = CONNECTING
            if clock.uptime_s() - begun_s > _STEADY_S:
                pause_ms = _FIRST_PAUSE_MS
            await asyncio.sleep_ms(self._jittered(pause_ms))
            pause_ms = min(2 * pause_ms, _LAST_PAUSE_MS)

    def resend(self, number):
        """Send all statements from `number` on again, as far as the journal still has them."""
        self._again_to = self._chain.head
        self._sent = min(self._sent, number - 1)
        self._chain.news.set()

    def answer(self, message):
        """Send `message`, bytes, when there is a connection; the newest takes the place of one that waits."""
        self._answer = message
        self._chain.news.set()

    # ---- connection --------------------------------------------------------------------------------------------

    async def _ready(self):
        """Wait until there is a broker, a network, and for what stands still ten minutes at most for a calm moment."""
        while self._keystore.kid is None or self._trust.broker is None:
            self.state = OFF
            await self._news()
        self.state = CONNECTING
        while not await self._network.up():
            await asyncio.sleep_ms(_LINK_MS)
        begun_s = clock.uptime_s()
        while self._stands_still() and not self._calm() and clock.uptime_s() - begun_s < _CALM_S:
            await asyncio.sleep_ms(_LINK_MS)

    def _stands_still(self):
        """Whether the next connection stops the scale for longer than weighing can wait."""
        host, port, tls, _ = self._trust.broker
        return tls or self._network.must_ask(host, port)

    async def _session(self):
        """Connect, and send until the connection ends; what ended it is raised as MqttError or OSError."""
        broker = self._trust.broker
        host, port, tls, password = broker
        identity = identity_text(self._keystore.kid)
        topic = "sy/1/%s/%s/" % (identity[0], identity)
        self._up, self._down = topic + "up", topic + "down"
        user = None if password is None else identity
        try:
            stream, _ = await self._network.open(host, port, tls, _OPEN_MS, self._standstill, self._calm())
            client = await self._connect(stream, identity, user, password, tls)
        except (AgentError, OSError, MemoryError):
            self._network.doubt(host, port)
            raise
        finally:
            await self._standstill.end()
        try:
            await client.subscribe(self._down)
            self.connections += 1
            self.state = ONLINE
            self.error = None
            await self._settle()
            self._start_again()
            while self._trust.broker is broker:
                await self._step(client)
        finally:
            await client.close()

    async def _connect(self, stream, identity, user, password, tls):
        """The client on a stream; the TLS handshake is part of the first write and the first reads."""
        take, changed = self._take, self._chain.news.set
        try:
            return await mqtt.connect(stream, self._buffer, identity, take, changed, user, password)
        except (mqtt.MqttError, OSError) as error:
            if not tls or not mqtt.is_cut(error):
                raise
            raise OSError(self._network.why_cut(_text(error))) from None

    async def _settle(self):
        """Wait a little for the receipts that the broker kept for us: what they cover need not be sent again."""
        for _ in range(_SETTLE_MS // _SETTLE_LOOK_MS):
            await asyncio.sleep_ms(_SETTLE_LOOK_MS)
            if not self._downlink.busy:
                return

    async def _take(self, topic, payload):
        if topic == self._down:
            await self._downlink.offer(payload)

    def _jittered(self, ms):
        """Return between half of `ms` and all of it, so that scales do not come back all at once."""
        return ms // 2 + int.from_bytes(self._random(2), "big") * (ms // 2) // 65535

    # ---- sending -----------------------------------------------------------------------------------------------

    async def _step(self, client):
        """Send one message if one is due, else wait for news or for the time at which a receipt is overdue."""
        client.check()
        message = self._answer or self._question()
        if message:
            await client.publish(self._up, len(message), (message,))
            if message is self._answer:
                self._answer = None
            return
        self._note_receipts()
        first = await self._following() if len(self._ahead) < self._most_ahead() else 0
        if first:
            await self._send(client, first)
        elif self._waiting_since is None:
            await self._news(_LOOK_MS)  # a question may be due
        else:
            left_ms = self._receipt_ms - clock.ticks_diff(clock.ticks_ms(), self._waiting_since)
            if left_ms > 0:
                await self._news(left_ms)
            else:
                self.resends += 1
                self._receipt_ms = min(2 * self._receipt_ms, _LAST_RECEIPT_MS)
                self._start_again()

    def _start_again(self):
        """Go back to the last receipt: what was sent since counts as lost."""
        self._sent = self._chain.receipted
        self._ahead = []
        self._waiting_since = None

    def _note_receipts(self):
        receipted = self._chain.receipted
        if self._sent >= self._again_to:
            self._again_to = 0
            self._sent = max(self._sent, receipted)
        if receipted > self._receipted:
            self._receipted = receipted
            self._ahead = [last for last in self._ahead if last > receipted]
            self._receipt_ms = _FIRST_RECEIPT_MS
            self._waiting_since = clock.ticks_ms() if self._ahead else None

    async def _following(self):
        """Return the number of the next statement to send, 0 for none; the chain tells of statements it has lost."""
        if self._sent >= self._chain.head:
            return 0
        try:
            found = await self._chain.following(self._sent)
        except NotStated:
            # No room to tell of a loss; what is sent meanwhile makes room, and sending again comes by here again.
            return self._chain.journal.following(self._sent)
        return found[0] if found is not None else 0

    def _most_ahead(self):
        return _MAX_AHEAD_LIVE if self._sent + 1 >= self._chain.head else _MAX_AHEAD

    async def _send(self, client, first):
        numbers, length = await self._measure(first)
        if len(numbers) == 1:
            await client.publish(self._up, length, self._statements(numbers))
        else:
            head = _cbor_head(0x80, len(numbers))
            await client.publish(self._up, len(head) + length, self._batch(head, numbers))
        self._sent = numbers[-1]
        if self._sent <= self._chain.receipted:
            await asyncio.sleep_ms(_AGAIN_MS)
            return
        self._ahead.append(self._sent)
        if self._waiting_since is None:
            self._waiting_since = clock.ticks_ms()

    async def _measure(self, first):
        """Return the numbers of the next message, without a hole from `first` on, and their bytes without array head.

        One statement travels as it is; several as byte strings in an array, which is at most MAX_BATCH_BYTES long.
        """
        last = first
        alone = len(self._read(first))
        length = alone + _head_length(alone)
        while last - first + 1 < MAX_BATCH_STATEMENTS and last < self._chain.head:
            if self._chain.journal.following(last) != last + 1:
                break
            size = len(self._read(last + 1))
            if length + size + _head_length(size) > MAX_BATCH_BYTES - 2:
                break
            last += 1
            length += size + _head_length(size)
            # Forty statements read at a stretch would keep a weight waiting.
            await asyncio.sleep_ms(0)
        return range(first, last + 1), alone if last == first else length

    def _batch(self, head, numbers):
        yield head
        for statement in self._statements(numbers):
            yield _cbor_head(0x40, len(statement)) + statement

    def _statements(self, numbers):
        for number in numbers:
            yield self._read(number)

    def _read(self, number):
        try:
            return self._chain.journal.read(number)
        except NotInJournal as error:
            # A receipt for an earlier copy let it go while it was being sent again.
            raise OSError("statement %d cannot be sent: %s" % (number, error)) from None

    async def _news(self, timeout_ms=None):
        news = self._chain.news
        if timeout_ms is None:
            await news.wait()
        else:
            try:
                await asyncio.wait_for_ms(news.wait(), timeout_ms)
            except asyncio.TimeoutError:
                pass  # the caller looks at the clock
        news.clear()


def _text(error):
    """Return what an error says: its own words where it has some, else its class and number."""
    words = error.args[-1] if error.args else None
    return words if isinstance(words, str) else repr(error)


def _cbor_head(major, length):
    """Return the head of an array (0x80) or byte string (0x40) of up to 65,535 (RFC 8949 §3)."""
    if length < 24:
        return bytes((major | length,))
    if length < 256:
        return bytes((major | 24, length))
    return bytes((major | 25, length >> 8, length & 255))


def _head_length(length):
    return 1 if length < 24 else 2 if length < 256 else 3
