"""Checking many P-256 signatures at once: by OpenSSL, or eight at a time by the extension `steelyard-ifma`.

The extension may only say yes. Whatever it does not confirm goes to OpenSSL, so both give the same verdicts; and it is
used only where the processor can and a known answer is found right.
"""

import hashlib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from steelyard_protocol import p256
from steelyard_protocol.errors import ProtocolError

_KEY, _MESSAGE = bytes(31) + b"\x07", b"known answer"


class Signed(NamedTuple):
    """A signature (64 bytes), the message, its SHA-256, and the 65-byte SEC 1 point that may have signed it."""

    public_key: bytes
    message: bytes
    digest: bytes
    signature: bytes


Verifier = Callable[[Sequence[Signed]], list[bool]]


class VerifierUnavailable(ProtocolError):
    """Signatures are checked by OpenSSL, as the extension steelyard-ifma cannot be used: {why}."""

    code, noun = "verifier-unavailable", "verifier"


def openssl(some: Sequence[Signed]) -> list[bool]:
    """The verdict on each, by OpenSSL."""
    return [p256.verify(one.public_key, one.message, one.signature) for one in some]


def ifma() -> Verifier:
    """The same by the extension; raises VerifierUnavailable."""
    try:
        extension: Any = import_module("_steelyard_ifma")
    except ImportError as error:
        raise VerifierUnavailable(why=f"it is not installed ({error})") from error
    if not extension.lib.steelyard_can():
        raise VerifierUnavailable(why="the processor lacks AVX-512 IFMA")
    multi = Multi(extension)
    multi.try_out()
    return multi.verify


class Multi:
    """The extension, with a good signature for what it leaves over of eight."""

    def __init__(self, extension: Any) -> None:
        self._lib, self._ffi = extension.lib, extension.ffi
        self._known = signed_for_test()
        self._good = _row(self._known)

    def try_out(self) -> None:
        """Raises VerifierUnavailable unless it finds a good signature good, and bad ones not."""
        known = self._known
        bad = known._replace(digest=hashlib.sha256(b"another").digest())
        swapped = known._replace(signature=known.signature[32:] + known.signature[:32])
        tried = [known, bad, known, swapped, known, bad, known, known, known, swapped]
        if self.confirmed(tried) != bytes(one is known for one in tried):
            raise VerifierUnavailable(why="it gives a wrong answer to a known signature")

    def verify(self, some: Sequence[Signed]) -> list[bool]:
        """The verdict on each; what the extension does not confirm is asked of OpenSSL."""
        fit = [one for one in some if _fits(one)]
        good = {id(one) for one, verdict in zip(fit, self.confirmed(fit), strict=True) if verdict}
        return [id(one) in good or p256.verify(one.public_key, one.message, one.signature) for one in some]

    def confirmed(self, some: Sequence[Signed]) -> bytes:
        """1 for each that the extension finds good."""
        verdicts = bytearray(len(some))
        rows = b"".join(map(_row, some))
        self._lib.steelyard_verify(rows, len(some), self._good, self._ffi.from_buffer(verdicts))
        return bytes(verdicts)


def signed_for_test() -> Signed:
    """A good signature, always the same."""
    digest = hashlib.sha256(_MESSAGE).digest()
    return Signed(p256.public_key(_KEY), _MESSAGE, digest, p256.sign(_KEY, _MESSAGE))


def _fits(one: Signed) -> bool:
    """Whether a row can be made of it."""
    return len(one.signature) == 64 and len(one.public_key) == 65 and one.public_key[0] == 4


def _row(one: Signed) -> bytes:
    return one.signature + one.digest + one.public_key[1:]
