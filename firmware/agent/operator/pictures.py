"""Codes as pictures for the display. Loaded when a key asks for one; `LOADED` is what to let go of afterwards."""

from agent.codes import fresh
from agent.loaded import CODES
from agent.operator import qr
from agent.steps import finish

LOADED = (
    ("agent.operator", "pictures"),
    ("agent.operator", "qr"),
    ("agent.operator", "qr_mask"),
    ("agent.operator", "qr_matrix"),
) + CODES


async def fresh_picture(scale, nonce=None):
    """Sign a fresh code and return it as (modules a side, bits), see `qr.encode_steps`; leave `qr.QUIET` around it.

    `nonce` is the number that was keyed in, or None. Raises NotEnrolled, FreshRefused, QrError.
    """
    code = await fresh.fresh_code(scale, nonce)
    return await finish(qr.encode_steps(fresh.segments(scale.ledger.address, code)))
