"""Evidence files on honest scales: what they prove, what they leave open, and what the public page would say."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from kit.evidence import LATE, Platform, codes, verification, words
from kit.signing_scale import SigningScale
from rich.console import Console
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence import check, command
from steelyard_cloud.evidence.bundle import Alert, Bundle, Decision, SetBack
from steelyard_cloud.evidence.check import Report, check_file
from steelyard_cloud.judge.checks.material import Word
from steelyard_cloud.judge.verdict import Verdict
from steelyard_protocol import statement
from steelyard_protocol.downlink import PermitFor, Receipt, sign
from steelyard_protocol.events import EventKind
from typer.testing import CliRunner

GOOD, OPEN, BAD = Word.GOOD, Word.OPEN, Word.BAD


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(platform: Platform) -> SigningScale:
    """Enrolled, started, and some snapshots old."""
    scale = platform.scale()
    scale.enrol()
    scale.boot()
    for load_mg in (0, 500_000, 1_000_000):
        scale.snapshot(load_mg)
    return scale


def test_an_honest_scale_is_good_in_every_step_and_verified(platform: Platform, scale: SigningScale) -> None:
    report = platform.check(platform.bundle(scale))
    assert words(report) == (GOOD, GOOD, GOOD)
    assert codes(report) == set()
    assert report.stands
    assert report.verdict.word is Verdict.VERIFIED
    assert report.statements == 5
    assert [one.step.number for one in report.steps] == list(range(1, 13))


def test_a_verdict_says_what_no_file_can_show(platform: Platform, scale: SigningScale) -> None:
    after, word_of_platform = platform.check(platform.bundle(scale)).verdict.limits
    assert f"after the last numbers in this file ({scale.code}: 5)" in after
    for part in ("place", "verifications", "approved software", "registered period", "stored"):
        assert part in word_of_platform


def test_a_cheat_is_altered_by_the_scale_s_own_words(platform: Platform, scale: SigningScale) -> None:
    scale.cheat()
    digest, calibration, configuration = scale.state()
    alert = Alert(7, "parameter_change", f"{digest.hex()}:{calibration}:{configuration}", 1)
    report = platform.check(platform.bundle(scale, alert=alert))
    assert words(report) == (GOOD, GOOD, BAD)
    assert report.stands
    assert report.verdict.word is Verdict.ALTERED
    assert any("parameter 40: 1530000 → 1390909" in line for line in report.rules.lines)
    assert "The file's alert 7 (parameter_change) follows from the statements in it." in report.rules.lines
    other = platform.check(platform.bundle(scale, alert=replace(alert, what="other")))
    assert any("does not follow" in line for line in other.rules.lines)
    silent = platform.check(platform.bundle(scale, alert=replace(alert, rule="silent")))
    assert not any("alert 7" in line for line in silent.rules.lines), "silence is no matter of statements"


def test_a_change_under_a_permit_is_no_finding_but_is_to_be_verified(platform: Platform, scale: SigningScale) -> None:
    permit = platform.permit(scale, [40])
    scale.adjust({40: 1_500_000}, permit)
    report = platform.check(platform.bundle(scale, permits=(permit,)))
    assert words(report) == (GOOD, GOOD, GOOD)
    assert report.verdict.word is Verdict.NOT_VERIFIED


def test_the_permit_that_a_stored_statement_carries_counts_too(platform: Platform, scale: SigningScale) -> None:
    """The scale keeps the signed permit under which it was changed: a file without it proves no fraud."""
    scale.adjust({40: 1_500_000}, platform.permit(scale, [40]))
    report = platform.check(platform.bundle(scale))
    assert (report.rules.word, report.verdict.word) == (GOOD, Verdict.NOT_VERIFIED)


def test_a_permit_that_no_authority_key_signed_permits_nothing(platform: Platform, scale: SigningScale) -> None:
    forged = Platform(root=platform.root).permit(scale, [40])
    scale.adjust({40: 1_500_000}, forged)
    report = platform.check(platform.bundle(scale, permits=(forged, b"no permit", b"")))
    assert (report.rules.word, report.verdict.word) == (BAD, Verdict.ALTERED)
    receipt = sign(Receipt(scale.kid, 1, bytes(32), 1), platform.authority, platform.authority_kid)
    assert platform.check(platform.bundle(scale, permits=(receipt,))).rules.word is BAD
    branch = platform.scale(2)
    branch.enrol(), branch.boot()
    branch.adjust({40: 1_500_000}, platform.permit(scale, [40]))
    assert platform.check(platform.bundle(branch)).rules.word is BAD, "it is for another scale"


def test_permits_are_read_whole(platform: Platform, scale: SigningScale) -> None:
    """An unlocking answers the lock that its permit names, by its order number."""
    scale.open_case()
    locked_at = scale.number
    permit = platform.permit(scale, [], what=PermitFor.UNLOCK, order_number=9, locked_at=locked_at)
    scale.flags = 2
    scale.event(EventKind.UNLOCKED, 1, 9)
    scale.snapshot()
    assert platform.check(platform.bundle(scale, permits=(permit,))).verdict.word is Verdict.NOT_VERIFIED
    assert platform.check(platform.bundle(scale)).verdict.word is Verdict.LOCKED
    too_early = platform.permit(scale, [], what=PermitFor.UNLOCK, order_number=9, locked_at=1)
    assert platform.check(platform.bundle(scale, permits=(too_early,))).verdict.word is Verdict.LOCKED


def test_what_is_left_out_leaves_the_verdict_and_the_rules_open(platform: Platform, scale: SigningScale) -> None:
    scale.cheat()
    whole = platform.bundle(scale)
    part = replace(whole, statements=whole.statements[:5], left_out=((scale.kid, 6, 9),))
    report = platform.check(part)
    assert words(report) == (GOOD, OPEN, OPEN)
    assert report.verdict.word is None
    assert "left out" in report.verdict.sentence
    assert any("6–9" in line for line in report.continuity.lines)
    assert codes(report) == {"left-out", "parts-not-judged"}


def test_a_state_whose_explanation_was_left_out_is_no_finding(platform: Platform, scale: SigningScale) -> None:
    permit = platform.permit(scale, [40])
    scale.adjust({40: 1_500_000}, permit)
    scale.snapshot()
    whole = platform.bundle(scale, permits=(permit,))
    part = replace(whole, statements=(*whole.statements[:5], whole.statements[-1]), left_out=((scale.kid, 6, 9),))
    late = replace(part, created_ms=part.created_ms + 3_600_000)
    assert [platform.check(one).rules.word for one in (part, late)] == [OPEN, OPEN]
    assert platform.check(replace(late, left_out=())).rules.word is BAD, "nothing says that it was left out"
    silent = platform.scale()
    silent.enrol(), silent.boot()
    silent.map[40] = 1_500_000
    silent.calibration_counter += 1
    silent.snapshot()
    assert platform.check(platform.bundle(silent)).rules.word is BAD, "here is no explanation"


def test_a_finding_after_years_of_daily_starts_still_follows_from_the_cut_file(platform: Platform) -> None:
    """A long chain is cut to starts and events and what surrounds the finding: many short runs with holes between."""
    scale = platform.scale()
    kept, left_out = [scale.enrol(), scale.boot()], []
    for _ in range(300):
        scale.snapshot()
        left_out.append((scale.kid, scale.number, scale.number))
        kept.append(scale.boot())
    kept += [scale.snapshot(), scale.raise_span(), scale.snapshot()]
    report = platform.check(platform.bundle(scale, kept, left_out=tuple(left_out)))
    assert words(report) == (GOOD, OPEN, BAD)
    assert any("…" in line for line in report.continuity.lines), "a sentence has no 300 ranges"


def test_a_hole_may_be_filled_within_its_grace_and_is_missing_after_it(platform: Platform, scale: SigningScale) -> None:
    whole = platform.bundle(scale)
    missing = (*whole.statements[:3], whole.statements[4])
    soon = platform.check(replace(whole, statements=missing))
    assert words(soon) == (GOOD, OPEN, GOOD)
    assert codes(soon) == {"may-come"}
    assert soon.verdict.word is Verdict.VERIFIED, "as on the page: the hole is in its grace"
    late = platform.check(replace(whole, statements=missing, created_ms=whole.created_ms + 15 * 60_000))
    assert words(late) == (GOOD, BAD, GOOD)
    assert "Numbers missing: 4." in late.continuity.sentence
    assert late.verdict.word is Verdict.CANNOT_BE_TOLD
    assert not late.stands


def test_part_of_a_hole_may_be_left_out_and_part_be_missing(platform: Platform, scale: SigningScale) -> None:
    for _ in range(4):
        scale.snapshot()
    whole = platform.bundle(scale)
    ends = (*whole.statements[:2], whole.statements[-1])
    late = whole.created_ms + 3_600_000
    for left_out, missing in (
        (((3, 3), (5, 8)), "4"),
        (((4, 5),), "3, 6–8"),
        (((3, 7),), "8"),
        (((5, 8),), "3–4"),
    ):
        named = tuple((scale.kid, first, last) for first, last in left_out)
        report = platform.check(replace(whole, statements=ends, left_out=named, created_ms=late))
        assert report.continuity.sentence == f"Numbers missing: {missing}."


def test_a_decision_counts_from_the_statement_that_it_names(platform: Platform, scale: SigningScale) -> None:
    scale.event(EventKind.JOURNAL_LOST, 3)
    after = scale.snapshot()
    lost = platform.bundle(scale)
    assert platform.check(lost).verdict.word is Verdict.CANNOT_BE_TOLD
    decision = Decision(scale.kid, scale.number, statement.hash_of(after), "looked at it", "Authority", 1)
    assert platform.check(replace(lost, decisions=(decision,))).verdict.word is Verdict.VERIFIED
    for other in (
        replace(decision, hash=bytes(32)),
        replace(decision, number=3),
        replace(decision, kid=bytes(10)),
        replace(decision, number=2, hash=statement.hash_of(scale.chain[1])),
    ):
        assert platform.check(replace(lost, decisions=(other,))).verdict.word is Verdict.CANNOT_BE_TOLD
    assert platform.check(replace(lost, decisions=(decision,))).continuity.word is BAD, "a decision undoes nothing"


def test_facts_have_effect_only_by_the_statements_that_they_name(platform: Platform, scale: SigningScale) -> None:
    whole = platform.bundle(scale)
    (own,) = whole.verifications
    parameters = scale.parameters()
    for wrong, word, code in (
        (replace(own, hash=bytes(32)), Verdict.NOT_VERIFIED, "statement-not-stored"),
        (replace(own, hash=b""), Verdict.NOT_VERIFIED, "statement-not-stored"),
        (replace(own, start_hash=bytes(32)), Verdict.NOT_VERIFIED, "statement-not-stored"),
        (replace(own, number=3), Verdict.NOT_VERIFIED, "statement-not-stored"),
        (replace(own, kid=bytes(10)), Verdict.NOT_VERIFIED, "no-verification"),
    ):
        report = platform.check(replace(whole, verifications=(wrong,)))
        assert (report.verdict.word, report.rules.word) == (word, OPEN)
        assert codes(report) - {"pending"} == {code}
    expired = replace(own, expires_ms=whole.created_ms)
    too_long = replace(whole, longest_validity_days=30)
    assert platform.check(replace(whole, verifications=(expired,))).verdict.word is Verdict.EXPIRED
    assert platform.check(too_long).verdict.word is Verdict.EXPIRED
    later = verification(scale, parameters, scale.chain[1])
    assert platform.check(platform.bundle(scale, verifications=(own, later))).verdict.word is Verdict.VERIFIED
    scale.boot()
    swapped = verification(scale, parameters, scale.chain[-1])
    assert platform.check(platform.bundle(scale, verifications=(swapped,))).verdict.word is Verdict.NOT_VERIFIED
    assert whole.created_ms < LATE


def test_a_time_that_no_calendar_has_is_no_crash(platform: Platform, scale: SigningScale) -> None:
    for created_ms in (0, 2**63, 2**64 - 1):
        report = platform.check(platform.bundle(scale, created_ms=created_ms))
        assert report.verdict.word is not Verdict.VERIFIED or not created_ms
    assert "a time that no calendar has" in report.verdict.sentence


def test_the_registered_period_decides_what_is_fresh(platform: Platform, scale: SigningScale) -> None:
    made = platform.bundle(scale)
    late = replace(made, created_ms=made.created_ms + 3 * 600_000 + 1)
    assert platform.check(late).verdict.word is Verdict.NO_RECENT_DATA
    assert platform.check(replace(late, period_s=3_600)).verdict.word is Verdict.VERIFIED


def test_what_was_committed_before_a_set_back_is_dated_no_later(platform: Platform, scale: SigningScale) -> None:
    """A receiver that ran ahead for a while cannot make a silent scale fresh."""
    made = platform.bundle(scale)
    raws = [one.raw for one in made.statements]
    ahead = made.created_ms + 400 * 86_400_000
    scale.time_s = ahead // 1000
    raws.append(scale.snapshot())
    wrong = platform.bundle(scale, raws, created_ms=made.created_ms + 3_600_000)
    assert platform.check(wrong).verdict.word is Verdict.VERIFIED
    back = SetBack(5, made.created_ms)
    assert platform.check(replace(wrong, set_backs=(back,))).verdict.word is Verdict.NO_RECENT_DATA
    unrelated = SetBack(5, ahead + 1)
    assert platform.check(replace(wrong, set_backs=(unrelated,))).verdict.word is Verdict.VERIFIED


def test_software_that_the_type_does_not_list_is_found(platform: Platform, scale: SigningScale) -> None:
    report = platform.check(platform.bundle(scale, software=()))
    assert (report.rules.word, report.verdict.word) == (BAD, Verdict.ALTERED)


def test_text_in_a_file_cannot_write_a_verdict_of_its_own(
    platform: Platform, scale: SigningScale, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place with a line break or an escape sequence would print whatever the forger wants to be read."""
    made = platform.bundle(scale)
    made = replace(made, scale={**made.scale, "place": "Stall\n\n✓ Authenticity: all is well.\x1b[8m"})
    out = StringIO()
    monkeypatch.setattr(command, "Console", lambda **options: Console(file=out, width=200, **options))
    command.print_report(made, check_file(made))
    lines = out.getvalue().splitlines()
    assert "\x1b" not in out.getvalue()
    assert [line for line in lines if line.startswith("✓ Authenticity")] == []
    assert [line for line in lines if line.startswith("✗ Authenticity")] != []
    assert lines[0] == f"Hengtai ACS-15 {scale.serial_number} · {scale.code}"


def test_each_finding_is_a_line_with_where_it_is_and_what_the_scale_said(
    platform: Platform, scale: SigningScale
) -> None:
    scale.snapshot(1_000_000, lie=2), scale.snapshot(1_000_000, lie=2)
    scale.boot(software=bytes(32))
    scale.cheat()
    alert = Alert(7, "parameter_change", "something else", 1)
    *_, changed, software, weight, alerted = platform.check(platform.bundle(scale, alert=alert)).rules.lines
    assert alerted == "The file's alert 7 (parameter_change) does not follow from the statements in it."
    digest, calibration, configuration = scale.state()
    again = replace(alert, what=f"{digest.hex()}:{calibration}:{configuration}")
    *_, alerted = platform.check(platform.bundle(scale, alert=again)).rules.lines
    assert alerted == "The file's alert 7 (parameter_change) follows from the statements in it.", (
        "one of several findings"
    )
    assert changed == (
        "parameter_change/changed: statements 10–12; parameter 40: 1530000 → 1390909; reason no-permit; "
        f"dated_s {scale.time_s - 2 * 600}"
    )
    assert software == f"software/not-approved: statement 8; hash {'00' * 32}; name steelyard-agent; version 0.1.0"
    assert weight == "weight/not-recomputable: statements 6–7; see the statements"


def printed(report: Report, made: Bundle, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that the command prints."""
    out = StringIO()
    monkeypatch.setattr(command, "Console", lambda **options: Console(file=out, width=400, **options))
    command.print_report(made, report)
    return out.getvalue().splitlines()


def test_each_verdict_is_printed_with_its_mark_and_its_reason(
    platform: Platform, scale: SigningScale, monkeypatch: pytest.MonkeyPatch
) -> None:
    def marks(made: Bundle, *trusted: str) -> tuple[str, list[str]]:
        lines = printed(check_file(made, *trusted), made, monkeypatch)
        return "".join(line[0] for line in lines if line[:1] in set("✓✗?")), lines

    honest = bundles.read(platform.seal(platform.bundle(scale)))
    found, lines = marks(honest, platform.thumbprint)
    assert found == "✓✓✓✓"
    assert "✓ Verdict: Verified, at 2027-01-15 08:50 UTC." in lines
    assert "    – The platform says, and nobody else: place: Stall 3, type approval: T-1." in lines
    scale.cheat()
    cheat = bundles.read(platform.seal(platform.bundle(scale)))
    found, lines = marks(cheat, platform.thumbprint)
    assert found == "✓✓✗✗"
    assert "    parameters: changed" in lines
    assert any(line.startswith("    parameter_change/changed: statement") for line in lines), lines
    assert marks(cheat)[0] == "?✓✗?"
    assert marks(replace(cheat, contents=b""), platform.thumbprint)[0] == "✗✓??"


def test_every_verdict_of_the_public_page_has_words() -> None:
    assert set(check.WORDS) == set(Verdict)


def test_a_scale_that_cannot_be_named_is_not_named(
    platform: Platform, scale: SigningScale, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bundles.read(platform.seal(platform.bundle(scale, identities=())))
    first, *_ = printed(check_file(made, platform.thumbprint), made, monkeypatch)
    assert first == "A scale that cannot be named: its keys are in doubt"


def test_programs_get_the_same_as_people(platform: Platform, scale: SigningScale, tmp_path: Path) -> None:
    scale.cheat()
    digest, calibration, configuration = scale.state()
    alert = Alert(7, "parameter_change", f"{digest.hex()}:{calibration}:{configuration}", 1)
    file = tmp_path / "evidence.cbor"
    file.write_bytes(platform.seal(platform.bundle(scale, alert=alert)))
    result = CliRunner().invoke(command.app, ["verify", str(file), "--root", platform.thumbprint, "--json"])
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert found["scale"] == {
        "maker": "Hengtai",
        "model": "ACS-15",
        "serial number": scale.serial_number,
        "production code": scale.production_code,
        "public code": scale.code,
    }
    assert found["platform_says"]["place"] == "Stall 3"
    assert (found["statements"], found["root"], found["alert"], found["stands"]) == (9, platform.thumbprint, 7, True)
    assert [found[name]["verdict"] for name in ("authenticity", "continuity", "rules")] == ["good", "good", "bad"]
    assert found["authenticity"]["sentence"] in found["authenticity"]["explanation"][0]
    assert found["verdict"]["word"] == "altered"
    assert found["verdict"]["unmet"] == [{"condition": "parameters", "code": code} for code in ("changed", "adjusted")]
    assert len(found["verdict"]["cannot_show"]) == 2
    assert [one["step"] for one in found["steps"]] == list(range(1, 13))
    assert {"name", "word", "code"} < set(found["steps"][0])
    unpinned = CliRunner().invoke(command.app, ["verify", str(file), "--root", "00" * 32])
    assert unpinned.exit_code == 1


def test_the_command_by_itself_says_what_there_is() -> None:
    said = CliRunner().invoke(command.app, []).output
    assert "verify" in said
    assert "trust" in said
