"""The platform's answer to an enrolment, as the technician carries it to the scale's console."""

import base64
from dataclasses import dataclass

from steelyard_protocol import cbor


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """`steelyard.cddl`, enrol-answer: the signed key set, where the broker is, and the snapshot period."""

    key_set: bytes
    host: str
    port: int
    tls: bool
    password: str | None
    period_s: int

    def encode(self) -> bytes:
        """Deterministic CBOR of the answer."""
        return cbor.encode([self.key_set, [self.host, self.port, self.tls, self.password], self.period_s])


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, 5), as the console and the API carry bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Read base64url with or without padding; raises ValueError on any other character."""
    stripped = text.strip().rstrip("=")
    return base64.b64decode(stripped + "=" * (-len(stripped) % 4), altchars=b"-_", validate=True)
