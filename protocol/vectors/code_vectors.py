"""Examples of codes on displays and receipts, for `make.py` beside it: fresh codes, answers, proofs of a sale."""

import hashlib
from collections.abc import Mapping

from steelyard_protocol import agreement, cbor, fresh, ocra, p256, parameters
from steelyard_protocol.agreement import Purpose
from steelyard_protocol.sale_proof import SaleProof
from steelyard_protocol.sales import Sale

SOFTWARE = hashlib.sha256(b"steelyard vector software").digest()
QUESTION = "48151623"


def fresh_codes(private_key: bytes, kid: bytes, time_s: int, map_: Mapping[int, int]) -> list[dict[str, str]]:
    """Without a nonce, with one of each kind, without a clock, and every field at its bound."""
    software, digest = SOFTWARE[:16], parameters.digest(map_)
    usual = [kid, 104_512, time_s, 6, 201, software, digest, 3, 1]
    top = [kid, 0xFFFFFFFF, 0xFFFFFFFF, 255, -0x7FFFFFFF, software, digest, 65_535, 65_535]
    made = {
        "plain": [*usual, None],
        "nonce keyed in": [*usual, 12_345_678],
        "nonce of the platform": [*usual, software],
        "no clock": [*usual[:2], 0, 0, *usual[4:], None],
        "every field at its bound": [*top, bytes(16)],
    }
    raws = {name: fresh.build(private_key, fields) for name, fields in made.items()}
    return [{"name": name, "raw": raw.hex(), "digits": fresh.to_digits(raw)} for name, raw in raws.items()]


def codes(scale_key: bytes, unlock_key: bytes, map_: Mapping[int, int]) -> list[dict[str, str]]:
    """The answer to one question, for either purpose; the session is software hash and parameter hash."""
    scale, platform = p256.public_key(scale_key), p256.public_key(unlock_key)
    session = SOFTWARE + hashlib.sha256(cbor.encode(dict(map_))).digest()
    secret = agreement.agree(scale_key, platform)
    made = []
    for purpose, suite, given in ((Purpose.UNLOCK, ocra.UNLOCK, None), (Purpose.CHECK, ocra.CHECK, session)):
        key = agreement.code_key(secret, purpose, suite, scale, platform)
        answer = ocra.response(suite, key, QUESTION, session=given)
        one = {"purpose": purpose.value, "suite": suite, "secret": secret.hex(), "key": key.hex(), "question": QUESTION}
        made.append(one | {"session": (given or b"").hex(), "answer": answer})
    return made


def sale_proofs(kid: bytes, sale: Sale, cancelled: Sale) -> list[dict[str, str]]:
    """Of a stated sale, of one in a batch, of its cancellation, and with every field at its bound."""
    top, salt = 0xFFFFFFFF, hashlib.sha256(b"salt").digest()[:16]
    bound = Sale(top, top, 2_147_483_647, 2_147_483_647, 2, top, top, 100, top)
    made = {"stated": (sale, None), "in a batch": (sale, salt), "cancelled": (cancelled, salt), "bound": (bound, salt)}
    proofs = {name: SaleProof(kid, *one) for name, one in made.items()}
    return [{"name": name, "text": one.to_text(), "raw": _raw(one)} for name, one in proofs.items()]


def _raw(one: SaleProof) -> str:
    return cbor.encode([one.identity, list(one.sale), one.salt]).hex()
