"""Orders of the platform: one envelope, six kinds, and every value in its range, or none at all."""

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


U32 = range(2**32)
KEYS = [[POINT, 1]]
PERMIT = [int(OrderKind.PERMIT), b"s" * 10, 2, 7, 1, 5, 6, 0, 0, None, [40]]
RANGES: list[tuple[list[Any], int, range]] = [
    (RECEIPT, 2, range(1, 2**32)),
    (RECEIPT, 4, U32),
    (PERMIT, 2, range(1, 5)),
    *((PERMIT, at, U32) for at in range(3, 7)),
    *((PERMIT, at, range(2**16)) for at in (7, 8)),
    (PERMIT, 9, range(1, 2**32)),
    ([int(OrderKind.KEY_SET), 1, KEYS], 1, range(1, 2**32)),
]


@pytest.mark.parametrize(("payload", "at", "allowed"), RANGES)
def test_a_number_is_taken_up_to_both_ends_of_its_range(payload: list[Any], at: int, allowed: range) -> None:
    def order(value: int) -> bytes:
        return signed([*payload[:at], value, *payload[at + 1 :]])

    for value in (allowed[0], allowed[-1]):
        assert downlink.open_order(order(value), POINT).payload()[at] == value
    for value in (allowed[0] - 1, allowed[-1] + 1):
        with pytest.raises(DownlinkError, match="out of its range"):
            downlink.open_order(order(value), POINT)


def test_lists_of_an_order_are_taken_up_to_their_bounds() -> None:
    for fields in ([], [1, 63]):
        assert downlink.open_order(signed([*PERMIT[:-1], fields]), POINT).payload()[-1] == fields
    for keys in (KEYS, [[POINT, 15]], KEYS * 8):
        assert downlink.open_order(signed([3, 1, keys]), POINT).payload()[-1] == keys
    wrong_keys = ([], KEYS * 9, [[POINT, 0]], [[POINT, 16]], [[POINT[:-1], 1]], [[POINT, 1, 1]])
    for payload in (*([*PERMIT[:-1], [wrong]] for wrong in (0, 64)), *([3, 1, wrong] for wrong in wrong_keys)):
        with pytest.raises(DownlinkError, match="out of its range"):
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
