"""A load generator that costs little: publishes prepared payloads with QoS 1 over a bare socket and counts receipts.

Run as a program it reads a file of prepared messages, publishes them as fast as the broker takes them, and prints how
long it took until the last awaited receipt came down, and how many receipts came.
"""

import pickle
import select
import socket
import struct
import sys
import time


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT 3.1.1 control packet."""
    length, rest = b"", len(body)
    while True:
        rest, digit = divmod(rest, 128)
        length += bytes([digit | (0x80 if rest else 0)])
        if not rest:
            return bytes([kind]) + length + body


def text(value: str) -> bytes:
    """A length-prefixed string."""
    encoded = value.encode()
    return struct.pack(">H", len(encoded)) + encoded


def publish(topic: str, payload: bytes, identifier: int) -> bytes:
    """PUBLISH with QoS 1."""
    return packet(0x32, text(topic) + struct.pack(">H", identifier) + payload)


def connect(port: int, name: str) -> socket.socket:
    """A connected clean session."""
    end = socket.create_connection(("127.0.0.1", port))
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end.sendall(packet(0x10, text("MQTT") + bytes([4, 2, 0, 0]) + text(name)))
    if end.recv(4) != b"\x20\x02\x00\x00":
        raise ConnectionError("the broker refused the load generator")
    return end


class Packets:
    """Cuts a stream of bytes into control packets."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """(first byte, body) of each packet that is complete."""
        data, found, at = self._rest + data, [], 0
        while True:
            length, shift, here = 0, 0, at + 1
            while here < len(data) and data[here] & 0x80:
                length |= (data[here] & 0x7F) << shift
                shift, here = shift + 7, here + 1
            if here >= len(data):
                break
            length |= data[here] << shift
            if here + 1 + length > len(data):
                break
            found.append((data[at], data[here + 1 : here + 1 + length]))
            at = here + 1 + length
        self._rest = data[at:]
        return found


def run(port: int, messages: list[tuple[str, bytes]], awaited: dict[str, bytes]) -> tuple[float, int, float]:
    """Publish all; seconds until each topic of `awaited` has brought a payload that contains the given bytes.

    With it how many payloads came down, and the processor time of all that.
    """
    listener = connect(port, "bench-listener")
    listener.sendall(packet(0x82, b"\x00\x01" + text("sy/1/+/+/down") + b"\x00"))
    listener.recv(16)
    sender = connect(port, "bench-sender")
    prepared = b"".join(publish(topic, payload, at % 65535 + 1) for at, (topic, payload) in enumerate(messages))
    missing = dict(awaited)
    packets, acknowledgements = Packets(), Packets()
    start, at, unacknowledged, came = time.perf_counter(), 0, len(messages), 0
    start_s = time.process_time()
    sender.setblocking(False)
    while missing or unacknowledged:
        readable, writable, _ = select.select([listener, sender], [sender] if at < len(prepared) else [], [], 60)
        if not readable and not writable:
            raise TimeoutError(f"{len(missing)} of {len(awaited)} receipts did not come")
        if writable:
            at += sender.send(prepared[at : at + 65536])
        if sender in readable:
            unacknowledged -= len(acknowledgements.feed(sender.recv(1 << 20)))
        if listener in readable:
            for _, body in packets.feed(listener.recv(1 << 20)):
                came += 1
                (length,) = struct.unpack(">H", body[:2])
                topic = body[2 : 2 + length].decode()
                if topic in missing and missing[topic] in body:
                    del missing[topic]
    return time.perf_counter() - start, came, time.process_time() - start_s


if __name__ == "__main__":
    with open(sys.argv[2], "rb") as file:
        given = pickle.load(file)
    print(*run(int(sys.argv[1]), *given))
