"""Evidence files from the pen of somebody who wants to mislead, and honest ones of a scale with a long life."""

from collections.abc import Iterable
from dataclasses import replace
from io import StringIO

import pytest
from kit.signing_scale import SOFTWARE_HASH, SigningScale
from rich.console import Console
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence import command
from steelyard_cloud.evidence.bundle import (
    Alert,
    Bundle,
    EvidenceError,
    Identity,
    Software,
    StoredStatement,
    Verification,
)
from steelyard_cloud.evidence.check import Report, check_file
from steelyard_cloud.evidence.opinion import Word
from steelyard_cloud.judge.summary_parts import BOUNDS
from steelyard_protocol import cbor, cose, identity, p256, statement
from steelyard_protocol.downlink import EXTERNAL, KeySet, Role, sign

ROOT, AUTHORITY = p256.make_private_key(), p256.make_private_key()
COMMITTED_MS = 1_800_000_000_000


def evidence(scale: SigningScale, enrolment: bytes, raws: Iterable[bytes], baseline: int = 2) -> Bundle:
    """What the platform would put into a file on this scale."""
    root = p256.public_key(ROOT)
    keys = KeySet(1, ((p256.public_key(AUTHORITY), int(Role.AUTHORITY)),))
    return Bundle(
        created_ms=COMMITTED_MS + 1,
        scale={"maker": "Maker", "model": "Model", "serial number": scale.serial_number, "public code": scale.code},
        identities=(Identity(scale.public_key, enrolment),),
        statements=tuple(StoredStatement(raw, COMMITTED_MS) for raw in raws),
        verifications=(Verification(scale.kid, baseline, "initial", "2030-01-01", "S-1", "Institute", 1),),
        permits=(),
        software=(Software(SOFTWARE_HASH, "agent", "0.1.0"),),
        root=root,
        key_set=sign(keys, ROOT, identity.kid(root)),
    )


def judged(made: Bundle) -> Report:
    """The report on the bundle, sealed and read again."""
    return check_file(bundles.read(bundles.write(made, AUTHORITY, identity.kid(p256.public_key(AUTHORITY)))))


def test_a_finding_after_a_year_of_daily_starts_still_follows_from_the_cut_file() -> None:
    """A long chain is cut to starts and events and what surrounds the finding: many short runs with holes between."""
    scale = SigningScale()
    enrolment = scale.enrol()
    kept, left_out = [enrolment, scale.boot()], []
    for _ in range(BOUNDS.intervals + 20):
        scale.snapshot()
        left_out.append((scale.kid, scale.number, scale.number))
        kept.append(scale.boot())
    kept += [scale.snapshot(), scale.raise_span(), scale.snapshot()]
    digest, calibration, configuration = scale.state()
    alert = Alert(1, "parameter_change", f"{digest.hex()}:{calibration}:{configuration}", COMMITTED_MS)
    report = judged(replace(evidence(scale, enrolment, kept), left_out=tuple(left_out), alert=alert))
    assert report.authenticity.word is Word.GOOD
    assert report.continuity.word is Word.OPEN
    assert any("follows from the statements in it" in line for line in report.rules.lines), report.rules.lines


def test_a_fork_at_the_verified_statement_is_judged_as_the_platform_judges_it() -> None:
    """Of two contents under the number the one with the lowest content hash is the baseline, here as there."""
    for seed in range(1, 7):
        scale = SigningScale(seed)
        enrolment, thief = scale.enrol(), None
        thief = scale.branch()
        own = scale.boot()
        thief.map[40] -= 1_000
        forked = thief.boot()
        lowest = min((own, forked), key=lambda raw: statement.parse(raw).content_hash)
        report = judged(evidence(scale, enrolment, [enrolment, own, forked, scale.snapshot()]))
        changed = any(line.startswith("parameter_change/") for line in report.rules.lines)
        assert changed == (lowest is forked)


@pytest.mark.parametrize(
    "keys",
    [
        5,
        [5],
        [[b"x"]],
        [[5, 2]],
        [[None, "2"]],
        [[bytes(65), None]],
        [["x" * 65, 2]],
        [[bytes(64), 2]],
        [[bytes(65), 99]],
    ],
)
def test_a_hostile_key_set_is_refused_not_a_crash(keys: object) -> None:
    """Whoever makes a file can sign anything with a root of their own."""
    scale = SigningScale()
    enrolment = scale.enrol()
    root = p256.public_key(ROOT)
    header = {cose.HEADER_ALG: cose.ESP256, cose.HEADER_KID: identity.kid(root)}
    signed = cose.encode_sign1(header, cbor.encode([3, 1, keys]), ROOT, EXTERNAL)
    report = judged(replace(evidence(scale, enrolment, [enrolment, scale.boot()]), key_set=signed))
    assert report.authenticity.word is Word.BAD


@pytest.mark.parametrize(("name", "value"), [("scale", 5), ("scale", [1]), ("permits", 7), ("permits", {"a": b""})])
def test_members_of_another_type_are_damage(name: str, value: object) -> None:
    scale = SigningScale()
    enrolment = scale.enrol()
    contents = cbor.decode(evidence(scale, enrolment, [enrolment]).encode())
    contents[name] = value
    with pytest.raises(EvidenceError, match="damaged"):
        bundles.read(cbor.encode([bundles.NAME, cbor.encode(contents), b""]))


def test_text_in_a_file_cannot_write_a_verdict_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A maker's name with a line break or an escape sequence would print whatever the forger wants to be read."""
    scale = SigningScale()
    enrolment = scale.enrol()
    made = evidence(scale, enrolment, [enrolment, scale.boot()])
    made = replace(made, scale={**made.scale, "maker": "Maker\n\n✓ Authenticity: all is well.\x1b[8m"})
    out = StringIO()
    monkeypatch.setattr(command, "Console", lambda **options: Console(file=out, width=200, **options))
    command.print_report(made, check_file(made))
    lines = out.getvalue().splitlines()
    assert "\x1b" not in out.getvalue()
    assert [line for line in lines if line.startswith("✓ Authenticity")] == []
    assert [line for line in lines if line.startswith("✗ Authenticity")] != []
