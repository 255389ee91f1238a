"""What a scale's agreement key and the platform's unlock key agree on: the keys of unlock and check codes."""

from enum import StrEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from steelyard_protocol import cbor, identity, p256
from steelyard_protocol.errors import ProtocolError

KEY_BYTES = 32


class AgreementError(ProtocolError):
    """the other key is no point of P-256"""

    code, noun = "agreement", "public key"


class Purpose(StrEnum):
    """What a key is for, as its derivation names it: no answer for one is ever one for the other."""

    UNLOCK = "steelyard/1 unlock"
    CHECK = "steelyard/1 check"


def agree(private_key: bytes, public_key: bytes) -> bytes:
    """The 32-byte x that ECDH on P-256 gives for a 32-byte private key and a 65-byte SEC 1 point."""
    if not p256.is_public_key(public_key):
        raise AgreementError
    own = ec.derive_private_key(int.from_bytes(private_key, "big"), ec.SECP256R1())
    return own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key))


def code_key(secret: bytes, purpose: Purpose, suite: str, scale: bytes, platform: bytes) -> bytes:
    """The 32-byte key of codes of an OCRA `suite`, from what the two keys agree on (`steelyard.cddl`, code-key-info).

    `scale` is the scale's agreement key and `platform` the platform's unlock key, 65-byte SEC 1 points.
    """
    info = cbor.encode([purpose.value, suite, identity.thumbprint(scale), identity.thumbprint(platform)])
    return HKDF(hashes.SHA256(), KEY_BYTES, None, info).derive(secret)
