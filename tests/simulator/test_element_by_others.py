"""The simulated secure element, driven by another's program for the real one: `adafruit-circuitpython-atecc`."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest
from adafruit_atecc.adafruit_atecc import ATECC
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from kit.micropython import ROOT, Conversation, interpreter

HAL = ROOT / "simulator" / "hal"
PATH = [HAL / "modules", HAL, ROOT / "hardware" / "boards" / "simulated_element"]
# What `firmware/agent/chips/atecc608.py` asks for of slots 0 and 1: a key that signs, and one that agrees.
SLOTS, KEYS = bytes.fromhex("81208420"), bytes.fromhex("33003300")


class Bus:
    """The bus as CircuitPython's `busio.I2C`, its transfers carried over to the simulated chip."""

    def __init__(self, chip: Conversation) -> None:
        self._chip = chip

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        pass

    def writeto(self, address: int, buffer: bytes, *, start: int = 0, end: int | None = None) -> None:
        self._ask(f"w {address} {bytes(buffer)[start:end].hex()}")

    def readfrom_into(self, address: int, buffer: bytearray, *, start: int = 0, end: int | None = None) -> None:
        count = len(buffer[start:end])
        buffer[start : start + count] = bytes.fromhex(self._ask(f"r {address} {count}"))

    def _ask(self, line: str) -> str:
        answer = self._chip.ask(line)
        if answer == "nak":
            raise OSError(5, "not acknowledged")
        return answer


@pytest.fixture
def bus() -> Iterator[Bus]:
    with interpreter().start("element_bridge.py", heap="8M", path=PATH) as chip:
        yield Bus(chip)


def configured(atecc: ATECC) -> None:
    zone = bytearray()
    for block in range(4):
        part = bytearray(32)
        atecc._read(0, block << 3, part)
        zone += part
    zone[20:24], zone[96:100] = SLOTS, KEYS
    atecc.write_config(zone)
    atecc.lock_all_zones()


def public(point: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)


def verifies(point: bytes, digest: bytes, signature: bytes) -> bool:
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    try:
        public(point).verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True


def test_it_does_all_that_the_program_asks_of_a_real_chip(bus: Bus) -> None:
    atecc = ATECC(bus)
    assert atecc.version() >> 8 == 0x60
    assert not atecc.locked
    assert atecc.serial_number.startswith("0123")
    assert atecc.serial_number.endswith("EE")
    assert bytes(atecc._random(bytearray(32))) == bytes.fromhex("ffff0000") * 8, "before the lock no number is random"
    configured(atecc)
    assert atecc.locked
    signing = bytes(atecc.gen_key(bytearray(64), 0, private_key=True))
    assert bytes(atecc.gen_key(bytearray(64), 0)) == signing
    digest = sha256(b"a statement").digest()
    assert verifies(signing, digest, bytes(atecc.ecdsa_sign(0, bytearray(digest))))
    agreeing = bytes(atecc.gen_key(bytearray(64), 1, private_key=True))
    ours = ec.generate_private_key(ec.SECP256R1())
    numbers = ours.public_key().public_numbers()
    point = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    for mode in (0x00, 0x0C):
        assert bytes(atecc.ecdh(1, bytearray(point), mode)) == ours.exchange(ec.ECDH(), public(agreeing))
    with pytest.raises(RuntimeError):
        atecc.sign(1)  # that key agrees only

    assert bytes(atecc._random(bytearray(32))) != bytes(atecc._random(bytearray(32)))
    assert len(set(bytes(atecc.nonce(bytearray(20))))) > 8
    assert [atecc.counter()[0] for _ in range(2)] == [1, 2]
    message = bytes(range(100))
    atecc.sha_start()
    atecc.sha_update(message[:64])
    assert bytes(atecc.sha_digest(bytearray(message[64:]))) == sha256(message).digest()
    with pytest.raises(AssertionError):
        atecc.lock(0)
