"""Signatures that one core checks in tasks of 125, from statement to verdict, by processor time: the extension
`steelyard-ifma` against OpenSSL in the same run. Left out, with the reason, where the processor or the extension lacks.
"""

import time
from typing import Any

import pytest
from kit.signing_scale import SigningScale
from steelyard_protocol import statement, verifiers
from steelyard_protocol.verifiers import Signed, Verifier, VerifierUnavailable

STATEMENTS, TASK, ROUNDS = 2_000, 125, 5


def rows() -> list[dict[str, Any]]:
    """One row: verifications a second."""
    try:
        ifma = verifiers.ifma()
    except VerifierUnavailable as error:
        pytest.skip(str(error))
    some = []
    for seed in range(1, STATEMENTS // 4 + 1):
        scale = SigningScale(seed)
        some += [statement.parse(scale.snapshot()).signed_by(scale.public_key) for _ in range(4)]
    pairs = [(rate(ifma, some), rate(verifiers.openssl, some)) for _ in range(ROUNDS)]
    value, reference = (max(rates) for rates in zip(*pairs, strict=True))
    unit = "verifications/s of processor time"
    return [{"name": "verify ifma", "value": value, "unit": unit, "reference": reference, "ratio": value / reference}]


def rate(verify: Verifier, some: list[Signed]) -> float:
    """Verifications a second."""
    start_s = time.process_time()
    for at in range(0, len(some), TASK):
        assert all(verify(some[at : at + TASK]))
    return len(some) / (time.process_time() - start_s)
