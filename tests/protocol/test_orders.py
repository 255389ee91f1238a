"""Orders of the platform: one envelope, three kinds, and every value in its range, or none at all."""

from typing import Any

import pytest
from steelyard_protocol import cbor, cose, downlink, p256
from steelyard_protocol.downlink import DownlinkError, OrderKind

KEY = bytes(31) + b"\x05"
POINT = p256.public_key(KEY)
HEADER = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: b"k" * 10}
RECEIPT = [int(OrderKind.RECEIPT), b"s" * 10, 7, b"h" * 32, 1_800_000_000]


def signed(payload: Any, header: dict[int, Any] = HEADER) -> bytes:
    """The payload with a good signature."""
    return cose.encode_sign1(header, cbor.encode(payload), KEY, downlink.EXTERNAL)


def test_a_receipt_says_what_is_committed() -> None:
    assert downlink.open_order(signed(RECEIPT), POINT) == downlink.Receipt(*RECEIPT[1:])


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (7, "is an array"),
        ([], "is an array"),
        ({1: 2}, "is an array"),
        ([9, *RECEIPT[1:]], "order of kind 9 with 4 values is not known"),
        ([True, *RECEIPT[1:]], "order of kind True"),
        (["1", *RECEIPT[1:]], "order of kind '1'"),
        (RECEIPT[:-1], "order of kind 1 with 3 values"),
        ([*RECEIPT, 0], "order of kind 1 with 5 values"),
        ([*RECEIPT[:2], 0, *RECEIPT[3:]], "value 1 is out of its range"),
    ],
    ids=repr,
)
def test_what_is_no_order_is_refused_although_the_key_signed_it(payload: Any, why: str) -> None:
    with pytest.raises(DownlinkError, match=why):
        downlink.open_order(signed(payload), POINT)


def test_an_order_in_another_envelope_is_refused_although_the_signature_fits() -> None:
    protected, _, payload, signature = cbor.decode(signed(RECEIPT)[1:])
    beside = cbor.encode(cbor.Tag(cose.TAG, [protected, {9: 9}, payload, signature]))
    for raw in (signed(RECEIPT)[1:], beside, signed(RECEIPT, {**HEADER, cose.HEADER_ALG: cose.ES256})):
        assert cose.verify1(raw, POINT, downlink.EXTERNAL)
        with pytest.raises(DownlinkError, match="envelope"):
            downlink.open_order(raw, POINT)


@pytest.mark.parametrize(
    "raw", [b"", b"\xd2", b"\x83\x40\xa0\x40", cose.encode_sign1(HEADER, b"\xff", KEY, downlink.EXTERNAL)]
)
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(DownlinkError):
        downlink.open_order(raw, POINT)
