"""The part of MQTT 3.1.1 that a receiver needs, as bytes: control packets out, control packets in. No sockets here.

Section numbers are those of the OASIS standard. A general client spends more on each message than all the rest of the
receiver does; this one only knows QoS 1 and leaves whole batches to one system call.
"""

import struct
from collections.abc import Iterable

from steelyard_cloud.errors import CloudError

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 0x20, 0x30, 0x40, 0x90, 0xD0
PINGREQ, DISCONNECT = b"\xc0\x00", b"\xe0\x00"
DUPLICATE = 0x08
LONGEST = 81_920  # bytes of a packet that are kept: the longest topic and more than the longest batch

_PUBLISH_QOS_1 = 0x32
_SUBSCRIBE = 0x82
_CONNECT = 0x10
_FAILED = 0x80
_HEAD = struct.Struct(">H")


class MqttError(CloudError):
    """The broker sent what no broker sends: {why}."""

    code, noun = "mqtt", "broker"


class MqttRefused(MqttError):
    """The broker refused the {what} (code {return_code})."""

    code = "mqtt-refused"


def _packet(first: int, body: bytes) -> bytes:
    head, rest = bytearray((first,)), len(body)
    while rest > 127:
        head.append(rest & 127 | 128)
        rest >>= 7
    head.append(rest)
    return bytes(head) + body


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _HEAD.pack(len(encoded)) + encoded


def connect(client_id: str, keepalive_s: int, user: str = "", password: str = "") -> bytes:
    """CONNECT to a session that outlives the connection (3.1)."""
    flags, credentials = (0xC0, _text(user) + _text(password)) if user else (0, b"")
    head = _text("MQTT") + bytes((4, flags)) + _HEAD.pack(keepalive_s)
    return _packet(_CONNECT, head + _text(client_id) + credentials)


def subscribe(identifier: int, filters: Iterable[str]) -> bytes:
    """SUBSCRIBE with QoS 1 (3.8)."""
    return _packet(_SUBSCRIBE, _HEAD.pack(identifier) + b"".join([_text(one) + b"\x01" for one in filters]))


def publish(topic: str, payload: bytes, identifier: int) -> bytes:
    """PUBLISH with QoS 1 (3.3)."""
    return _packet(_PUBLISH_QOS_1, _text(topic) + _HEAD.pack(identifier) + payload)


def again(published: bytes) -> bytes:
    """The same PUBLISH, marked as sent before (3.3.1.1)."""
    return bytes((published[0] | DUPLICATE,)) + published[1:]


def acknowledgements(identifiers: Iterable[int]) -> bytes:
    """One PUBACK after the other (3.4)."""
    return b"".join([b"\x40\x02" + identifier.to_bytes(2, "big") for identifier in identifiers])


def read_publish(first: int, body: bytes) -> tuple[str, bytes, int]:
    """(topic, payload, packet identifier) of a PUBLISH; the identifier is 0 with QoS 0, which wants no answer."""
    end = 2 + int.from_bytes(body[:2], "big")
    quality = first >> 1 & 3
    start = end + 2 if quality else end
    if quality > 1 or len(body) < start:
        raise MqttError(why=f"a PUBLISH of {len(body)} bytes with QoS {quality}, not QoS 0 or 1 and a whole header")
    return body[2:end].decode(errors="replace"), body[start:], int.from_bytes(body[end:start], "big")


def read_identifier(body: bytes) -> int:
    """The packet identifier that a PUBACK or SUBACK begins with."""
    if len(body) < 2:
        raise MqttError(why="an acknowledgement without a packet identifier")
    return int.from_bytes(body[:2], "big")


def refusal(first: int, body: bytes) -> int:
    """What a CONNACK or SUBACK refuses with; 0 where it grants everything (3.2.2.3, 3.9.3)."""
    if len(body) < (2 if first == CONNACK else 3):
        raise MqttError(why=f"a packet {first:#04x} of {len(body)} bytes: it has no return code")
    return body[1] if first == CONNACK else max((code for code in body[2:] if code >= _FAILED), default=0)


class Packets:
    """Cuts what comes in on one connection into control packets; keeps at most one unfinished packet."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0  # bytes to drop: the end of a packet that was too long

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """(first byte, body) of each packet that is complete now; of one that is too long the beginning.

        Raises MqttError for a length that is none (2.2.3).
        """
        if self._skip:
            dropped = min(self._skip, len(data))
            self._skip -= dropped
            data = data[dropped:]
        data = self._rest + data if self._rest else data
        found, at, size = [], 0, len(data)
        while at + 1 < size:
            length, start = data[at + 1], at + 2
            if length > 127:
                length, shift, digit = length & 127, 7, 128
                while digit > 127 and start < size:
                    if shift > 21:
                        raise MqttError(why="a remaining length of more than four bytes")
                    digit = data[start]
                    length |= (digit & 127) << shift
                    shift, start = shift + 7, start + 1
                if digit > 127:
                    break
            end = start + length
            if end > size and size - start < LONGEST:
                break
            found.append((data[at], data[start : min(end, start + LONGEST)]))
            at = min(end, size)
            self._skip = max(end - size, 0)
        self._rest = data[at:]
        return found
