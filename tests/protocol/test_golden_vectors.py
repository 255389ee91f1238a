"""The golden vectors are what their script writes, and four independent readers agree on them."""

import hashlib
import json
import runpy
from pathlib import Path
from typing import Any

import cddl_verifier
import ecdsa
import pytest
from steelyard_protocol import cbor, cose, downlink, enrolment, p256, parameters, questions, statement, weight
from steelyard_protocol.bodies import Snapshot
from steelyard_protocol.events import Event

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "protocol" / "steelyard.cddl"
GOLDEN: dict[str, Any] = json.loads((ROOT / "protocol" / "vectors" / "golden.json").read_text())
SCALE = bytes.fromhex(GOLDEN["keys"]["scale"]["public_key"])
STATEMENTS = GOLDEN["statements"] + GOLDEN["growth"] + GOLDEN["sales"] + GOLDEN["sizes"]
GROWN = {"unknown kind", "longer body", *(made["name"] for made in GOLDEN["growth"])}
ORDER_SIGNERS = {
    **{order["name"]: "online" for order in GOLDEN["orders"]},
    **{"permit": "authority", "key set": "root", "update": "manufacturer"},
}


def _signer(order: dict[str, str]) -> bytes:
    return bytes.fromhex(GOLDEN["keys"][ORDER_SIGNERS[order["name"]]]["public_key"])


def test_the_script_writes_the_committed_file() -> None:
    script = runpy.run_path(str(ROOT / "protocol" / "vectors" / "make.py"))
    assert script["make"]() == GOLDEN


@pytest.mark.parametrize("made", STATEMENTS, ids=lambda made: made["name"])
def test_statement_is_in_profile_and_authentic(made: dict[str, str]) -> None:
    raw = bytes.fromhex(made["raw"])
    parsed = statement.parse(raw)
    assert (parsed.breaches, parsed.unread) == ((), ())
    assert parsed.verifies(SCALE)
    assert not parsed.verifies(bytes.fromhex(GOLDEN["keys"]["online"]["public_key"]))
    assert parsed.hash == hashlib.sha256(raw).digest()
    assert (parsed.body is None) == (made["name"] == "unknown kind")


@pytest.mark.parametrize("made", STATEMENTS + GOLDEN["orders"], ids=lambda made: made["name"])
def test_independent_ecdsa_agrees_with_the_signature(made: dict[str, str]) -> None:
    message = cose.decode_sign1(bytes.fromhex(made["raw"]))
    is_order = made["name"] in ORDER_SIGNERS
    external = downlink.EXTERNAL if is_order else statement.EXTERNAL
    signed = cose.sig_structure(message.protected, message.payload, external)
    key = ecdsa.VerifyingKey.from_string(_signer(made) if is_order else SCALE, curve=ecdsa.NIST256p)
    assert key.verify(message.signature, signed, hashfunc=hashlib.sha256)
    with pytest.raises(ecdsa.BadSignatureError):
        key.verify(message.signature, signed + b"\x00", hashfunc=hashlib.sha256)


@pytest.mark.parametrize("made", STATEMENTS, ids=lambda made: made["name"])
def test_independent_cddl_validator_agrees_on_statements(made: dict[str, str]) -> None:
    def valid(rule: str) -> bool:
        raw = bytes.fromhex(made["raw"])
        return bool(cddl_verifier.validate(SCHEMA, raw, root_type=rule, require_deterministic=True).valid)

    assert valid("statement") == (made["name"] not in GROWN)
    assert valid("later-statement")


@pytest.mark.parametrize(
    ("name", "flags", "head", "body"),
    [
        ("reserved flags", [10, 14, 15], [], []),
        ("longer head", [], [7, b"new", {"new": [1]}], []),
        ("longer payload", [], [[1], "new"], []),
        ("longer body", [], [], ["new element"]),
        ("longer event", [], [], ["new fact", "new element"]),
        ("unknown event", [], [], []),
        ("unknown kind", [], [], []),
        ("snapshot at every bound", [], [], []),
    ],
)
def test_what_grew_is_kept_beside_what_is_known(name: str, flags: list[int], head: list[Any], body: list[Any]) -> None:
    [made] = [made for made in STATEMENTS if made["name"] == name]
    parsed = statement.parse(bytes.fromhex(made["raw"]))
    assert (parsed.unknown_flags, list(parsed.extra_head), list(parsed.extra_body)) == (flags, head, body)
    if "event" in name:
        assert parsed.body in (Event(2, (1_790_000_000,)), Event(1_000, ("kept", 1)))
    elif name != "unknown kind":
        assert isinstance(parsed.body, Snapshot)


@pytest.mark.parametrize(
    ("rule", "encoded"),
    [
        *[("downlink", order["raw"]) for order in GOLDEN["orders"]],
        *[("parameter-map", made["map"]) for made in GOLDEN["parameters"]],
        ("batch", GOLDEN["batch"]),
        ("enrol-answer", GOLDEN["enrol answer"]),
        *[("question", made["raw"]) for made in GOLDEN["questions"]],
        ("piece", GOLDEN["piece"]),
        *[("fresh-payload", made["raw"][:-128]) for made in GOLDEN["fresh"]],
        *[("sale-proof", made["raw"]) for made in GOLDEN["sale proofs"]],
    ],
)
def test_independent_cddl_validator_agrees_on_everything_else(rule: str, encoded: str) -> None:
    assert cddl_verifier.validate(SCHEMA, bytes.fromhex(encoded), root_type=rule, require_deterministic=True).valid


def test_questions_are_read_and_nothing_else_is_one() -> None:
    kinds = [type(questions.read(bytes.fromhex(made["raw"]))) for made in GOLDEN["questions"]]
    assert kinds == [questions.TimeQuestion, questions.FreshAnswer, questions.PieceQuestion]
    others = [made["raw"] for made in STATEMENTS + GOLDEN["orders"] + GOLDEN["refused"]]
    for raw in (*others, GOLDEN["batch"], GOLDEN["enrol answer"], GOLDEN["piece"]):
        assert questions.read(bytes.fromhex(raw)) is None


def test_the_answer_to_an_enrolment_is_signed_as_a_whole_by_the_authority() -> None:
    raw = bytes.fromhex(GOLDEN["enrol answer"])
    authority = bytes.fromhex(GOLDEN["keys"]["authority"]["public_key"])
    assert cose.verify1(raw, authority, enrolment.EXTERNAL)
    assert not cose.verify1(raw, authority, downlink.EXTERNAL), "it is no order"


def test_statements_link_up() -> None:
    link = statement.NO_LINK
    for number, made in enumerate(GOLDEN["statements"] + GOLDEN["growth"] + GOLDEN["sales"], start=1):
        parsed = statement.parse(bytes.fromhex(made["raw"]))
        assert (parsed.number, parsed.link) == (number, link)
        link = statement.link_of(parsed.hash)


@pytest.mark.parametrize("made", GOLDEN["refused"], ids=lambda made: made["name"])
def test_what_departs_from_the_profile_is_named(made: dict[str, str]) -> None:
    raw = bytes.fromhex(made["raw"])
    if made["reason"] == "breach":
        assert statement.parse(raw).breaches
    else:
        with pytest.raises(statement.StatementError) as refusal:
            statement.parse(raw)
        assert refusal.value.code == made["reason"]


def test_batch_gives_back_its_statements() -> None:
    members = statement.decode_message(bytes.fromhex(GOLDEN["batch"]))
    assert [member.hex() for member in members] == [made["raw"] for made in GOLDEN["statements"][:5]]
    single = bytes.fromhex(GOLDEN["statements"][0]["raw"])
    assert statement.decode_message(single) == [single]


@pytest.mark.parametrize("order", GOLDEN["orders"], ids=lambda order: order["name"])
def test_orders_open_only_with_the_key_that_signed_them(order: dict[str, str]) -> None:
    raw = bytes.fromhex(order["raw"])
    opened = downlink.open_order(raw, _signer(order))
    assert cbor.encode(opened.payload()) == cose.decode_sign1(raw).payload
    with pytest.raises(downlink.DownlinkError):
        downlink.open_order(raw, SCALE)


def test_a_statement_never_passes_for_an_order() -> None:
    with pytest.raises(downlink.DownlinkError):
        downlink.open_order(bytes.fromhex(GOLDEN["statements"][2]["raw"]), SCALE)


@pytest.mark.parametrize("case", GOLDEN["weights"])
def test_weights_are_recomputed(case: dict[str, Any]) -> None:
    map_ = parameters.validate(cbor.decode(bytes.fromhex(case["parameters"])))
    gross = weight.gross_intervals(map_, case["filtered_counts"], case["zero_counts"], case["temperature_cdeg"])
    assert gross == case["gross_intervals"]


def test_sizes_keep_to_the_measures() -> None:
    sizes = {made["name"]: len(made["raw"]) // 2 for made in GOLDEN["sizes"]}
    assert sizes["snapshot mid-life"] <= 190
    assert sizes["snapshot at every bound"] <= 212


@pytest.mark.parametrize("made", GOLDEN["parameters"], ids=["one point", "three points", "two ranges", "three ranges"])
def test_parameter_digest(made: dict[str, str]) -> None:
    assert hashlib.sha256(bytes.fromhex(made["map"])).hexdigest()[:32] == made["digest"]
    assert p256.is_public_key(SCALE)
