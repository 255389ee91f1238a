"""The receiver's MQTT sessions against a broker that misbehaves on purpose, and over TLS against Mosquitto."""

import datetime
import getpass
import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kit.cloud_desk import wait_for
from kit.servers import Server, accepts, missing, program, start_on_free_port
from steelyard_cloud.ingest.mqtt import packets
from steelyard_cloud.ingest.mqtt.broker import Address, Message, MqttBroker

UP, DOWN = "sy/1/0/0000000000000000/up", "sy/1/0/0000000000000000/down"
CONNACK, SUBACK = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"


class Scripted:
    """A broker that says what the test wants: one connection at a time, no thread."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(20)
        self.broker = MqttBroker(Address("127.0.0.1", self.listener.getsockname()[1]), "0")
        self.peer: socket.socket | None = None
        self._packets = packets.Packets()
        self._heard: list[tuple[int, bytes]] = []

    def accept(self) -> None:
        """Take a connection, grant the session and the subscription; the one before is over."""
        before, (self.peer, _) = self.peer, self.listener.accept()
        if before:
            before.close()
        self.peer.settimeout(20)
        self._packets, self._heard = packets.Packets(), []
        assert self.hear() == (0x10, packets.connect("steelyard-ingest-0", 30)[2:])
        self.say(CONNACK)
        assert self.hear() == (0x82, packets.subscribe(1, ["sy/1/0/+/up"])[2:])
        self.say(SUBACK)

    def say(self, data: bytes) -> None:
        """Send bytes."""
        assert self.peer
        self.peer.sendall(data)

    def hear(self) -> tuple[int, bytes]:
        """The next packet."""
        assert self.peer
        while not self._heard:
            data = self.peer.recv(4096)
            assert data, "the receiver closed the connection"
            self._heard += self._packets.feed(data)
        return self._heard.pop(0)

    def receive(self) -> Message:
        """What the receiver is handed next."""
        (message,) = self.broker.receive(1, 20)
        return message

    def lose(self) -> None:
        """End the connection."""
        assert self.peer
        self.peer.close()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted broker with a receiver's session on it."""
    scripted = Scripted()
    scripted.accept()
    yield scripted
    scripted.broker.close()
    if scripted.peer:
        scripted.peer.close()
    scripted.listener.close()


def test_message_is_acknowledged_only_when_told(scripted: Scripted) -> None:
    packet = packets.publish(UP, b"one", 9)
    scripted.say(packet[:7])
    scripted.say(packet[7:] + packets.publish(UP, b"two", 10))
    one, two = scripted.receive(), scripted.receive()
    assert [(one.topic, one.payload), (two.topic, two.payload)] == [(UP, b"one"), (UP, b"two")]
    scripted.broker.acknowledge([two])
    assert scripted.hear() == (0x40, b"\x00\x0a")
    scripted.broker.acknowledge([one])
    assert scripted.hear() == (0x40, b"\x00\x09")


def test_message_of_a_lost_connection_is_not_acknowledged_on_the_next(scripted: Scripted) -> None:
    scripted.say(packets.publish(UP, b"one", 9))
    before = scripted.receive()
    scripted.lose()
    scripted.accept()
    scripted.say(packets.again(packets.publish(UP, b"one", 33)))
    after = scripted.receive()
    scripted.broker.acknowledge([before, after])
    assert scripted.hear() == (0x40, b"\x00\x21")


def test_publication_is_sent_again_until_it_is_acknowledged(scripted: Scripted) -> None:
    scripted.broker.publish([(DOWN, b"first"), (DOWN, b"second")])
    first, second = scripted.hear(), scripted.hear()
    identifiers = [packets.read_publish(*one)[2] for one in (first, second)]
    scripted.say(packets.acknowledgements(identifiers[:1]) + packets.publish(UP, b"after it", 1))
    scripted.receive()
    scripted.lose()
    scripted.accept()
    assert scripted.hear() == (second[0] | packets.DUPLICATE, second[1])


def test_publication_waits_for_the_broker(scripted: Scripted) -> None:
    scripted.lose()
    wait_for(lambda: scripted.broker.connected_since_ms("0") is None, "the end of the connection")
    scripted.broker.publish([(DOWN, b"meanwhile")])
    scripted.accept()
    first, body = scripted.hear()
    assert packets.read_publish(first, body)[:2] == (DOWN, b"meanwhile")


@pytest.mark.parametrize(
    "nonsense",
    [
        bytes.fromhex("30ffffffff01"),  # a length that is none
        bytes.fromhex("3401ff"),  # QoS 2, and no whole header
        bytes.fromhex("f000"),  # a kind that there is not
        bytes.fromhex("42020001"),  # flags that a PUBACK has not
        bytes.fromhex("400100"),  # half an identifier
        b"HTTP/1.1 400 Bad Request\r\n" * 10,
    ],
)
def test_nonsense_ends_the_connection_and_the_session_begins_anew(scripted: Scripted, nonsense: bytes) -> None:
    scripted.say(nonsense)
    scripted.accept()
    scripted.say(packets.publish(UP, b"one", 9))
    assert scripted.receive().payload == b"one"


def test_refused_session_is_tried_again(scripted: Scripted) -> None:
    scripted.lose()
    scripted.peer, _ = scripted.listener.accept()
    scripted.say(b"\x20\x02\x00\x05")
    scripted.accept()
    wait_for(lambda: scripted.broker.connected_since_ms("0") is not None, "the subscription")


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Mosquitto behind a certificate that this process trusts."""
    binary = program("mosquitto")
    if binary is None:
        missing("Mosquitto", "mosquitto")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "crt.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "crt.pem"))
    configuration = tmp_path / "tls.conf"

    def make(port: int) -> Server:
        configuration.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n"
            f"certfile {tmp_path}/crt.pem\nkeyfile {tmp_path}/key.pem\n"
        )
        return Server([str(binary), "-c", str(configuration)], port, tmp_path / "tls.log", accepts)

    server = start_on_free_port(make)
    yield server
    server.stop()


def test_session_over_tls_takes_and_sends_what_is_larger_than_a_record(tls: Server) -> None:
    broker = MqttBroker(Address("127.0.0.1", tls.port, tls=True), "01", session_per_shard=False)
    wait_for(lambda: broker.connected_since_ms("0") is not None, "the subscription")
    large = [(UP, bytes([at]) * 40_000) for at in range(8)]
    broker.publish(large)
    got: list[Message] = []
    while len(got) < len(large):
        arrived = broker.receive(100, 20)
        assert arrived, f"only {len(got)} messages came back"
        got += arrived
    assert [(one.topic, one.payload) for one in got] == large
    broker.acknowledge(got)
    broker.close()
