"""The agent's MQTT client in real MicroPython: byte for byte against a scripted peer, then against real brokers."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import iotcore
import paho.mqtt.client as paho
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.micropython import Conversation, MicroPython
from kit.servers import Server, free_port, wait_until
from paho.mqtt.enums import CallbackAPIVersion

CONNACK = bytes.fromhex("20020000")
IDENTITY = "0123456789ABCDEF"


class Target:
    """The client's script: `call` waits for the answer, `begin` lets the test play the broker meanwhile."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.pool = ThreadPoolExecutor(1)

    def call(self, name: str, *arguments: object) -> Any:
        return json.loads(self.conversation.ask(json.dumps([name, *arguments])))

    def begin(self, name: str, *arguments: object) -> Future[Any]:
        return self.pool.submit(self.call, name, *arguments)

    def begin_connect(
        self, port: int, user: str | None = None, password: str | None = None, timeout_ms: int = 5000
    ) -> Future[Any]:
        return self.begin("connect", port, IDENTITY, user, password, timeout_ms)


class Peer:
    """The other end of the client's connection: says what the test tells it to say."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(5)

    def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.connection.recv(count - len(data))
            assert part, f"the client hung up after {data.hex()}"
            data += part
        return data

    def read_packet(self) -> bytes:
        """Return the next packet: its first byte and its body, without the remaining length."""
        first = self.read(1)
        length = shift = 0
        while True:
            digit = self.read(1)[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return first + self.read(length)

    def hung_up(self) -> bool:
        """Whether the client has ended the connection; nothing but DISCONNECT may come before."""
        try:
            return self.connection.recv(100) in (b"", b"\xe0\x00")
        except ConnectionResetError:
            return True

    def say(self, data: str | bytes) -> None:
        self.connection.sendall(bytes.fromhex(data) if isinstance(data, str) else data)


@pytest.fixture
def target(micropython: MicroPython) -> Iterator[Target]:
    with micropython.start("mqtt_client.py") as conversation:
        yield Target(conversation)


Accept = Callable[[], Peer]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server


@pytest.fixture
def accept(listener: socket.socket) -> Iterator[Accept]:
    """Takes the client's connection, and closes it at the end."""
    with ExitStack() as stack:
        yield lambda: Peer(stack.enter_context(listener.accept()[0]))


@pytest.fixture
def peer(target: Target, listener: socket.socket) -> Iterator[Peer]:
    """A peer that has just accepted the client."""
    answer = target.begin_connect(listener.getsockname()[1])
    connection, _ = listener.accept()
    with connection:
        peer = Peer(connection)
        peer.read_packet()
        peer.say(CONNACK)
        assert answer.result(5) == {"session_present": False}
        yield peer


def publish(topic: str, payload: bytes, first: int = 0x32, packet_id: bytes = b"\x00\x07") -> bytes:
    """A PUBLISH as a broker sends it; `packet_id` is empty for QoS 0."""
    body = struct.pack(">H", len(topic)) + topic.encode() + packet_id + payload
    digits, length = b"", len(body)
    while length > 127:
        digits += bytes([length & 127 | 128])
        length >>= 7
    return bytes([first]) + digits + bytes([length]) + body


def test_connect_asks_for_the_persistent_session_of_the_identity(
    target: Target, listener: socket.socket, accept: Accept
) -> None:
    answer = target.begin_connect(listener.getsockname()[1])
    peer = accept()
    assert peer.read(30) == bytes.fromhex("101c 0004") + b"MQTT" + bytes.fromhex("04 00 003c 0010") + IDENTITY.encode()
    peer.say("20020100")
    assert answer.result(5) == {"session_present": True}


def test_connect_carries_user_and_password(target: Target, listener: socket.socket, accept: Accept) -> None:
    answer = target.begin_connect(listener.getsockname()[1], IDENTITY, "s3cret")
    peer = accept()
    packet = peer.read_packet()
    assert packet[7:9] == bytes.fromhex("04c0"), "level 4, flags user and password"
    assert packet.endswith(b"\x00\x10" + IDENTITY.encode() + b"\x00\x06s3cret")
    peer.say(CONNACK)
    assert answer.result(5) == {"session_present": False}


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("20020005", "refused: not authorised"),
        ("20020004", "refused: user or password"),
        ("20020009", "refused: code 9"),
        ("20020200", "malformed CONNACK"),
        ("200100", "instead of CONNACK"),
        ("d000", "instead of CONNACK"),
        ("20ffffffff7f", "malformed remaining length"),
    ],
)
def test_connect_reports_what_the_broker_refuses(
    target: Target, listener: socket.socket, accept: Accept, answer: str, what: str
) -> None:
    connecting = target.begin_connect(listener.getsockname()[1])
    peer = accept()
    peer.read_packet()
    peer.say(answer)
    assert what in connecting.result(5)["error"]
    assert peer.hung_up()


def test_connect_gives_up_on_a_silent_broker(target: Target, listener: socket.socket, accept: Accept) -> None:
    connecting = target.begin_connect(listener.getsockname()[1], timeout_ms=100)
    peer = accept()
    assert "no answer to CONNECT" in connecting.result(5)["error"]
    peer.read_packet()
    assert peer.hung_up()


def test_subscribe_asks_for_quality_1_and_waits_for_the_word(target: Target, peer: Peer) -> None:
    answer = target.begin("subscribe", "sy/1/0/x/down")
    assert peer.read_packet() == b"\x82\x00\x01\x00\x0dsy/1/0/x/down\x01"
    assert not answer.done()
    peer.say("9003000101")
    assert answer.result(5) is None


def test_subscription_refused_ends_the_connection(target: Target, peer: Peer) -> None:
    answer = target.begin("subscribe", "sy/1/0/x/down")
    peer.read_packet()
    peer.say("9003000180")
    assert "subscription refused" in answer.result(5)["error"]


def test_publish_streams_chunks_into_one_packet(target: Target, peer: Peer) -> None:
    target.call("publish", "t/up", ["ab", "c" * 200, "d"])
    assert peer.read_packet() == b"\x32\x00\x04t/up\x00\x01ab" + b"c" * 200 + b"d"
    acknowledged = target.begin("acknowledged")
    assert not acknowledged.done()
    peer.say("40020001")
    assert acknowledged.result(5) == 1


def test_message_that_is_too_much_for_the_scale_ends_the_connection_at_once(target: Target, peer: Peer) -> None:
    """Else the reading task is gone and nobody knows until the broker counts as silent."""
    peer.say(publish("too/much", b"x"))
    assert "reading failed, MemoryError" in target.call("ended")


def test_large_message_has_a_long_remaining_length(target: Target, peer: Peer) -> None:
    target.call("publish_bulk", "t/up", 82, 100)
    assert peer.read(3) == b"\x32" + bytes([8208 & 127 | 128, 8208 >> 7])
    assert peer.read(8208)[:8] == b"\x00\x04t/up\x00\x01"


def test_fifth_message_waits_for_an_acknowledgement(target: Target, peer: Peer) -> None:
    for _ in range(4):
        target.call("publish", "t", ["x"])
        peer.read_packet()
    fifth = target.begin("publish", "t", ["y"])
    peer.connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        peer.read(1)
    peer.connection.settimeout(5)
    peer.say("40020003")
    assert peer.read_packet() == b"\x32\x00\x01t\x00\x05y"
    fifth.result(5)


@pytest.mark.parametrize("declared", [1, 3])
def test_message_of_another_length_than_declared_ends_the_connection(target: Target, peer: Peer, declared: int) -> None:
    assert "than declared" in target.call("publish", "t", ["xy"], declared)["error"]
    assert "than declared" in target.call("ended")
    assert "than declared" in target.call("publish", "t", ["xy"])["error"]


def test_messages_of_quality_0_and_1_arrive_and_1_is_acknowledged(target: Target, peer: Peer) -> None:
    peer.say(publish("t/down", b"zero", 0x30, b"") + publish("t/down", b"one") + publish("t/down", b"", 0x3A))
    assert target.call("messages", 3) == [["t/down", b"zero".hex()], ["t/down", b"one".hex()], ["t/down", ""]]
    assert peer.read(8) == bytes.fromhex("4002000740020007")


def test_message_that_comes_byte_by_byte_is_one_message(target: Target, peer: Peer) -> None:
    for byte in publish("t/down", b"slow" * 50):
        peer.say(bytes([byte]))
    assert target.call("messages", 1) == [["t/down", (b"slow" * 50).hex()]]


def test_message_above_the_buffer_is_read_past_and_acknowledged(target: Target, peer: Peer) -> None:
    peer.say(publish("t/down", bytes(100_000)) + publish("t/down", b"next", packet_id=b"\x00\x08"))
    assert target.call("messages", 2) == [["t/down", None], ["t/down", b"next".hex()]]
    assert peer.read(8) == bytes.fromhex("4002000740020008")


@pytest.mark.parametrize(
    ("packet", "what"),
    [
        ("00 00", "unexpected packet 0x0"),
        ("f0 00", "unexpected packet 0xf0"),
        ("10 00", "unexpected packet 0x10"),
        ("20 02 00 00", "unexpected packet 0x20"),
        ("50 02 00 01", "unexpected packet 0x50"),
        ("41 02 00 01", "unexpected packet 0x41"),
        ("40 01 00", "malformed acknowledgement"),
        ("40 03 00 01 00", "malformed acknowledgement"),
        ("90 02 00 01", "malformed acknowledgement"),
        ("40 ff ff 7f", "unexpected packet 0x40 of 2097151 bytes"),
        ("d0 01 00", "malformed PINGRESP"),
        ("30 ff ff ff ff 01", "malformed remaining length"),
        ("34 05 00 01 74 00 01", "PUBLISH with QoS 2"),
        ("36 05 00 01 74 00 01", "PUBLISH with QoS 3"),
        ("30 00", "malformed PUBLISH"),
        ("30 02 00 00", "malformed PUBLISH"),
        ("30 03 00 ff 74", "malformed PUBLISH"),
        ("32 04 00 01 74 00", "malformed PUBLISH"),
        ("32 05 00 01 74 00 00", "PUBLISH without a packet identifier"),
        ("30 04 00 02 c3 28", "topic is not UTF-8"),
    ],
)
def test_malformed_packet_ends_the_connection(target: Target, peer: Peer, packet: str, what: str) -> None:
    peer.say(packet)
    assert what in target.call("ended")
    assert what in target.call("publish", "t", ["x"])["error"]
    target.call("close")
    assert peer.hung_up()
    assert target.call("messages", 0) == []


def test_acknowledgement_of_nothing_is_ignored(target: Target, peer: Peer) -> None:
    peer.say(bytes.fromhex("40021234") + publish("t", b"x"))
    assert target.call("messages", 1) == [["t", b"x".hex()]]


def test_broker_that_hangs_up_ends_a_waiting_publish(target: Target, peer: Peer) -> None:
    for _ in range(4):
        target.call("publish", "t", ["x"])
    fifth = target.begin("publish", "t", ["y"])
    for _ in range(4):
        peer.read_packet()
    peer.connection.close()
    assert "broker" in fifth.result(5)["error"]


def test_quiet_connection_is_pinged_and_a_silent_one_ended(target: Target, peer: Peer) -> None:
    target.call("put_forward", 31_000)
    assert peer.read_packet() == b"\xc0"
    peer.say("d000")
    target.call("put_forward", 31_000)
    assert peer.read_packet() == b"\xc0"
    target.call("put_forward", 100_000)
    assert "the broker is silent" in target.call("ended")


def test_overdue_acknowledgement_ends_the_connection(target: Target, peer: Peer) -> None:
    target.call("publish", "t", ["x"])
    target.call("put_forward", 46_000)
    assert "an acknowledgement is overdue" in target.call("ended")


def test_close_says_goodbye(target: Target, peer: Peer) -> None:
    target.call("close")
    assert peer.read(2) == b"\xe0\x00"
    assert peer.hung_up()


def test_batch_passes_through_a_heap_without_room_for_it(target: Target, peer: Peer) -> None:
    target.call("publish", "t/up", ["a"])
    peer.read_packet()
    assert target.call("fragment", 1024), "there is a piece of 2 KB"
    assert target.call("publish_bulk", "t/up", 41, 199) is None
    assert peer.read_packet()[9:] == bytes(41 * 199)
    peer.say(publish("t/down", bytes(100_000)))
    assert target.call("messages", 1) == [["t/down", None]]


packets = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda payload, first: publish("t", payload, first),
        st.binary(max_size=300),
        st.sampled_from([0x30, 0x32, 0x34, 0x3D, 0x82]),
    ),
    st.sampled_from([b"\xd0\0", b"\x40\2\0\1", b"\x90\3\0\1\1", CONNACK]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(packets, max_size=6).map(b"".join))
def test_whatever_a_broker_says_the_client_lives_or_ends_cleanly(
    target: Target, listener: socket.socket, said: bytes
) -> None:
    connecting = target.begin_connect(listener.getsockname()[1])
    connection, _ = listener.accept()
    with connection:
        peer = Peer(connection)
        peer.read_packet()
        peer.say(CONNACK)
        assert "error" not in connecting.result(5)
        peer.say(said)
        connection.shutdown(socket.SHUT_WR)
        assert "The connection to the broker ended" in target.call("ended")
        target.call("close")


class Receiver:
    """A host-side client of the broker that notes what it gets, in order."""

    def __init__(self, port: int, topic: str) -> None:
        self.payloads: list[bytes] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="receiver")
        self.client.on_message = lambda client, userdata, message: self.payloads.append(message.payload)
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe(topic, qos=1)
        assert subscribed.wait(5)

    def send(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1).wait_for_publish(5)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(params=["mosquitto", "iotcore"])
def broker_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a real broker."""
    if request.param == "mosquitto":
        server: Server = request.getfixturevalue("mosquitto")
        yield server.port
        return
    with iotcore.Broker(port=free_port(), listen="127.0.0.1") as broker:
        yield broker.port


@pytest.fixture
def receiver(broker_port: int) -> Iterator[Receiver]:
    receiver = Receiver(broker_port, "t/up")
    yield receiver
    receiver.close()


def test_real_broker_delivers_in_order(target: Target, broker_port: int, receiver: Receiver) -> None:
    assert "error" not in target.begin_connect(broker_port).result(10)
    for number in range(100):
        target.call("publish", "t/up", [f"{number} ", "x" * 190])
    target.call("publish_bulk", "t/up", 41, 199)
    target.call("acknowledged")
    wait_until(lambda: len(receiver.payloads) == 101, 10, "delivery")
    assert [int(payload.split()[0]) for payload in receiver.payloads[:100]] == list(range(100))
    assert receiver.payloads[100] == bytes(41 * 199)


def test_real_broker_keeps_messages_for_the_session(target: Target, broker_port: int, receiver: Receiver) -> None:
    assert target.begin_connect(broker_port).result(10) == {"session_present": False}
    target.call("subscribe", "t/down")
    receiver.send("t/down", b"live")
    assert target.call("messages", 1) == [["t/down", b"live".hex()]]
    target.call("close")
    for number in range(20):
        receiver.send("t/down", bytes([number]))
    assert target.begin_connect(broker_port).result(10) == {"session_present": True}
    assert [payload for _, payload in target.call("messages", 21)[1:]] == [bytes([n]).hex() for n in range(20)]


def test_killed_broker_ends_the_connection(target: Target, mosquitto: Server) -> None:
    assert "error" not in target.begin_connect(mosquitto.port).result(10)
    ended = target.begin("ended")
    mosquitto.kill()
    assert "The connection to the broker ended" in ended.result(10)
    mosquitto.restart()
    assert "error" not in target.begin_connect(mosquitto.port).result(10)
