"""The keys of unlock codes and check codes, and the digits that people carry between scale and platform.

Both sides derive a key from the scale's agreement key and the platform's unlock key (`steelyard.cddl`, code-key-info).
"""

import hashlib

from micropython import const

from agent.errors import CaseError
from agent.orders import keyset
from agent.steps import finish
from agent.wire import agreement, cbor, identity, ocra

UNLOCK = ("steelyard/1 unlock", "OCRA-1:HOTP-SHA256-8:QN08")
CHECK = ("steelyard/1 check", "OCRA-1:HOTP-SHA256-8:QN08-S064")
DIGITS = const(8)

_KEY_NUMBERS = const(10000)


class CodeRefused(CaseError):
    """There can be no code as asked."""

    code = "code-refused"


def unlock_key(scale):
    """Return (kid, 65-byte point) of the platform's unlock key: of several the one whose kid is lowest."""
    points = scale.trust.keys.with_role(keyset.UNLOCK)
    if not points or not scale.chain.enrolled:
        raise CodeRefused(
            "no-unlock-key", "this scale knows no unlock key: enrol it, or take the platform's new answer"
        )
    kid = min(points)
    return kid, points[kid]


async def response(scale, use, question, session=None):
    """Return the 8 digits that answer `question`, text of 8 digits; `use` is UNLOCK or CHECK."""
    purpose, suite = use
    _, point = unlock_key(scale)
    secret = await finish(scale.keystore.agree_steps(point))
    own = scale.keystore.agreement_public_key
    info = cbor.encode((purpose, suite, identity.thumbprint(own), identity.thumbprint(point)))
    return ocra.response(suite, agreement.derive(secret, info), question, session=session)


async def check_answer(scale, question):
    """Return the answer to a question of the platform's page about software and parameters. Raises CodeRefused."""
    if len(question) != DIGITS or not question.isdigit():
        raise CodeRefused("question", "a question has %d digits, not '%s'" % (DIGITS, question[:20]))
    parameters = hashlib.sha256(cbor.encode(scale.parameters.map)).digest()
    return await response(scale, CHECK, question, scale.software[2] + parameters)


def key_number(kid):
    """Return the number, of four digits, by which people tell the platform's unlock keys apart."""
    return int.from_bytes(kid[:2], "big") % _KEY_NUMBERS


def check_digit(digits):
    """Return the check digit of a text of digits (ISO/IEC 7064, MOD 11,10)."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (11 - product) % 10
