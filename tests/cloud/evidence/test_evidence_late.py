"""An evidence file says what came after a verification or decision that names a higher number."""

import pytest
from kit.evidence import Platform as FilePlatform
from kit.evidence import verification
from steelyard_cloud.evidence.bundle import Decision as FileDecision
from steelyard_cloud.evidence.bundle import StoredStatement
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol import statement
from steelyard_protocol.statement import hash_of

CANNOT_BE_TOLD, VERIFIED = Verdict.CANNOT_BE_TOLD, Verdict.VERIFIED


@pytest.mark.parametrize("fact", ["verification", "decision"])
def test_a_file_says_what_came_after_a_fact(fact: str) -> None:
    platform = FilePlatform()
    scale = platform.scale()
    raws = [scale.enrol(), scale.boot(), scale.snapshot(), scale.snapshot(lie=1), scale.boot(), scale.snapshot()]
    named = verification(scale, raws[4], settled=5)
    decided = FileDecision(scale.kid, 5, hash_of(raws[4]), "settled", "Authority", named.recorded_ms, 5)
    facts = {"verifications": (named,)} if fact == "verification" else {"decisions": (decided,)}
    made = platform.bundle(scale, raws, **facts)
    assert platform.check(made).verdict.word is VERIFIED
    rows = list(made.statements)
    rows[3] = rows[3]._replace(arrival=6)
    late = platform.bundle(scale, raws, statements=tuple(rows), **facts)
    report = platform.check(late)
    assert (report.verdict.word, report.verdict.unmet) == (CANNOT_BE_TOLD, [("consistent", "weight")])
    rows[3] = rows[3]._replace(arrival=5)
    assert platform.check(platform.bundle(scale, raws, statements=tuple(rows), **facts)).verdict.word is VERIFIED
    assert "what came after a verification or decision" in report.verdict.limits[1]


@pytest.mark.parametrize("which", [0, 1])
def test_in_a_file_a_copy_is_as_late_as_the_last_of_them(which: int) -> None:
    """They stand by their hashes, and either may have come first."""
    platform = FilePlatform()
    scale = platform.scale()
    raws = [scale.enrol(), scale.boot()]
    thief = scale.branch()
    raws += [*sorted((scale.snapshot(), thief.snapshot(1_000)), key=hash_of), scale.boot(), scale.snapshot()]
    stored = [StoredStatement(raw, statement.parse(raw).time * 1000) for raw in raws]
    facts = {"verifications": (verification(scale, raws[4], settled=6),)}
    assert platform.check(platform.bundle(scale, raws, **facts)).verdict.unmet == []
    stored[2 + which] = stored[2 + which]._replace(arrival=7)
    made = platform.bundle(scale, raws, statements=tuple(stored), **facts)
    assert ("chain", "fork") in platform.check(made).verdict.unmet
