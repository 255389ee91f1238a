"""P-256 verification by OpenSSL on one core: what bounds the cloud's work per statement. Reference: `ecdsa`."""

import time
from collections.abc import Callable
from typing import Any

import ecdsa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

MESSAGE = bytes(190)
ALGORITHM = ec.ECDSA(hashes.SHA256())


def rate_per_s(work: Callable[[], object], duration_s: float) -> float:
    """How often `work` is done in a second."""
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < duration_s:
        work()
        done += 1
    return done / (time.perf_counter() - start)


def rows() -> list[dict[str, Any]]:
    """One row: verifications a second with a cached key."""
    key = ec.generate_private_key(ec.SECP256R1())
    public, signature = key.public_key(), key.sign(MESSAGE, ALGORITHM)
    plain_key = ecdsa.SigningKey.generate(ecdsa.NIST256p)
    plain_signature = plain_key.sign(MESSAGE)
    plain_public = plain_key.get_verifying_key()
    value = rate_per_s(lambda: public.verify(signature, MESSAGE, ALGORITHM), 1.0)
    reference = rate_per_s(lambda: plain_public.verify(plain_signature, MESSAGE), 1.0)
    return [
        {
            "name": "openssl verify",
            "value": value,
            "unit": "verifications/s",
            "reference": reference,
            "ratio": value / reference,
        }
    ]
