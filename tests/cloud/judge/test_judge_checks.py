"""The numbered steps: without its input none is good."""

import pytest
from kit.signing_scale import SigningScale
from steelyard_cloud.judge import checks
from steelyard_cloud.judge.checks.material import Identity, Material, Origin, Signatures, Word
from steelyard_cloud.judge.checks.words import SENTENCES
from steelyard_cloud.judge.facts import Facts, Retired, retired
from steelyard_protocol import identity
from steelyard_protocol.bodies import Kind


def test_a_step_without_its_input_is_open() -> None:
    steps = checks.check(Material(now_ms=0))
    assert {one.word for one in steps} == {Word.OPEN}
    assert [one.step.number for one in steps] == list(range(1, 13))
    assert {one.step.verdict for one in steps} == set(checks.VERDICTS)
    for one in steps:
        assert SENTENCES[one.code].format(**one.values)


def test_facts_need_a_seal_and_somebody_who_answers_for_them() -> None:
    def word(origin: Origin | None, facts: Facts | None) -> Word:
        return checks.rules.facts(Material(now_ms=0, origin=origin, facts=facts)).word

    root = bytes(32)
    assert word(Origin(root=root, trusted=True), Facts()) is Word.GOOD
    assert word(Origin(root=root, trusted=True), None) is Word.OPEN
    assert word(None, Facts()) is Word.OPEN
    assert word(Origin(root=root, trusted=None), Facts()) is Word.OPEN, "nothing names the root"
    assert word(Origin(root=root, trusted=False), Facts()) is Word.OPEN
    assert word(Origin(root=root, trusted=True, problem="changed"), Facts()) is Word.OPEN


def test_statements_that_a_link_alone_vouches_for_prove_nothing() -> None:
    only_linked = Material(now_ms=0, signatures=Signatures(own=0, linked=3))
    assert checks.authenticity.signatures(only_linked).code == "nothing-authentic"


def enrolled(seed: int, before: int | None = None) -> Identity:
    """A key, enrolled as the one after that of another seed."""
    scale = SigningScale(seed)
    keys = [identity.cose_key(scale.public_key), identity.cose_key(scale.agreement_key)]
    predecessor = [SigningScale(before).kid, 5, bytes(32), 0, 0] if before else None
    scale.append(Kind.ENROL, [*keys, 0, "Maker", "Model", "S-1", "P-1", predecessor])
    return Identity(scale.public_key, scale.chain[0])


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ([enrolled(1)], "keys"),
        ([enrolled(3, 2), enrolled(1), enrolled(2, 1)], "keys"),
        ([enrolled(1, 9)], "succession"),
        ([enrolled(1), enrolled(2)], "succession"),
        ([enrolled(1), enrolled(2, 1), enrolled(3, 1)], "succession"),
        ([enrolled(1), enrolled(2, 9)], "succession"),
        ([enrolled(1), enrolled(2, 2)], "succession"),
        ([enrolled(1), enrolled(2, 3), enrolled(3, 2)], "succession"),
    ],
    ids=("one", "three", "dropped", "strangers", "two after one", "another's", "its own", "each other's"),
)
def test_the_keys_of_a_scale_are_one_line(keys: list[Identity], code: str) -> None:
    assert checks.authenticity.keys(Material(now_ms=0, identities=keys)).code == code


def test_a_scale_without_a_first_key_has_no_signed_names() -> None:
    assert checks.authenticity.signed_names(Material(now_ms=0)) == {}
    registry = Material(now_ms=0, names={"maker": "Maker"})
    assert checks.authenticity.names(registry).word is Word.OPEN


def test_the_worst_step_comes_first() -> None:
    material = Material(now_ms=0, origin=Origin(root=bytes(32), trusted=True, problem="changed"))
    words = [one.word for one in checks.of(checks.AUTHENTICITY, checks.check(material))]
    assert words == [Word.BAD, Word.OPEN, Word.OPEN, Word.OPEN, Word.OPEN, Word.GOOD]


def test_a_key_is_retired_where_the_enrolment_of_its_successor_says() -> None:
    bodies = [one.read() for one in (enrolled(1), enrolled(2, 1))]
    assert retired(one for one in bodies if one) == {Retired(SigningScale(1).kid, 5)}
