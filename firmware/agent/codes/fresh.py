"""The fresh code: what the scale signs for whoever looks at its display now.

A telephone reads it as an address and one decimal number; `steelyard.cddl`, fresh-payload, says what is in it.
"""

from micropython import const

from agent.errors import CaseError
from agent.record.chain import NotEnrolled
from agent.steps import finish
from agent.wire import cbor, cose, p256

EXTERNAL = b"steelyard/1 fresh"
NONCE_DIGITS = const(8)

_PATH = "/F/"
_ADDRESS_LETTERS = const(40)
_FLAGS = const(0xFF)
_HASH_BYTES = const(16)


class FreshRefused(CaseError):
    """There can be no fresh code as asked."""

    code = "fresh-refused"


def build_steps(kid, fields, sign_steps):
    """Sign the fields of a fresh-payload in steps; return the code's bytes."""
    payload = cbor.encode(fields)
    signature = yield from sign_steps(cose.sig_structure(cose.profile_header(kid), EXTERNAL, payload))
    return payload + p256.lower(signature)


async def fresh_code(scale, nonce=None):
    """Return a fresh code of this moment; `nonce` is a number of up to 8 digits, 16 bytes, or None.

    Raises NotEnrolled.
    """
    chain, held = scale.chain, scale.parameters
    if not chain.enrolled:
        raise NotEnrolled
    fields = (
        scale.keystore.kid,
        chain.head,
        scale.clock.stamp(),
        chain.flags(held) & _FLAGS,
        scale.weighing.gross,
        scale.software[2][:_HASH_BYTES],
        held.digest,
        held.calibration_counter,
        held.configuration_counter,
        nonce,
    )
    return await finish(build_steps(scale.keystore.kid, fields, scale.keystore.sign_steps))


def segments(address, code):
    """Return the two texts of a QR code: the page's address in capitals, and the code's bytes as a number.

    `address` is the platform's, such as "HTTPS://SCALES.EXAMPLE.ORG"; without one (None) there is the number alone.
    """
    digits = str(int.from_bytes(code, "big"))
    if address is None:
        return (digits,)
    address = address.upper() + _PATH
    if len(address) > _ADDRESS_LETTERS:
        raise FreshRefused("address", "the platform's address has more than %d letters" % (_ADDRESS_LETTERS - 3))
    return address, digits


def nonce_of(text):
    """Return the nonce that somebody keyed in, 8 digits. Raises FreshRefused."""
    if len(text) != NONCE_DIGITS or not text.isdigit():
        raise FreshRefused("nonce", "it is %d digits, not '%s'" % (NONCE_DIGITS, text[:20]))
    return int(text)
