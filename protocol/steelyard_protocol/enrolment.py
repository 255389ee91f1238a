"""The platform's answer to an enrolment, as the technician carries it to the scale's console."""

import base64
from dataclasses import dataclass

from steelyard_protocol import downlink

EXTERNAL = b"steelyard/1 enrol"


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """`steelyard.cddl`, enrolled: for which scale, the key set, where the broker is, and the snapshot period."""

    identity: bytes
    key_set: bytes
    host: str
    port: int
    tls: bool
    password: str | None
    period_s: int

    def sign(self, private_key: bytes, kid: bytes) -> bytes:
        """The enrol-answer: all of it signed by an authority key of its key set, 32 bytes, whose identity is `kid`."""
        broker = [self.host, self.port, self.tls, self.password]
        payload = [self.identity, self.key_set, broker, self.period_s]
        return downlink.sign_payload(payload, private_key, kid, EXTERNAL)


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, 5), as the console and the API carry bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Read base64url with or without padding; raises ValueError on any other character."""
    stripped = text.strip().rstrip("=")
    return base64.b64decode(stripped + "=" * (-len(stripped) % 4), altchars=b"-_", validate=True)
