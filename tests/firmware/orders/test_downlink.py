"""The scale judges what comes down: only what is genuine, for it, from a key with the role, and new is acted on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kit.micropython import MicroPython
from kit.platform_side import Key, Platform
from kit.scale_process import ScaleProcess, scale_process
from steelyard_protocol import cbor, cose, downlink, enrolment, identity, statement
from steelyard_protocol.enrolment import from_base64url, to_base64url

MALFORMED, TOO_LARGE, KEY_UNKNOWN, ROLE, SIGNATURE = 1, 2, 3, 4, 5
OTHER_IDENTITY, KIND_UNKNOWN, FOREIGN_HASH, PERMIT_REFUSED, KEY_SET_NOT_NEWER = 6, 7, 8, 9, 10
RECEIPT, PERMIT, KEY_SET = 1, 2, 3


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(micropython: MicroPython, tmp_path: Path, platform: Platform) -> Iterator[ScaleProcess]:
    """An enrolled scale with three statements that has taken the platform's answer; its network is unplugged."""
    with scale_process(micropython, tmp_path, platform) as scale:
        scale.call("unplug")
        scale.enrolment = scale.enrol()
        scale.call("append", 2)
        assert scale.call("accept", platform.answer(scale.enrolment, 1)) is None
        yield scale


def permit(scale: ScaleProcess, **other: object) -> downlink.Permit:
    kid = statement.parse(scale.enrolment).kid
    fields = {"identity": kid, "what": 2, "order_number": 7, "by": 1, "not_before": 0, "not_after": 2_000_000_000}
    counters = {"calibration_counter": 0, "configuration_counter": 0}
    return downlink.Permit(**{**fields, **counters, **other})


def assert_nothing_changed(scale: ScaleProcess) -> None:
    status = scale.status
    assert (status["receipted"], status["trimmed"], status["keys"], status["permits"]) == (0, 0, 1, [])


def test_receipt_is_taken(scale: ScaleProcess, platform: Platform) -> None:
    assert scale.offer(platform.receipt(scale.enrolment)) == []
    assert scale.status["receipted"] == 1


def test_repeated_receipt_does_nothing_and_is_no_refusal(scale: ScaleProcess, platform: Platform) -> None:
    receipt = platform.receipt(scale.enrolment)
    scale.offer(receipt)
    assert scale.offer(receipt, receipt) == []
    status = scale.status
    assert (status["receipted"], status["repeated"]) == (1, 2)


def resigned(raw: bytes, key: Key, **header: object) -> bytes:
    """The payload of a message, signed by another key or under another header."""
    payload = cose.decode_sign1(raw).payload
    kid = identity.kid(key.point)
    external = header.pop("external", downlink.EXTERNAL)
    protected = {1: -9, 4: kid, **{int(name[1:]): value for name, value in header.items()}}
    return cose.encode_sign1(protected, payload, key.private, external)


def test_forged_receipts_change_nothing(scale: ScaleProcess, platform: Platform) -> None:
    genuine = platform.receipt(scale.enrolment)
    broken = bytearray(genuine)
    broken[-1] ^= 1
    stranger = Key()
    claiming = resigned(genuine, stranger, _4=identity.kid(platform.online.point))
    cases = [
        (bytes(broken), [SIGNATURE, RECEIPT]),
        (claiming, [SIGNATURE, RECEIPT]),
        (resigned(genuine, platform.online, external=b"steelyard/1 up"), [SIGNATURE, RECEIPT]),
        (resigned(genuine, stranger), [KEY_UNKNOWN, RECEIPT]),
        (resigned(genuine, platform.authority), [ROLE, RECEIPT]),
        (resigned(genuine, platform.root), [KEY_UNKNOWN, RECEIPT]),
        (platform.receipt(scale.enrolment, identity=bytes(10)), [OTHER_IDENTITY, RECEIPT]),
        (platform.receipt(scale.enrolment, hash=bytes(32)), [FOREIGN_HASH, RECEIPT]),
        (platform.receipt(scale.enrolment, number=2), [FOREIGN_HASH, RECEIPT]),
        (resigned(genuine, platform.online, _1=-7), [MALFORMED, RECEIPT]),
        (resigned(genuine, platform.online, _3=1), [MALFORMED, RECEIPT]),
        (None, [TOO_LARGE, 0]),
        (b"", [MALFORMED, 0]),
        (genuine[:-1], [MALFORMED, 0]),
        (genuine + b"\0", [MALFORMED, 0]),
        (genuine[1:], [MALFORMED, RECEIPT]),
    ]
    for number, (message, refusal) in enumerate(cases, 1):
        refused = scale.offer(message)
        assert refused[-1] == refusal, (number, message)
        assert len(refused) == number
    assert_nothing_changed(scale)
    scale.offer(genuine)
    assert scale.status["receipted"] == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_but_the_platforms_change_anything(
    scale: ScaleProcess, platform: Platform, data: st.DataObject
) -> None:
    genuine = platform.authority.sign(permit(scale))
    start = data.draw(st.integers(0, len(genuine)))
    end = data.draw(st.integers(start, min(len(genuine), start + 4)))
    message = genuine[:start] + data.draw(st.binary(max_size=4)) + genuine[end:]
    assume(message != genuine)
    messages = (message, data.draw(st.binary(max_size=200)))
    pieces = sum(one.startswith(PIECE) for one in messages)  # nobody has signed them: passed over, not refused
    before = len(scale.status["refused"])
    assert len(scale.offer(*messages)) == before + 2 - pieces
    assert_nothing_changed(scale)


@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        ([1], [MALFORMED, 1]),
        ([1, bytes(10), 1, bytes(31), 0], [MALFORMED, 1]),
        ([1, bytes(10), 0, bytes(32), 0], [MALFORMED, 1]),
        ([1, bytes(10), -1, bytes(32), 0], [MALFORMED, 1]),
        ([1, bytes(10), 1 << 32, bytes(32), 0], [MALFORMED, 1]),
        ([1, bytes(10), "1", bytes(32), 0], [MALFORMED, 1]),
        ([1, bytes(10), 1, bytes(32), 0, 0], [MALFORMED, 1]),
        ([2, bytes(10)], [MALFORMED, 2]),
        ([3, 2], [MALFORMED, 3]),
        ([4, bytes(10)], [MALFORMED, 4]),
        ([7, bytes(10)], [KIND_UNKNOWN, 7]),
        ([0], [KIND_UNKNOWN, 0]),
        ([-1], [KIND_UNKNOWN, 0]),
        ([1 << 60], [KIND_UNKNOWN, 0]),
        ([None], [MALFORMED, 0]),
        ([], [MALFORMED, 0]),
        ({1: 2}, [MALFORMED, 0]),
        ("receipt", [MALFORMED, 0]),
    ],
)
def test_order_that_breaks_the_definition_is_refused(
    scale: ScaleProcess, platform: Platform, order: object, refusal: list[int]
) -> None:
    header = {1: -9, 4: identity.kid(platform.online.point)}
    message = cose.encode_sign1(header, cbor.encode(order), platform.online.private, downlink.EXTERNAL)
    assert scale.offer(message) == [refusal]
    assert_nothing_changed(scale)


def test_only_the_newest_of_several_receipts_is_verified(scale: ScaleProcess, platform: Platform) -> None:
    forged = bytearray(platform.receipt(scale.enrolment))
    forged[-1] ^= 1
    newest = from_base64url(scale.call("statement", 3))
    assert scale.offer(bytes(forged), platform.receipt(newest)) == []
    assert scale.status["receipted"] == 3


def test_receipt_beyond_the_head_is_verified_and_makes_the_scale_skip_past(
    scale: ScaleProcess, platform: Platform
) -> None:
    ahead = platform.receipt(scale.enrolment, number=500, hash=bytes(32))
    forged = bytearray(ahead)
    forged[-1] ^= 1
    assert scale.offer(bytes(forged)) == [[SIGNATURE, RECEIPT]]
    assert scale.status["head"] == 3
    assert scale.offer(ahead) == [[SIGNATURE, RECEIPT]]
    status = scale.status
    assert (status["head"], status["receipted"]) == (501, 0), "the event `rolled back` follows the receipt's number"


def test_permit_is_taken_from_the_authority_alone(scale: ScaleProcess, platform: Platform) -> None:
    order = permit(scale)
    assert scale.offer(platform.online.sign(order)) == [[ROLE, PERMIT]]
    assert scale.offer(Key().sign(order))[-1] == [KEY_UNKNOWN, PERMIT]
    assert scale.offer(platform.authority.sign(permit(scale, identity=bytes(10))))[-1] == [OTHER_IDENTITY, PERMIT]
    assert scale.offer(platform.authority.sign(permit(scale, calibration_counter=3)))[-1] == [PERMIT_REFUSED, PERMIT]
    assert_nothing_changed(scale)
    assert len(scale.offer(platform.authority.sign(order))) == 4
    assert scale.status["permits"] == [7]


def test_several_permits_are_judged_one_after_the_other(scale: ScaleProcess, platform: Platform) -> None:
    permits = [platform.authority.sign(permit(scale, order_number=number)) for number in (1, 2, 3)]
    assert scale.offer(*permits) == []
    assert scale.status["permits"] == [1, 2, 3]


def test_permit_brought_by_hand_is_judged_the_same_and_told_why_not(scale: ScaleProcess, platform: Platform) -> None:
    assert "may not sign" in scale.call("present", to_base64url(platform.online.sign(permit(scale))))
    assert scale.call("present", to_base64url(platform.authority.sign(permit(scale)))) is None
    status = scale.status
    assert (status["permits"], status["refused"]) == ([7], [[4, 2]]), "what is refused is an event, too"


def test_newer_key_set_replaces_the_older_at_once(scale: ScaleProcess, platform: Platform) -> None:
    receipt_of_old_key = platform.receipt(scale.enrolment)
    platform.online = Key()
    assert scale.offer(platform.key_set(5)) == []
    assert scale.status["keys"] == 5
    assert scale.offer(receipt_of_old_key) == [[KEY_UNKNOWN, RECEIPT]]
    scale.offer(platform.receipt(scale.enrolment))
    assert scale.status["receipted"] == 1


def test_key_set_that_is_older_or_not_the_roots_is_refused(scale: ScaleProcess, platform: Platform) -> None:
    assert scale.offer(platform.key_set(1)) == [], "the scale's own"
    older = platform.root.sign(downlink.KeySet(1, ((Key().point, 15),)))
    assert scale.offer(older) == [[KEY_SET_NOT_NEWER, KEY_SET]]
    order = downlink.KeySet(9, ((Key().point, 15),))
    assert scale.offer(platform.authority.sign(order))[-1] == [KEY_UNKNOWN, KEY_SET]
    assert scale.offer(platform.root.sign(downlink.KeySet(9, ((b"\4", 1),))))[-1] == [KEY_SET_NOT_NEWER, KEY_SET]
    assert scale.offer(platform.root.sign(downlink.KeySet(9, ())))[-1] == [KEY_SET_NOT_NEWER, KEY_SET]
    assert_nothing_changed(scale)


def test_answer_to_the_enrolment_is_kept_over_a_restart(
    micropython: MicroPython, tmp_path: Path, platform: Platform
) -> None:
    with scale_process(micropython, tmp_path, platform) as scale:
        first = scale.enrol()
        assert scale.enrol() == first
        assert scale.call("accept", platform.answer(first, 1883, password="p")) is None
    with scale_process(micropython, tmp_path, platform) as scale:
        status = scale.status
        assert (status["broker"], status["period_s"], status["keys"]) == (["127.0.0.1", 1883, False, "p"], 600, 1)
        assert scale.enrol() == first


def test_wrong_answers_to_the_enrolment_change_nothing(
    micropython: MicroPython, tmp_path: Path, platform: Platform
) -> None:
    with scale_process(micropython, tmp_path, platform) as scale:
        kid = statement.parse(first := scale.enrol()).kid
        genuine = from_base64url(platform.answer(first, 1883))
        _, key_set, broker, period = cbor.decode(cose.decode_sign1(genuine).payload)
        wrong = [
            ("", "not a signed message"),
            ("A", "cut off"),
            ("**", "not a character of base64url"),
            (genuine[:-1], "malformed"),
            (genuine[:-1] + bytes([genuine[-1] ^ 1]), "authority has not signed it (signature)"),
            (cbor.encode([key_set, broker, period]), "not a signed message"),  # what was taken once: nobody signs it
            ([key_set, broker, period], "not an array of identity"),
            ([bytes(10), key_set, broker, period], "another scale"),
            ([kid, key_set, broker, 0], "period"),
            ([kid, key_set, broker, 86401], "period"),
            ([kid, key_set, ["", *broker[1:]], period], "host"),
            ([kid, key_set, ["h", 65536, False, None], period], "port"),
            ([kid, key_set, ["h", 1, 0, None], period], "TLS"),
            ([kid, key_set, ["h", 1, False, "p" * 65], period], "password"),
            ([kid, "key set", broker, period], "byte string"),
            ([kid, b"", broker, period], "malformed"),
            ([kid, key_set[:-1] + bytes([key_set[-1] ^ 1]), broker, period], "root has not signed"),
            ([kid, Platform().key_set(), broker, period], "root has not signed"),
            ([kid, platform.authority.sign(downlink.KeySet(2, ((Key().point, 1),))), broker, period], "root has not"),
            ([kid, platform.receipt(GOLDEN), broker, period], "another kind"),
            (resigned(genuine, platform.online, external=enrolment.EXTERNAL), "authority has not signed it (key)"),
            (resigned(genuine, Key(), external=enrolment.EXTERNAL), "authority has not signed it (key)"),
            (resigned(genuine, platform.authority), "authority has not signed it (signature)"),  # as an order
        ]
        for answer, what in wrong:
            if isinstance(answer, list):
                answer = signed_answer(platform, answer)
            text = answer if isinstance(answer, str) else to_base64url(answer)
            assert what in scale.call("accept", text), answer
        assert (scale.status["keys"], scale.status["broker"]) == (0, None)
        scale.call("accept", platform.answer(first, 1883, platform.key_set(4)))
        assert "the scale has 4" in scale.call("accept", platform.answer(first, 1883, platform.key_set(3)))
        assert scale.status["keys"] == 4


def signed_answer(platform: Platform, payload: object) -> bytes:
    """Whatever the payload is, signed by the platform's authority as an answer to an enrolment."""
    header = {1: -9, 4: identity.kid(platform.authority.point)}
    return cose.encode_sign1(header, cbor.encode(payload), platform.authority.private, enrolment.EXTERNAL)


PIECE = b"\x84\x06"  # how a piece of an image begins
GOLDEN = statement.build(Key().private, bytes(10), [5, 1, bytes(16), 0, 0, 0, 1, bytes(16), 0, 0, [13, [1]]])
