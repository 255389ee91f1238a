"""A whole scale over TLS: it talks to the broker whose certificate its authority signed, and to no other."""

from __future__ import annotations

import datetime
import getpass
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kit.platform_side import Platform, receiving
from kit.servers import Server, free_port, missing, program, wait_until
from steelyard_simulator.flashing import factory_file, flash_image
from steelyard_simulator.scale import SimulatedScale

VALID_FROM = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.sign("authority", self.key, is_authority=True)

    def sign(self, name: str, key: ec.EllipticCurvePrivateKey, is_authority: bool = False) -> x509.Certificate:
        """A certificate of `key` for the host `name`, good for a hundred years."""
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(VALID_FROM)
            .not_valid_after(VALID_FROM + datetime.timedelta(days=36500))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )


@dataclass
class TlsBroker:
    """Mosquitto with a TLS listener for scales and a plain one for the receiver."""

    server: Server
    plain_port: int
    authority: Authority


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[TlsBroker]:
    binary = program("mosquitto")
    if binary is None:
        missing("Mosquitto", "mosquitto")
    authority, key = Authority(), ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "broker.crt").write_bytes(authority.sign("localhost", key).public_bytes(Encoding.PEM))
    (tmp_path / "broker.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tls_port, plain_port = free_port(), free_port()
    (tmp_path / "tls.conf").write_text(
        f"listener {plain_port} 127.0.0.1\nlistener {tls_port} 127.0.0.1\n"
        f"certfile {tmp_path}/broker.crt\nkeyfile {tmp_path}/broker.key\n"
        f"allow_anonymous true\nuser {getpass.getuser()}\nlog_dest stderr\n"
    )
    server = Server([str(binary), "-c", str(tmp_path / "tls.conf")], tls_port, tmp_path / "tls.log")
    server.start()
    yield TlsBroker(server, plain_port, authority)
    server.stop()


def enrolled(
    simulate: Callable[..., SimulatedScale],
    folder: Path,
    platform: Platform,
    host: str,
    port: int,
    authority: Authority,
) -> SimulatedScale:
    """A scale that knows `authority` and was told of the broker at `host`:`port`."""
    folder.mkdir()
    certificate = authority.certificate.public_bytes(Encoding.DER)
    flash_image(folder / "image.bin", factory_file(platform.root.point), {"ca.der": certificate})
    scale = simulate(virtual=False)
    assert scale.image == folder / "image.bin"
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    scale.console("enrol accept " + platform.answer(scale, port, host=host, tls=True, period_s=1))
    return scale


def test_statements_go_up_and_receipts_come_down_encrypted(
    simulate: Callable[..., SimulatedScale], tmp_path: Path, broker: TlsBroker
) -> None:
    platform = Platform()
    with receiving(broker.plain_port, platform) as receiver:
        scale = enrolled(simulate, tmp_path / "scale-1", platform, "localhost", broker.server.port, broker.authority)
        wait_until(lambda: scale.console_json("status")["receipted"] >= 4, 30, "four receipts")
        assert sorted(receiver.held)[:4] == [1, 2, 3, 4]


@pytest.mark.parametrize(("host", "own_authority"), [("localhost", False), ("127.0.0.1", True)])
def test_a_broker_without_the_right_certificate_gets_nothing(
    simulate: Callable[..., SimulatedScale], tmp_path: Path, broker: TlsBroker, host: str, own_authority: bool
) -> None:
    platform = Platform()
    authority = broker.authority if own_authority else Authority()
    with receiving(broker.plain_port, platform) as receiver:
        scale = enrolled(simulate, tmp_path / "scale-1", platform, host, broker.server.port, authority)
        wait_until(lambda: scale.console_json("status")["uplink_error"] is not None, 30, "the refusal")
        status = scale.console_json("status")
        assert "certificate does not verify" in status["uplink_error"]
        assert (status["uplink"], status["receipted"]) == ("connecting", 0)
        assert receiver.held == {}
