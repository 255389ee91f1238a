"""A whole scale over TLS, and Mosquitto: each talks to the other only if its certificate is in order."""

from __future__ import annotations

import datetime
import getpass
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kit.glass import Glass
from kit.platform_side import Platform, receiving
from kit.servers import Server, free_port, missing, program, wait_until
from steelyard_protocol.parameters import KEYS
from steelyard_simulator.flashing import PARAMETERS, factory_file, flash_image
from steelyard_simulator.scale import SimulatedScale

STILL_S = 2.0
START = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
YEAR = datetime.timedelta(days=365)


@dataclass
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self, path: Path) -> str:
        """The lines of Mosquitto's configuration for a listener that shows it; its files lie at `path`."""
        path.with_suffix(".crt").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        path.with_suffix(".key").write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return f"certfile {path}.crt\nkeyfile {path}.key\n"

    def files(self) -> dict[str, bytes]:
        """What the factory writes to a scale that shows it."""
        key = self.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return {"client.der": self.certificate.public_bytes(Encoding.DER), "client-key.der": key}


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.sign("authority", self.key, is_authority=True)

    def holder(self, name: str, start: datetime.datetime = START, years: int = 100) -> Holder:
        """A new key and its certificate for the host or scale `name`."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Holder(self.sign(name, key, start, years), key)

    def sign(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        start: datetime.datetime = START,
        years: int = 100,
        is_authority: bool = False,
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + years * YEAR)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def revoking(self, holder: Holder) -> bytes:
        """The list of revoked certificates with one on it, PEM."""
        revoked = x509.RevokedCertificateBuilder().serial_number(holder.certificate.serial_number)
        return (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(START)
            .next_update(START + 100 * YEAR)
            .add_revoked_certificate(revoked.revocation_date(START).build())
            .sign(self.key, hashes.SHA256())
            .public_bytes(Encoding.PEM)
        )


@dataclass
class TlsBroker:
    """Mosquitto with a plain listener for the receiver and others for scales.

    `port` is that of TLS, `expired_port` shows a certificate that is too old, and `strict_port` wants certificates of
    the scales; `revoked` is on its list.
    """

    server: Server
    plain_port: int
    port: int
    expired_port: int
    strict_port: int
    authority: Authority
    revoked: Holder


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsBroker]:
    folder = tmp_path_factory.mktemp("broker")
    binary = program("mosquitto")
    if binary is None:
        missing("Mosquitto", "mosquitto")
    authority = Authority()
    own, revoked = authority.holder("localhost"), authority.holder("scale")
    (folder / "ca.crt").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    (folder / "revoked.crl").write_bytes(authority.revoking(revoked))
    plain, tls, expired, strict = (free_port() for _ in range(4))
    sections = [
        f"per_listener_settings true\nuser {getpass.getuser()}\nlog_dest stderr",
        f"listener {plain} 127.0.0.1\nallow_anonymous true",
        f"listener {tls} 127.0.0.1\nallow_anonymous true\n" + own.pem(folder / "own"),
        f"listener {expired} 127.0.0.1\nallow_anonymous true\n"
        + authority.holder("localhost", years=1).pem(folder / "expired"),
        f"listener {strict} 127.0.0.1\nallow_anonymous false\nrequire_certificate true\nuse_identity_as_username true\n"
        f"cafile {folder}/ca.crt\ncrlfile {folder}/revoked.crl\n" + own.pem(folder / "own"),
    ]
    (folder / "tls.conf").write_text("\n".join(sections))
    server = Server([str(binary), "-c", str(folder / "tls.conf")], tls, folder / "tls.log")
    server.start()
    yield TlsBroker(server, plain, tls, expired, strict, authority, revoked)
    server.stop()


def enrolled(
    simulate: Callable[..., SimulatedScale],
    folder: Path,
    platform: Platform,
    host: str,
    port: int,
    files: dict[str, bytes],
) -> SimulatedScale:
    """A scale whose factory wrote `files`, and that was told of the broker at `host`:`port`."""
    folder.mkdir()
    flash_image(folder / "image.bin", factory_file(platform.root.point), files)
    scale = simulate(virtual=False)
    assert scale.image == folder / "image.bin"
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    tell(scale, platform, host, port)
    return scale


def tell(scale: SimulatedScale, platform: Platform, host: str, port: int) -> None:
    answer = platform.answer(scale, port, host=host, tls=True, period_s=1)
    assert "accepted" in scale.console("enrol accept " + answer)


def trusting(authority: Authority) -> dict[str, bytes]:
    """The file by which a scale trusts the brokers of an authority."""
    return {"ca.der": authority.certificate.public_bytes(Encoding.DER)}


@pytest.mark.parametrize("port", ["port", "strict_port"])
def test_statements_go_up_and_receipts_come_down_encrypted(
    simulate: Callable[..., SimulatedScale], tmp_path: Path, broker: TlsBroker, port: str
) -> None:
    platform = Platform()
    files = trusting(broker.authority)
    if port == "strict_port":
        files |= broker.authority.holder("S-0001").files()
    with receiving(broker.plain_port, platform) as receiver:
        scale = enrolled(simulate, tmp_path / "scale-1", platform, "localhost", getattr(broker, port), files)
        wait_until(lambda: scale.console_json("status")["receipted"] >= 4, 30, "four receipts")
        assert sorted(receiver.held)[:4] == [1, 2, 3, 4]
        assert scale.console_json("status")["uplink_error"] is None
    if port == "strict_port":
        assert "u'S-0001'" in broker.server.log.read_text(), "its name at the broker is that of its certificate"


def test_a_handshake_that_stands_still_leaves_no_weight_standing(
    simulate: Callable[..., SimulatedScale], tmp_path: Path, broker: TlsBroker
) -> None:
    platform = Platform()
    factory = factory_file(platform.root.point, PARAMETERS | {KEYS["sales"]: 2})
    (tmp_path / "scale-1").mkdir()
    flash_image(tmp_path / "scale-1" / "image.bin", factory, trusting(broker.authority))
    scale = simulate(virtual=False)

    def weight() -> str:
        with suppress(AssertionError, KeyError):  # dark, or a page of text, as at the start
            return Glass(scale.displays()[0]).figures[0]
        return ""

    scale.console("enrol maker=M model=one serial=1 code=P-1")
    wait_until(lambda: weight() == "0.000", 30, "the zero")
    scale.stand_still(tls_s=STILL_S)
    tell(scale, platform, "localhost", broker.port)
    wait_until(lambda: scale.console_json("status")["uplink"] == "online", 30, "the connection")
    assert [Glass(seen).figures[0] for seen in scale.shown_standing_still()] == ["-----"]
    assert scale.console_json("status")["longest_standstill_ms"] >= STILL_S * 1000 - 50
    wait_until(lambda: weight() == "0.000", 10, "the weight")


# Files beside that of the broker's authority, by what is wrong; the broker, and what `status` says.
OF_THE_SCALE = "ended the TLS handshake"
OF_THE_BROKER = "the broker's certificate does not verify, The certificate "


@pytest.mark.parametrize(
    ("port", "host", "files", "why"),
    [
        ("strict_port", "localhost", "none", OF_THE_SCALE),
        ("strict_port", "localhost", "expired", OF_THE_SCALE),
        ("strict_port", "localhost", "revoked", OF_THE_SCALE),
        ("strict_port", "localhost", "foreign", OF_THE_SCALE),
        ("port", "localhost", "another authority", OF_THE_BROKER + "is not correctly signed by the trusted CA"),
        ("port", "127.0.0.1", "none", OF_THE_BROKER + "Common Name (CN) does not match with the expected CN"),
        ("expired_port", "localhost", "none", OF_THE_BROKER + "validity has expired"),
    ],
)
def test_what_does_not_verify_is_refused_with_a_clear_word_and_no_restart(
    simulate: Callable[..., SimulatedScale],
    tmp_path: Path,
    broker: TlsBroker,
    port: str,
    host: str,
    files: str,
    why: str,
) -> None:
    platform = Platform()
    folder = tmp_path / "scale-1"
    with receiving(broker.plain_port, platform) as receiver:
        scale = enrolled(simulate, folder, platform, host, getattr(broker, port), written(broker, files))
        wait_until(lambda: scale.console_json("status")["uplink_error"] is not None, 30, "the refusal")
        status = scale.console_json("status")
        assert why in status["uplink_error"]
        assert "\n" not in status["uplink_error"]
        if why == OF_THE_SCALE:
            word = "may want one, and there is none in" if files == "none" else "refuses the one in"
            assert f"of this scale's certificates it {word} /fs/client.der" in status["uplink_error"]
        assert (status["uplink"], status["receipted"]) == ("connecting", 0)
        assert receiver.held == {}
        assert scale.starts == 1


def written(broker: TlsBroker, files: str) -> dict[str, bytes]:
    """What the factory wrote, by what is wrong with it."""
    authority = broker.authority
    trust = trusting(authority)
    return {
        "none": trust,
        "expired": trust | authority.holder("S-0001", years=1).files(),
        "revoked": trust | broker.revoked.files(),
        "foreign": trust | Authority().holder("S-0001").files(),
        "another authority": trusting(Authority()),
    }[files]
