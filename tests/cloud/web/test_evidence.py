"""Evidence files: three verdicts offline, and every way to damage or forge one is named."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.world import World
from sqlalchemy import insert
from steelyard_cloud import keys
from steelyard_cloud.db.schema import set_backs
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence import choose
from steelyard_cloud.evidence.bundle import Bundle, EvidenceError, StoredStatement
from steelyard_cloud.evidence.check import Report, check_file
from steelyard_cloud.evidence.opinion import Word
from steelyard_cloud.judge.summary_parts import Edge, Interval
from steelyard_cloud.judge.verdict import Verdict
from steelyard_cloud.people.roles import Role
from steelyard_protocol import cbor, identity, p256, statement
from steelyard_protocol.enrolment import from_base64url
from steelyard_protocol.statement import hash_of


class Case:
    """An altered scale, its evidence as downloaded, and the platform's keys to forge with."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scale = world.in_use("HT26-40118", "龙翔桥市场 B-03")
        reports = [self.scale.snapshot(100_000 * n) for n in range(8)]
        world.send(self.scale, [*reports, *self.scale.cheat(), self.scale.snapshot(1_000_000)])
        world.until(lambda: len(world.alerts()) == 1, "the alert")
        self.file = self.download()
        self.bundle = bundles.read(self.file)
        self.root = identity.thumbprint(keys.read_root_public(world.settings.keys)).hex()

    def download(self, alert: int = 1) -> bytes:
        answer = self.world.client(Role.REGULATOR).get(f"/api/v1/alerts/{alert}/evidence")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/cbor"
        assert f'filename="steelyard-{self.scale.code}-alert-{alert}.cbor"' in answer.headers["content-disposition"]
        return answer.content

    def sealed(self, changed: Bundle) -> Bundle:
        """The bundle as the platform itself would have sealed it."""
        authority = keys.read_authority(self.world.settings.keys)
        return bundles.read(bundles.write(changed, authority.private_key, authority.kid))

    def judge(self, changed: Bundle) -> Report:
        return check_file(self.sealed(changed), self.root)


@pytest.fixture
def case(world: World) -> Case:
    return Case(world)


def words(report: Report) -> tuple[Word, Word, Word]:
    return report.authenticity.word, report.continuity.word, report.rules.word


def test_a_downloaded_file_proves_the_change_by_the_scale_s_own_words(case: Case) -> None:
    assert [one.raw for one in case.bundle.statements] == case.scale.chain
    report = check_file(case.bundle, case.root)
    assert words(report) == (Word.GOOD, Word.GOOD, Word.BAD)
    assert report.stands
    lines = " ".join(report.rules.lines)
    assert "parameter 40: 1530000 → 1390909" in lines
    assert "alert 1 (parameter_change) follows from the statements in it" in lines
    assert "6 good: The scale's own boot statements name the same root." in report.authenticity.lines


def test_the_three_verdicts_are_independent(case: Case) -> None:
    whole = case.bundle
    late = whole.created_ms + 3_600_000
    hole = replace(whole, statements=whole.statements[:4] + whole.statements[5:], created_ms=late)
    assert words(case.judge(hole)) == (Word.GOOD, Word.BAD, Word.BAD)
    before = replace(whole, statements=whole.statements[:10], alert=None)
    assert words(case.judge(before)) == (Word.GOOD, Word.GOOD, Word.GOOD)
    unverified = replace(before, verifications=())
    assert words(case.judge(unverified)) == (Word.GOOD, Word.GOOD, Word.OPEN)
    altered = bytearray(whole.statements[5].raw)
    altered[40] ^= 1
    forged = replace(
        hole, statements=(*whole.statements[:5], StoredStatement(bytes(altered), 1), *whole.statements[6:])
    )
    authenticity, continuity, _ = words(case.judge(forged))
    assert (authenticity, continuity) == (Word.BAD, Word.BAD)


def test_what_is_left_out_on_purpose_is_not_called_missing(case: Case) -> None:
    whole = case.bundle
    short = replace(whole, statements=whole.statements[:3] + whole.statements[6:], left_out=((case.scale.kid, 4, 6),))
    report = case.judge(short)
    assert report.continuity.word is Word.OPEN
    assert any("left out of this file: 4–6" in line for line in report.continuity.lines)


def test_a_long_chain_is_cut_around_the_finding(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "BEFORE", 1)
    monkeypatch.setattr(choose, "AFTER", 1)
    monkeypatch.setattr(choose, "WHOLE_CHAIN", case.scale.number)
    assert bundles.read(case.download()).left_out == ()
    monkeypatch.setattr(choose, "WHOLE_CHAIN", case.scale.number - 1)
    cut = bundles.read(case.download())
    assert len(cut.statements) < len(case.bundle.statements)
    assert cut.left_out == ((case.scale.kid, 3, 10), (case.scale.kid, 15, 15))
    report = check_file(cut, case.root)
    assert words(report) == (Word.GOOD, Word.OPEN, Word.BAD)


def test_a_cut_chain_keeps_what_vouches_for_a_bad_signature(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    world, scale = case.world, case.scale
    bad = scale.boot()
    bad = bad[:-1] + bytes([bad[-1] ^ 1])
    scale.head_hash, scale.chain[-1] = hash_of(bad), bad
    world.send(scale, [bad, *(scale.snapshot() for _ in range(6))])
    monkeypatch.setattr(choose, "WHOLE_CHAIN", 8)
    monkeypatch.setattr(choose, "BEFORE", 1)
    monkeypatch.setattr(choose, "AFTER", 1)
    report = check_file(bundles.read(case.download()), case.root)
    assert report.authenticity.word is Word.GOOD, report.authenticity.lines


def test_a_range_can_be_asked_for_and_brings_what_the_verification_names(case: Case) -> None:
    regulator = case.world.client(Role.REGULATOR)
    url = "/api/v1/alerts/1/evidence"
    answer = regulator.get(url, params={"first": 5, "last": 7})
    assert "alert-1-5-7.cbor" in answer.headers["content-disposition"]
    part = bundles.read(answer.content)
    assert [statement.parse(one.raw).number for one in part.statements] == [2, 5, 6, 7]
    assert part.left_out == ((case.scale.kid, 1, 1), (case.scale.kid, 3, 4), (case.scale.kid, 8, case.scale.number))
    assert words(check_file(part, case.root)) == (Word.GOOD, Word.OPEN, Word.OPEN)
    assert regulator.get(url, params={"first": 1, "last": choose.MOST_NUMBERS}).status_code == 200
    for first, last in ((5, None), (None, 5), (7, 5), (1, choose.MOST_NUMBERS + 1), (0, 5), (1, 2**40)):
        asked = {name: value for name, value in (("first", first), ("last", last)) if value is not None}
        assert regulator.get(url, params=asked).status_code == 422, asked


def test_a_range_brings_the_start_that_it_belongs_to_and_no_other(case: Case) -> None:
    scale, head = case.scale, case.scale.number
    case.world.send(scale, [scale.boot(), scale.snapshot(), scale.boot(), scale.snapshot()])
    for first, start in ((head + 1, head + 1), (head + 2, head + 1), (head + 3, head + 3), (head + 4, head + 3)):
        answer = case.world.client(Role.REGULATOR).get(
            "/api/v1/alerts/1/evidence", params={"first": first, "last": first}
        )
        numbers = {statement.parse(one.raw).number for one in bundles.read(answer.content).statements}
        assert numbers == {2, start, first}


def test_a_chain_that_tells_without_end_still_gives_a_file_that_can_be_read(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    scale = case.scale
    case.world.send(scale, [scale.boot() for _ in range(40)])
    for name, value in {"WHOLE_CHAIN": 20, "BEFORE": 1, "AFTER": 1, "OF_A_KIND": 10}.items():
        monkeypatch.setattr(choose, name, value)
    cut = bundles.read(case.download())
    assert len(cut.statements) < 30
    assert words(check_file(cut, case.root)) == (Word.GOOD, Word.OPEN, Word.BAD)
    monkeypatch.setattr(choose, "MOST_STATEMENTS", len(cut.statements))
    assert list(bundles.read(case.download()).statements) == list(cut.statements)
    monkeypatch.setattr(choose, "MOST_STATEMENTS", len(cut.statements) - 1)
    refused = case.world.client(Role.REGULATOR).get("/api/v1/alerts/1/evidence")
    assert (refused.status_code, refused.json()["code"]) == (413, "evidence-too-large")
    assert '"first" and "last"' in refused.json()["detail"]


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)))
def test_what_is_left_out_is_what_is_held_and_not_kept(held: set[int], kept: set[int]) -> None:
    runs: list[tuple[int, int]] = []
    for number in sorted(held):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    edge = Edge(0, b"", b"", 0, 0, 0, 0, 0, 0, False)
    intervals = [Interval(edge._replace(number=first), edge._replace(number=last), 0) for first, last in runs]
    found = list(choose.left_out(intervals, sorted(kept)))
    numbers = [number for first, last in found for number in range(first, last + 1)]
    assert numbers == sorted(held - kept)


def test_a_fork_is_shown_with_both_contents(case: Case) -> None:
    world, scale = case.world, case.scale
    clone = scale.branch()
    world.send(scale, [scale.snapshot(2_000_000)])
    world.send(clone, [clone.snapshot(1_500_000)], held=False)
    world.until(lambda: any(alert["rule"] == "continuity" for alert in world.alerts()), "the fork found")
    alert = next(alert["id"] for alert in world.alerts() if alert["rule"] == "continuity")
    file = bundles.read(case.download(alert))
    assert len(file.statements) == scale.number + 1
    report = check_file(file, case.root)
    assert (report.authenticity.word, report.continuity.word) == (Word.GOOD, Word.BAD)
    assert any("Two different statements carry the same number" in line for line in report.continuity.lines)


def test_page_and_file_say_the_same(case: Case) -> None:
    """The three verdicts are the same steps, and the public word is that of the public page."""
    page = case.world.signed_in(Role.REGULATOR).get(f"/scales/{case.scale.code}").text
    report = check_file(case.bundle, case.root)
    assert report.verdict.word is not None
    shown = case.world.client(Role.REGULATOR).get(f"/api/v1/scales/{case.scale.code}").json()
    assert shown["verdict"] == report.verdict.word.value == "altered"
    for mark in ('"mark good">Authentic', '"mark good">Complete', '"mark bad">Findings'):
        assert mark in page
    assert words(report) == (Word.GOOD, Word.GOOD, Word.BAD)
    case.world.now += 40 * 60_000
    late = check_file(bundles.read(case.download()), case.root)
    assert late.verdict.word is Verdict.ALTERED


def test_the_file_has_every_fact_of_the_registry(case: Case) -> None:
    bundle, scale = case.bundle, case.scale
    (one,) = bundle.verifications
    assert one.hash == one.start_hash == hash_of(scale.chain[1])
    assert one.recorded_ms < one.expires_ms
    assert (bundle.period_s, bundle.longest_validity_days) == (600, 1461)
    assert (bundle.decisions, bundle.permits, bundle.set_backs) == ((), (), ())
    regulator = case.world.client(Role.REGULATOR)
    with case.world.engine.begin() as connection:
        connection.execute(
            insert(set_backs).values(shard=scale.code[0], number=1, from_ms=bundle.created_ms - 1, to_ms=5)
        )
        other = "Z" if scale.code[0] != "Z" else "Y"
        connection.execute(insert(set_backs).values(shard=other, number=1, from_ms=9, to_ms=8))
    decided = regulator.post(
        f"/api/v1/scales/{scale.code}/decisions",
        json={"number": scale.number, "reason": "Looked at it on the spot."},
        headers={"Idempotency-Key": "one"},
    )
    assert decided.status_code == 201, decided.text
    again = bundles.read(case.download())
    (decision,) = again.decisions
    assert (decision.kid, decision.number, decision.hash) == (scale.kid, scale.number, hash_of(scale.chain[-1]))
    assert (decision.reason, decision.authority != "") == ("Looked at it on the spot.", True)
    assert [(back.place, back.latest_ms) for back in again.set_backs] == [(at, 5) for at in range(scale.number)]


def test_a_file_has_the_facts_of_its_own_scale_alone(case: Case) -> None:
    world, own = case.world, case.scale
    other = world.in_use("HT26-40119")
    institution, regulator = world.client(Role.VERIFICATION), world.client(Role.REGULATOR)
    permit = {"fields": ["point_1_mg"], "not_before": world.now // 1000, "not_after": world.now // 1000 + 86_400}
    granted = {}
    for scale in (other, own):
        answer = institution.post(f"/api/v1/scales/{scale.code}/permits", json=permit)
        assert answer.status_code == 201, answer.text
        granted[scale.code] = from_base64url(answer.json()["permit"])
        decision = {"number": scale.number, "reason": f"Looked at {scale.serial_number}."}
        decided = regulator.post(
            f"/api/v1/scales/{scale.code}/decisions", json=decision, headers={"Idempotency-Key": scale.code}
        )
        assert decided.status_code == 201, decided.text
    made = bundles.read(case.download())
    assert made.scale["public code"] == own.code
    assert [one.public_key for one in made.identities] == [own.public_key]
    assert {statement.parse(one.raw).kid for one in made.statements} == {own.kid}
    assert [one.kid for one in made.verifications] == [own.kid]
    assert made.permits == (granted[own.code],)
    assert [one.reason for one in made.decisions] == [f"Looked at {own.serial_number}."]


def test_another_platform_cannot_seal_evidence(case: Case) -> None:
    stranger = p256.make_private_key()
    kid = identity.kid(p256.public_key(stranger))
    by_stranger = bundles.read(bundles.write(case.bundle, stranger, kid))
    assert check_file(by_stranger).authenticity.word is Word.BAD
    online = keys.read_online(case.world.settings.keys)
    by_online = bundles.read(bundles.write(case.bundle, online.private_key, online.kid))
    report = check_file(by_online)
    assert "not from a key with the role authority" in report.authenticity.sentence
    assert check_file(case.bundle, "00" * 32).authenticity.word is Word.BAD
    changed = replace(case.bundle, contents=case.bundle.contents + b"\x00")
    assert "changed after the platform sealed" in check_file(changed).authenticity.sentence
    honest = replace(case.bundle, statements=case.bundle.statements[:10], alert=None)
    unsealed = bundles.read(bundles.write(honest, stranger, kid))
    assert check_file(unsealed).rules.word is Word.OPEN, "facts that nobody vouches for prove nothing"


def test_another_key_beside_the_statements_is_noticed(case: Case) -> None:
    other = p256.public_key(p256.make_private_key())
    (one,) = case.bundle.identities
    wrong_key = replace(case.bundle, identities=(replace(one, public_key=other),))
    assert case.judge(wrong_key).authenticity.word is Word.BAD
    foreign = case.world.scale("elsewhere")
    mixed = replace(case.bundle, statements=(*case.bundle.statements, StoredStatement(foreign.enrol(), 1)))
    report = case.judge(mixed)
    assert report.authenticity.word is Word.BAD
    assert any("identities that are not the scale's" in line for line in report.authenticity.lines)
    assert case.judge(replace(case.bundle, statements=())).authenticity.word is Word.BAD


def test_a_statement_with_a_bad_signature_is_accepted_only_by_the_link_after_it(case: Case) -> None:
    statements = list(case.bundle.statements)
    resigned = bytearray(statements[4].raw)
    resigned[-1] ^= 1
    statements[4] = StoredStatement(bytes(resigned), 1)
    assert case.judge(replace(case.bundle, statements=tuple(statements))).authenticity.word is Word.BAD


BROKEN = {
    "empty": (b"", "empty"),
    "not CBOR": (b"hello, world", "not an evidence file"),
    "another CBOR": (cbor.encode({"a": 1}), "not an evidence file"),
    "another version": (cbor.encode(["steelyard-evidence/9", b"", b""]), "newer"),
    "no contents": (cbor.encode([bundles.NAME, b"", b""]), "damaged"),
    "wrong contents": (cbor.encode([bundles.NAME, cbor.encode([1]), b""]), "damaged"),
    "fields missing": (cbor.encode([bundles.NAME, cbor.encode({"scale": {}}), b""]), "damaged"),
    "not bytes": (cbor.encode([bundles.NAME, "x", "y"]), "damaged"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_gives_a_clear_error(what: str) -> None:
    data, said = BROKEN[what]
    with pytest.raises(EvidenceError, match=said):
        bundles.read(data)


def test_any_damage_is_an_error_or_a_bad_verdict_never_a_crash(case: Case) -> None:
    file = case.file

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(file) - 1), st.integers(1, 255), st.booleans())
    def damage(at: int, flip: int, cut: bool) -> None:
        data = file[:at] if cut else file[:at] + bytes([file[at] ^ flip]) + file[at + 1 :]
        try:
            report = check_file(bundles.read(data), case.root)
        except EvidenceError:
            return
        assert not report.stands

    damage()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_always_an_evidence_error(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        bundles.read(data)


def steelyard(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command."""
    command = Path(sys.executable).with_name("steelyard")
    return subprocess.run([command, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_the_command_verifies_off_line_and_says_what_is_wrong(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "evidence.cbor"
    file.write_bytes(case.file)
    good = steelyard("evidence", "verify", str(file), "--root", case.root)
    assert good.returncode == 0, good.stderr
    for part in ("✓ Authenticity", "✓ Continuity", "✗ Rules", "HT26-40118"):
        assert part in good.stdout
    told = json.loads(steelyard("evidence", "verify", str(file), "--json").stdout)
    assert (told["stands"], told["authenticity"]["verdict"]) == (False, "open"), "no root is trusted"
    assert (told["rules"]["verdict"], told["root"]) == ("bad", case.root)
    file.write_bytes(case.file[:-40])
    cut = steelyard("evidence", "verify", str(file))
    assert cut.returncode == 2
    assert "cut or changed on its way" in cut.stderr
    late = case.bundle.created_ms + 3_600_000
    changed = case.sealed(replace(case.bundle, statements=case.bundle.statements[1:], created_ms=late))
    authority = keys.read_authority(case.world.settings.keys)
    file.write_bytes(bundles.write(changed, authority.private_key, authority.kid))
    hole = steelyard("evidence", "verify", str(file), "--root", case.root)
    assert hole.returncode == 1
    assert "Numbers missing: 1." in hole.stdout
    for arguments in ((str(tmp_path / "none"),), (str(tmp_path),), (str(file), "--root", "zz")):
        assert steelyard("evidence", "verify", *arguments).returncode == 2
