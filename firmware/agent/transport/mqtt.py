"""A small MQTT 3.1.1 client (OASIS standard of 2014-10-29) on asyncio streams: QoS 1, no wait without an end.

`connect` returns a Client that lives as long as its connection; whatever goes wrong ends it, once, with an `MqttError`,
and the caller makes the next one. The client keeps no messages: what was not acknowledged is published again by the
caller, who has it in the journal. Incoming messages share one buffer of 2 KB; a longer one is read past and reported.
"""

import asyncio
import struct

from micropython import const

from agent.errors import AgentError
from agent.port import clock

KEEPALIVE_S = const(60)
MAX_MESSAGE = const(2048)  # bytes of topic, packet identifier and payload together

_WRITE_MS = const(30000)  # a packet is written within this time, however slowly the peer reads
_ANSWER_MS = const(45000)  # counted from its first byte, a packet that must be answered is answered within this time
_CHECK_MS = const(1000)
_WINDOW = const(4)

_CONNECT = const(0x10)
_CONNACK = const(0x20)
_PUBLISH = const(0x30)
_PUBACK = const(0x40)
_SUBSCRIBE = const(0x82)
_SUBACK = const(0x90)
_PINGREQ = const(0xC0)
_PINGRESP = const(0xD0)
_DISCONNECT = const(0xE0)
_QOS_1 = const(0x02)

# What MicroPython's TLS raises a ValueError for, at the first read or write that ends the handshake.
_CERTIFICATE = "the broker's certificate does not verify, %s"

_CLOSED = "closed by the broker"
_WRITING = "writing failed, %r"

_REFUSALS = ("", "protocol version", "client identifier", "server unavailable", "user or password", "not authorised")


class MqttError(AgentError):
    """The connection to the broker ended. Its one fact is why."""

    code = "mqtt"
    message = "The connection to the broker ended: %s"


def is_cut(error):
    """Whether `error`, of `connect`, is a connection that ended without a word of the broker's."""
    return not isinstance(error, MqttError) or error.facts[0] == _CLOSED or error.facts[0].startswith(_WRITING[:14])


async def connect(stream, buffer, identity, on_message, on_change, user=None, password=None, timeout_ms=20000):
    """Open the persistent session of client `identity` on a connected asyncio stream; return the Client.

    `buffer` is a bytearray of MAX_MESSAGE bytes; it is handed in because a heap in use may not have so much in one
    piece each time. `await on_message(topic, payload)` gets str and memoryview, valid until it returns; payload is
    None for a message above MAX_MESSAGE. What it takes time for, the broker waits for. `on_change()` is called when an
    acknowledgement has come and when the connection has ended. MqttError if the broker refuses or does not answer in
    time; the stream is closed then.
    """
    client = Client(stream, buffer, on_message, on_change)
    try:
        await asyncio.wait_for_ms(client._open(identity, user, password), timeout_ms)
    except asyncio.TimeoutError:
        await client.close()
        raise MqttError("no answer to CONNECT") from None
    except BaseException:
        await client.close()
        raise
    return client


def _field(data):
    """Return a string or bytes as MQTT carries it: two bytes of length, then the bytes (§1.5.3)."""
    if isinstance(data, str):
        data = data.encode()
    return struct.pack(">H", len(data)) + data


def _head(first, length):
    """Return a fixed header: the first byte and the remaining length in one to four bytes (§2.2)."""
    head = bytearray([first])
    while True:
        digit = length & 127
        length >>= 7
        head.append(digit | 128 if length else digit)
        if not length:
            return head


class Client:
    """One connection. `error` is None while it lives; `session_present` is what the broker said of the session."""

    def __init__(self, stream, buffer, on_message, on_change):
        self.error = None
        self.session_present = False
        self._stream = stream
        self._on_message = on_message
        self._on_change = on_change
        self._buffer = memoryview(buffer)
        self._packet_id = 0
        self._unanswered = {}  # packet identifier -> when it was written; insertion order is not relied on
        self._changed = asyncio.Event()
        self._writing = asyncio.Lock()
        self._sent_at = self._heard_at = clock.ticks_ms()
        self._tasks = []

    async def subscribe(self, topic):
        """Subscribe to `topic` with QoS 1 and wait for the broker's word; MqttError if it refuses."""
        packet_id = self._next_id()
        packet = struct.pack(">H", packet_id) + _field(topic) + b"\x01"
        await self._write(_head(_SUBSCRIBE, len(packet)) + packet, packet_id)
        while packet_id in self._unanswered:
            await self._change()

    async def publish(self, topic, length, chunks):
        """Publish one message with QoS 1: `length` bytes that the iterable `chunks` yields, written as they come.

        Returns when the message is written; waits first while the window of unacknowledged messages is full.
        MqttError if the connection ends, or `chunks` yields another number of bytes: then the packet cannot be saved.
        """
        self.check()
        while len(self._unanswered) >= _WINDOW:
            await self._change()
        packet_id = self._next_id()
        field = _field(topic)
        start = _head(_PUBLISH | _QOS_1, len(field) + 2 + length) + field + struct.pack(">H", packet_id)
        await self._write(start, packet_id, chunks, length)

    def check(self):
        """Raise the error that ended the connection, if it has ended."""
        if self.error is not None:
            raise self.error

    async def close(self):
        """Say goodbye if the connection lives and nobody is writing; then end it. May be called twice."""
        if self.error is None:
            if not self._writing.locked():
                try:
                    self._stream.write(_head(_DISCONNECT, 0))
                except (OSError, ValueError):
                    pass  # a farewell: the peer that cannot hear it is gone already
            self._fail("closed")
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            if task is not asyncio.current_task():
                task.cancel()
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.close()
            await stream.wait_closed()

    # ---- opening -----------------------------------------------------------------------------------------------

    async def _open(self, identity, user, password):
        flags = 0  # a session that lives on (§3.1.2.4)
        fields = _field(identity)
        if user is not None:
            flags |= 0x80
            fields += _field(user)
        if password is not None:
            flags |= 0x40
            fields += _field(password)
        packet = _field("MQTT") + bytes([4, flags]) + struct.pack(">H", KEEPALIVE_S) + fields
        await self._write(_head(_CONNECT, len(packet)) + packet)
        first, length = await self._read_head()
        if first != _CONNACK or length != 2:
            raise MqttError("packet %#x of %d bytes instead of CONNACK" % (first, length))
        await self._read_into(self._buffer[:2])
        present, code = self._buffer[0], self._buffer[1]
        if code:
            raise MqttError("refused: " + (_REFUSALS[code] if code < len(_REFUSALS) else "code %d" % code))
        if present > 1:
            raise MqttError("malformed CONNACK")
        self.session_present = present == 1
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._keep())]

    # ---- writing -----------------------------------------------------------------------------------------------

    def _next_id(self):
        while True:
            self._packet_id = self._packet_id % 65535 + 1
            if self._packet_id not in self._unanswered:
                return self._packet_id

    async def _write(self, packet, packet_id=None, chunks=(), length=0):
        """Write `packet`, then `length` bytes of `chunks`; whatever goes wrong in the middle ends the connection."""
        async with self._writing:
            self.check()
            try:
                await asyncio.wait_for_ms(self._pour(packet, packet_id, chunks, length), _WRITE_MS)
            except MqttError as error:
                self._fail(error.facts[0])
            except asyncio.TimeoutError:
                self._fail("writing takes too long")
            except OSError as error:
                self._fail(_WRITING % error)
            except ValueError as error:
                self._fail(_CERTIFICATE % str(error).strip())
            except BaseException as error:
                self._fail("writing was abandoned, %r" % error)
                raise
            self.check()

    async def _pour(self, packet, packet_id, chunks, length):
        stream = self._stream
        if packet_id is not None:
            # Before the first byte goes out: the answer may come while the last ones are still being written.
            self._unanswered[packet_id] = clock.ticks_ms()
        for chunk in chunks:
            length -= len(chunk)
            if length < 0:
                raise MqttError("message longer than declared")
            # One write for header and first chunk: apart, the second would wait for the peer's delayed acknowledgement.
            stream.write(packet + chunk if packet else chunk)
            packet = None
            # Drained at every chunk, so that the stream never holds more than one.
            await stream.drain()
        if packet:
            stream.write(packet)
        if length:
            raise MqttError("message shorter than declared")
        await stream.drain()
        self._sent_at = clock.ticks_ms()

    # ---- reading -----------------------------------------------------------------------------------------------

    async def _read_into(self, view):
        at = 0
        while at < len(view):
            try:
                count = await self._stream.readinto(view[at:])
            except ValueError as error:
                raise MqttError(_CERTIFICATE % str(error).strip()) from None
            if count == 0:
                raise MqttError(_CLOSED)
            if count:  # None: a TLS record that is not complete yet
                at += count

    async def _read_head(self):
        """Read a fixed header; return its first byte and the remaining length (§2.2.3)."""
        digits = self._buffer[:1]
        await self._read_into(digits)
        first, length, shift = digits[0], 0, 0
        while True:
            await self._read_into(digits)
            length |= (digits[0] & 127) << shift
            shift += 7
            if digits[0] < 128:
                return first, length
            if shift == 28:
                raise MqttError("malformed remaining length")

    async def _read(self):
        """The reading task: take packets until the connection ends."""
        try:
            while True:
                first, length = await self._read_head()
                await self._take(first, length)
                self._heard_at = clock.ticks_ms()
        except asyncio.CancelledError:
            raise
        except MqttError as error:
            self._fail(error.facts[0])
        except Exception as error:  # also a lack of memory: else nobody would read any more, and nobody know
            self._fail("reading failed, %r" % error)

    async def _take(self, first, length):
        if first & 0xF0 == _PUBLISH:
            await self._take_message(first, length)
            return
        if length > 3 or first not in (_PUBACK, _SUBACK, _PINGRESP):
            raise MqttError("unexpected packet %#x of %d bytes" % (first, length))
        body = self._buffer[:length]
        await self._read_into(body)
        if first == _PINGRESP:
            if length:
                raise MqttError("malformed PINGRESP")
            return
        if length != (2 if first == _PUBACK else 3):
            raise MqttError("malformed acknowledgement")
        if first == _SUBACK and body[2] > 1:
            raise MqttError("subscription refused")
        packet_id = body[0] << 8 | body[1]
        if self._unanswered.pop(packet_id, None) is not None:
            self._announce()

    async def _take_message(self, first, length):
        qos = first >> 1 & 3
        if qos > 1:
            raise MqttError("PUBLISH with QoS %d" % qos)
        kept = min(length, len(self._buffer))
        body = self._buffer[:kept]
        await self._read_into(body)
        if length < 3:
            raise MqttError("malformed PUBLISH")
        start = 2 + (body[0] << 8 | body[1])
        if start + 2 * qos > kept:
            raise MqttError("malformed PUBLISH")
        topic = _text(body[2:start])
        packet_id = 0
        if qos:
            packet_id = body[start] << 8 | body[start + 1]
            start += 2
            if not packet_id:
                raise MqttError("PUBLISH without a packet identifier")
        await self._skip(length - kept)
        await self._on_message(topic, body[start:] if length == kept else None)
        if qos:
            await self._write(_head(_PUBACK, 2) + struct.pack(">H", packet_id))

    async def _skip(self, length):
        # Read past rather than hung up on: a persistent session would bring the same message again, for ever.
        while length:
            part = self._buffer[: min(length, len(self._buffer))]
            await self._read_into(part)
            self._heard_at = clock.ticks_ms()
            length -= len(part)

    # ---- staying alive -----------------------------------------------------------------------------------------

    async def _keep(self):
        """The keeping task: ping when nothing else moves, and end the connection when an answer is overdue."""
        try:
            while self.error is None:
                await asyncio.sleep_ms(_CHECK_MS)
                now = clock.ticks_ms()
                for sent_at in self._unanswered.values():
                    if clock.ticks_diff(now, sent_at) > _ANSWER_MS:
                        self._fail("an acknowledgement is overdue")
                silent_ms = clock.ticks_diff(now, self._heard_at)
                if silent_ms > KEEPALIVE_S * 1500:
                    self._fail("the broker is silent")
                quiet_ms = max(silent_ms, clock.ticks_diff(now, self._sent_at))
                if quiet_ms > KEEPALIVE_S * 500 and not self._writing.locked() and self.error is None:
                    await self._write(_head(_PINGREQ, 0))
        except MqttError:
            pass  # _write has said what it was, through `error`

    async def _change(self):
        """Wait until an acknowledgement comes; raise if the connection has ended. The keeping task bounds the wait."""
        self.check()
        self._changed.clear()
        await self._changed.wait()
        self.check()

    def _fail(self, what):
        if self.error is None:
            self.error = MqttError(what)
            self._announce()

    def _announce(self):
        self._changed.set()
        self._on_change()


def _text(data):
    try:
        return str(data, "utf-8")
    except UnicodeError:
        raise MqttError("topic is not UTF-8") from None
