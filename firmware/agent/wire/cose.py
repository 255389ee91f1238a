"""COSE_Sign1 (RFC 9052 §4.2): the generic message, and on top of it the strict profile of statements and downlinks.

Messages and headers are read as deterministic CBOR only, which is what every sender of the system writes. Signing and
verifying come in steps: generators that yield between pieces of work and return their result.
"""

from agent.errors import AgentError
from agent.wire import cbor, p256

UP = b"steelyard/1 up"
DOWN = b"steelyard/1 down"

ES256 = -7
ESP256 = -9

_ALG = 1
_CRIT = 2
_TAG_SIGN1 = 18
# {1: -9, 4: h'…'} up to the ten bytes of the kid, and the ten bytes' place in it.
_PROFILE_HEADER = b"\xa2\x01\x28\x04\x4a"


class CoseError(AgentError):
    """A message is refused. `reason` is one of malformed, tag, header, algorithm, key, high-s, signature."""

    code = "cose"

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def sig_structure(protected, external, payload):
    """Return the bytes to be signed (RFC 9052 §4.4) for a protected header as carried, external data and payload."""
    if protected == b"\xa0":
        protected = b""  # RFC 9052 §3: both encodings of an empty header are accepted, and signed as the empty string.
    return cbor.encode(("Signature1", protected, external, payload))


def decode_sign1(message):
    """Return (protected bytes, protected map, unprotected map, payload, signature) of a tagged or untagged message.

    CoseError `malformed`, `tag` or `header`; nothing is verified. A detached payload is malformed.
    """
    try:
        item = cbor.decode(message)
        if isinstance(item, cbor.Tag):
            if item.number != _TAG_SIGN1:
                raise CoseError("tag")
            item = item.value
        if not isinstance(item, list) or len(item) != 4:
            raise CoseError("malformed")
        protected_bytes, unprotected, payload, signature = item
        for part in (protected_bytes, payload, signature):
            if not isinstance(part, bytes):
                raise CoseError("malformed")
        protected = cbor.decode(protected_bytes) if protected_bytes else {}
    except cbor.CborError:
        raise CoseError("malformed") from None
    if not isinstance(protected, dict) or not isinstance(unprotected, dict):
        raise CoseError("malformed")
    _check_headers(protected, unprotected)
    return protected_bytes, protected, unprotected, payload, signature


def _check_headers(protected, unprotected):
    """Hold RFC 9052 §3: no label stands in both maps, and nothing is critical, as nothing would be understood."""
    if _CRIT in protected or _CRIT in unprotected:
        raise CoseError("header")
    for label in unprotected:
        if label in protected:
            raise CoseError("header")


def verify1_steps(message, public_key, external=b"", algs=(ES256, ESP256)):
    """Verify a generic COSE_Sign1 in steps; return its payload, or raise CoseError with the reason.

    The algorithm, from the protected or else the unprotected header, must be one of `algs`; `public_key`
    is a 65-byte SEC 1 point on P-256.
    """
    protected_bytes, protected, unprotected, payload, signature = decode_sign1(message)
    if protected.get(_ALG, unprotected.get(_ALG)) not in algs:
        raise CoseError("algorithm")
    signed = sig_structure(protected_bytes, external, payload)
    if not (yield from p256.verify_steps(public_key, signed, signature)):
        raise CoseError("signature")
    return payload


def verify1(message, public_key, external=b"", algs=(ES256, ESP256)):
    """Return whether a generic COSE_Sign1 is genuine: `verify1_steps` driven to its end, False for every CoseError."""
    try:
        for _ in verify1_steps(message, public_key, external, algs):
            pass
    except CoseError:
        return False
    return True


def profile_header(kid):
    """Return the protected header of the profile, {1: -9, 4: kid}, encoded; `kid` has 10 bytes."""
    return _PROFILE_HEADER + kid


def statement_steps(kid, payload, sign_steps, external=UP):
    """Build a message of the profile in steps; return its bytes: tag 18, header {1: -9, 4: kid}, low s.

    `kid` has 10 bytes, `payload` is encoded CBOR, `sign_steps(message)` is a generator that returns the 64-byte
    signature of a key.
    """
    protected = profile_header(kid)
    signature = yield from sign_steps(sig_structure(protected, external, payload))
    return cbor.encode(cbor.Tag(_TAG_SIGN1, (protected, {}, payload, p256.lower(signature))))


def verify_down_steps(message, keys, external=DOWN):
    """Verify a message of the profile in steps; return (kid, payload), or raise CoseError with the reason.

    `keys` maps 10-byte kids to 65-byte SEC 1 points. Tag 18, the header {1: -9, 4: kid} and nothing else, an empty
    unprotected header and low s are demanded; they and the key are checked before any arithmetic.
    """
    protected, _, unprotected, payload, signature = decode_sign1(message)
    if message[0] != 0xC0 | _TAG_SIGN1:
        raise CoseError("tag")
    if len(protected) != len(_PROFILE_HEADER) + 10 or not protected.startswith(_PROFILE_HEADER) or unprotected:
        raise CoseError("header")
    kid = protected[len(_PROFILE_HEADER) :]
    if kid not in keys:
        raise CoseError("key")
    if not p256.is_low(signature):
        raise CoseError("high-s")
    if not (yield from p256.verify_steps(keys[kid], sig_structure(protected, external, payload), signature)):
        raise CoseError("signature")
    return kid, payload
