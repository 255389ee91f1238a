"""Chain and rules by example: what an honest scale's statements say, and what each cheat looks like."""

from collections.abc import Iterable

import cbor2
from kit.parameters import MAP
from kit.signing_scale import SOFTWARE_HASH, START_S, SigningScale
from steelyard_cloud.judge import intake, summary_bytes
from steelyard_cloud.judge.chain import GRACE_MS, Outcome, absorb
from steelyard_cloud.judge.facts import (
    NO_FACT,
    Baseline,
    Clock,
    Facts,
    PermitFact,
    Since,
    in_effect,
    newest_that_leaves,
)
from steelyard_cloud.judge.findings import Severity
from steelyard_cloud.judge.judge import Judgement, judge
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import BOUNDS, ParameterState
from steelyard_protocol import p256, sales, statement
from steelyard_protocol.bodies import Kind
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import Flag, hash_of, parse

NOW = 1_800_000_000_000
LATER = NOW + 86_400_000  # when every statement has a date


def summarise(raws: Iterable[bytes], commit_ms: int = NOW) -> Summary:
    raws = list(raws)
    return intake.summarise(parse(raws[0]).kid, [(raw, commit_ms) for raw in raws])


def facts_of(scale: SigningScale, number: int | None = None, permits: Iterable[PermitFact] = ()) -> Facts:
    baselines = frozenset({Baseline(scale.kid, number, ParameterState(*scale.state()))} if number else ())
    return Facts(baselines, frozenset(permits), frozenset({SOFTWARE_HASH}), period_s=scale.period_s)


def judged(summary: Summary, facts: Facts, after_ms: int = 0) -> Judgement:
    return judge([summary], facts, Clock(NOW + after_ms))


def codes(judgement: Judgement) -> set[tuple[str, str]]:
    return {(finding.rule, finding.code) for finding in judgement.findings}


def verified() -> tuple[SigningScale, list[bytes], Facts]:
    """A scale that was enrolled, started and verified at its boot statement."""
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot()]
    return scale, raws, facts_of(scale, 2)


def permit_for(
    scale: SigningScale, hash_: bytes, *, fields: Iterable[int] = (40,), until_s: int = 1 << 32
) -> PermitFact:
    _, calibration, configuration = scale.state()
    return PermitFact(scale.kid, hash_, 2, START_S, until_s, calibration, configuration, frozenset(fields))


def test_honest_scale_is_silent() -> None:
    scale, raws, facts = verified()
    raws += [scale.snapshot(1_000 * load) for load in range(20)]
    raws += [scale.boot(), scale.snapshot()]
    summary = summarise(raws)
    judgement = judged(summary, facts)
    assert judgement.findings == ()
    assert judgement.standing is not None
    assert not judgement.standing.altered
    assert (summary.head, summary.stored) == (24, 24)


def test_what_has_no_number_is_stored_once() -> None:
    scale, raws, _ = verified()
    headless = [statement.build(scale.private_key, scale.kid, [3, 0, at]) for at in range(2)]
    summary = summarise([*raws, *headless, *headless])
    assert (summary.stored, summary.headless_ms, summary.forks.count) == (4, NOW, 0)


def test_the_first_statement_links_to_nothing() -> None:
    scale = SigningScale()
    scale.head_hash = b"\x01" * 32
    summary = summarise([scale.enrol(), scale.boot()])
    assert summary.breaks() == {"link": {1}}


def test_raised_span_is_found_at_the_event_itself() -> None:
    scale, raws, facts = verified()
    raws.append(scale.raise_span())
    judgement = judged(summarise(raws), facts)
    (finding,) = judgement.findings
    assert (finding.rule, finding.code, finding.first_number) == ("parameter_change", "changed", 3)
    assert finding.values["reason"] == "no-permit"
    assert finding.values["changes"] == [[40, 1_530_000, 1_390_909]]
    assert judgement.standing is not None
    assert judgement.standing.altered


def test_a_verification_of_what_is_not_stored_takes_no_finding_back() -> None:
    scale, raws, facts = verified()
    raws.append(scale.raise_span())
    later = Facts(facts.baselines | {Baseline(scale.kid, 99, None)}, frozenset(), facts.approved_software)
    assert codes(judged(summarise(raws), later)) == {("parameter_change", "changed")}


def test_a_fact_that_names_less_than_one_before_it_is_no_newer_one() -> None:
    facts = Since(200, 50), Since(100, 60), Since(200, 70)
    assert in_effect(facts) == (Since(200, 50), Since(200, 70))
    assert newest_that_leaves(in_effect(facts), 150, 65) == Since(200, 50).order
    assert newest_that_leaves(in_effect(facts), 150, 71) == Since(200, 70).order
    assert newest_that_leaves(facts, 200, 0, above=True) == Since(100, 60).order
    assert newest_that_leaves((), 1, 1) == NO_FACT


def test_restoring_before_inspection_leaves_both_changes_and_altered() -> None:
    scale, raws, facts = verified()
    raws += [scale.raise_span(), scale.snapshot(), scale.change({40: MAP[40]}), scale.snapshot()]
    judgement = judged(summarise(raws), facts)
    assert {finding.first_number for finding in judgement.findings} == {3, 5}
    assert judgement.standing is not None
    assert judgement.standing.altered


def test_permitted_adjustment_is_no_finding() -> None:
    scale, raws, facts = verified()
    permit = permit_for(scale, b"p" * 32, fields=(40, 32))
    raws += [
        scale.raise_span(5, permit.hash),
        scale.change({32: MAP[32] + 5}, permit.hash, commit=2),
        scale.parameters(),
        scale.snapshot(),
    ]
    judgement = judged(summarise(raws), facts_of_baseline(facts, permit))
    assert judgement.findings == ()
    assert judgement.standing is not None
    assert judgement.standing.adjusted_since
    assert not judgement.standing.altered


def facts_of_baseline(facts: Facts, *permits: PermitFact) -> Facts:
    return Facts(facts.baselines, frozenset(permits), facts.approved_software)


def reason(raws: list[bytes], facts: Facts) -> str:
    (finding,) = judged(summarise(raws, LATER), facts).findings
    return str(finding.values["reason"])


def test_permit_covers_one_session_its_fields_and_its_window_only() -> None:
    scale, raws, facts = verified()
    permit = permit_for(scale, b"p" * 32)
    with_permit = facts_of_baseline(facts, permit)
    field = scale.branch()
    assert reason([*raws, field.change({40: 400_000, 32: 1}, permit.hash)], with_permit) == "field-not-permitted"
    late = facts_of_baseline(facts, permit_for(scale, b"p" * 32, until_s=START_S + 1))
    assert reason([*raws, scale.branch().raise_span(permit=permit.hash)], late) == "outside-window"
    assert reason([*raws, scale.branch().raise_span(permit=b"q" * 32)], with_permit) == "unknown-permit"
    second = scale.branch()
    twice = [*raws, second.raise_span(permit=permit.hash), second.raise_span(permit=permit.hash)]
    assert reason(twice, with_permit) == "permit-spent"


def test_one_permit_does_not_cover_a_second_session_that_changes_the_other_group() -> None:
    scale, raws, facts = verified()
    permit = permit_for(scale, b"p" * 32, fields=(4, 40))
    facts = facts_of_baseline(facts, permit)
    opened = [EventKind.SESSION_OPENED, permit.hash]

    def one_session() -> list[bytes]:
        one = scale.branch()
        return [one.event(*opened), one.raise_span(5, permit.hash), one.change({4: 8}, permit.hash)]

    def by_events() -> list[bytes]:
        two = scale.branch()
        first = [two.event(*opened), two.raise_span(5, permit.hash), two.event(EventKind.SESSION_CLOSED, 2)]
        return [*first, two.event(*opened), two.change({4: 8}, permit.hash)]

    def by_a_start() -> list[bytes]:
        two = scale.branch()
        return [two.raise_span(5, permit.hash), two.boot(), two.change({4: 8}, permit.hash)]

    def already_moved_on() -> list[bytes]:
        two = scale.branch()
        return [two.raise_span(5), two.change({4: 8}, permit.hash)]

    assert judged(summarise([*raws, *one_session()]), facts).findings == ()
    for sessions in (by_events, by_a_start):
        assert reason([*raws, *sessions()], facts) == "permit-spent", sessions
    findings = judged(summarise([*raws, *already_moved_on()]), facts).findings
    assert {finding.values["reason"] for finding in findings} == {"no-permit", "permit-spent"}


def test_the_second_change_of_a_session_waits_for_the_first() -> None:
    scale, raws, facts = verified()
    permit = permit_for(scale, b"p" * 32, fields=(4, 40))
    facts = facts_of_baseline(facts, permit)
    first, second = scale.raise_span(5, permit.hash), scale.change({4: 8}, permit.hash)
    waiting = judged(summarise([*raws, second]), facts)
    assert waiting.findings == ()
    assert waiting.due_ms is not None
    assert judged(summarise([*raws, first, second]), facts).findings == ()
    late = judged(summarise([*raws, second]), facts, GRACE_MS)
    assert ("parameter_change", "changed") in codes(late)


def test_undated_change_waits_for_a_clock_and_is_then_judged_by_it() -> None:
    scale, raws, facts = verified()
    permit = permit_for(scale, b"p" * 32, until_s=START_S + 4 * scale.period_s)
    raws.append(scale.raise_span(permit=permit.hash, flags=0))
    waiting = judged(summarise(raws), facts_of_baseline(facts, permit))
    assert waiting.findings == ()
    assert "undated" in {one.code for one in waiting.pending}
    raws.append(scale.snapshot())
    assert judged(summarise(raws), facts_of_baseline(facts, permit)).findings == ()
    too_early = facts_of_baseline(facts, permit_for(verified()[0], b"p" * 32, until_s=START_S + 2 * scale.period_s))
    assert reason(raws, too_early) == "outside-window"


def test_change_that_the_scale_hides_is_found_by_its_digest() -> None:
    scale, raws, facts = verified()
    scale.raise_span()
    scale.number, hidden = 2, scale.head_hash
    raws.append(scale.snapshot(link=hidden[:16]))
    found = judged(summarise(raws), facts)
    assert ("parameter_change", "changed-silently") in codes(found)
    assert ("continuity", "link") in codes(found)


def test_unexplained_state_behind_a_hole_is_pending_until_the_gap() -> None:
    scale, raws, facts = verified()
    event = scale.raise_span(permit=b"p" * 32)
    permit = permit_for(verified()[0], b"p" * 32)
    raws.append(scale.snapshot())
    facts = facts_of_baseline(facts, permit)
    waiting = judged(summarise(raws), facts)
    assert waiting.findings == ()
    assert waiting.due_ms is not None
    gap = judged(summarise(raws), facts, GRACE_MS)
    assert codes(gap) >= {("continuity", "gap"), ("parameter_change", "changed-silently")}
    assert codes(judged(summarise([*raws, event]), facts)) == set()


def test_gap_counts_after_its_grace_and_closes_when_filled() -> None:
    scale, raws, facts = verified()
    missing = [scale.snapshot() for _ in range(3)]
    raws.append(scale.snapshot())
    assert judged(summarise(raws), facts, GRACE_MS - 1).findings == ()
    (finding,) = judged(summarise(raws), facts, GRACE_MS).findings
    assert (finding.code, finding.first_number, finding.last_number, finding.count) == ("gap", 3, 5, 3)
    assert finding.values == {"ranges": [[3, 5]], "missing": 3, "declared_lost": 0}
    filled = judged(summarise(raws + missing), facts, GRACE_MS)
    assert ("continuity", "gap") not in codes(filled)


def test_a_gap_says_what_the_scale_declared_lost_of_it_and_names_eight_ranges() -> None:
    scale, raws, facts = verified()
    for _ in range(9):
        scale.skip(2)
        raws.append(scale.snapshot())
    raws.append(scale.event(EventKind.STATEMENTS_LOST, 4, 8))  # of 3-4, 6-7 and 9-10 three are missing
    finding = next(one for one in judged(summarise(raws), facts, GRACE_MS).findings if one.code == "gap")
    assert finding.values == {
        "ranges": [[first, first + 1] for first in range(3, 27, 3)],
        "missing": 18,
        "declared_lost": 3,
    }
    assert (finding.first_number, finding.last_number, finding.count) == (3, 28, 18)


def test_a_lock_that_no_event_explains_is_found_where_it_was_last_flagged_or_reported() -> None:
    for flag in (Flag.LOCKED, Flag.CASE_OPEN):
        scale, raws, facts = verified()
        raws += [scale.snapshot(flags=2 | flag), scale.snapshot(flags=2 | flag), scale.snapshot()]
        (finding,) = judged(summarise(raws), facts).findings
        assert (finding.rule, finding.code, finding.first_number, finding.last_number) == ("case", "locked", 4, 4)
    scale, raws, facts = verified()
    raws += [scale.event(EventKind.LOCKED, 1), scale.snapshot()]
    (finding,) = judged(summarise(raws), facts).findings
    assert (finding.rule, finding.code, finding.first_number, finding.last_number) == ("case", "locked", 3, 3)


def test_two_contents_under_one_number_are_a_fork_and_all_it_says() -> None:
    scale, raws, facts = verified()
    thief = scale.branch()
    own = [scale.snapshot() for _ in range(4)]
    stolen = [thief.snapshot(150_000) for _ in range(6)]
    (finding,) = judged(summarise(raws + own + stolen), facts).findings
    assert (finding.code, finding.count, finding.first_number) == ("fork", 4, 3)


def test_of_a_fork_at_an_end_of_an_interval_the_lowest_hash_stands_for_it() -> None:
    """Which of them came first must not decide what a receipt names, nor whether a neighbour fits."""
    scale, raws, _ = verified()
    below, thief = scale.snapshot(), scale.branch()
    own = scale.snapshot()
    for load in range(1, 9):
        pair = [own, thief.branch().snapshot(load)]
        lowest = min(hash_of(raw) for raw in pair)
        for forked in (pair, pair[::-1]):
            whole, behind_a_hole = summarise([*raws, below, *forked]), summarise([*raws, *forked])
            named = (
                whole.contiguous(),
                whole.latest,
                behind_a_hole.intervals[-1].first,
                behind_a_hole.intervals[-1].last,
            )
            assert [edge.hash for edge in named if edge] == [lowest] * 4


def test_same_content_with_another_signature_is_no_fork() -> None:
    scale, raws, facts = verified()
    raw = scale.snapshot()
    other_signature = raw[:-64] + p256.lower(bytes(reversed(raw[-64:])))  # its own signature need not verify here
    (finding,) = judged(summarise([*raws, raw, other_signature, scale.snapshot()]), facts).findings
    assert finding.code == "re-signed"


def test_counters_and_boots_never_go_down_even_across_a_hole() -> None:
    scale, raws, facts = verified()
    scale.boot_number, scale.calibration_counter = 3, 2
    raws.append(scale.snapshot())
    scale.boot_number, scale.calibration_counter = 2, 0
    assert codes(judged(summarise([*raws, scale.branch().snapshot()]), facts)) >= {
        ("continuity", "counters"),
        ("continuity", "boot"),
    }
    scale.skip(5)
    assert codes(judged(summarise([*raws, scale.snapshot()]), facts)) >= {("continuity", "counters")}


def test_lost_journal_is_passed_for_receipts_but_stays_a_finding() -> None:
    scale, raws, facts = verified()
    scale.skip(1022)
    raws.append(scale.event(EventKind.JOURNAL_LOST, 2, link=bytes(16)))
    raws.append(scale.snapshot())
    summary = summarise(raws)
    contiguous = summary.contiguous()
    assert contiguous is not None
    assert contiguous.number == 1026
    found = judged(summary, facts, GRACE_MS)
    assert codes(found) >= {("continuity", "gap"), ("continuity", "journal-lost")}
    assert ("continuity", "link") not in codes(found)


def test_weight_is_recomputed_once_its_map_is_held() -> None:
    scale = SigningScale()
    enrol, boot, honest, lying = scale.enrol(), scale.boot(), scale.snapshot(), scale.snapshot(lie=20)
    without = judged(summarise([enrol, honest, lying]), facts_of(scale))
    assert "map-not-stored" in {one.code for one in without.pending}
    assert ("weight", "not-recomputable") not in codes(without)
    (finding,) = judged(summarise([enrol, honest, lying, boot]), facts_of(scale)).findings
    assert (finding.code, finding.count, finding.first_number) == ("not-recomputable", 1, 4)


def test_a_price_is_recomputed_for_every_sale_and_cancellation_once_its_map_is_held() -> None:
    scale = SigningScale()
    scale.map |= {13: 2}
    enrol, boot = scale.enrol(), scale.boot()
    honest = [scale.sale(1), scale.sale(2, cancels=1), scale.sale(3, net=1, unit_price=100)]
    wrong = [scale.sale(4, lie=1), scale.sale(5, lie=-1, cancels=4)]
    without = judged(summarise([enrol, *honest, *wrong]), facts_of(scale))
    assert "map-not-stored" in {one.code for one in without.pending}
    assert ("price", "price-wrong") not in codes(without)
    for order in ([enrol, boot, *honest, *wrong], [*wrong, *honest, boot, enrol]):
        (finding,) = judged(summarise(order), facts_of(scale)).findings
        assert (finding.code, finding.count, finding.first_number, finding.last_number) == ("price-wrong", 2, 6, 7)
        assert finding.severity is Severity.TAMPER
    assert judged(summarise([enrol, boot, *honest]), facts_of(scale)).findings == ()


def test_a_price_per_100_g_is_judged_by_the_map_that_says_so() -> None:
    scale = SigningScale()
    scale.map |= {13: 2, 14: 1}
    raws = [scale.enrol(), scale.boot(), scale.sale(1, net=247, unit_price=1_299)]
    assert judged(summarise(raws), facts_of(scale)).findings == ()
    raws.append(scale.append(6, [2, 0, 247, 0, 0, 1_299, sales.price({3: 5_000}, 247, 1_299), 0, None]))
    assert codes(judged(summarise(raws), facts_of(scale))) == {("price", "price-wrong")}


def test_sales_that_contradict_themselves_are_breaches() -> None:
    scale = SigningScale()
    scale.map |= {13: 3}
    raws = [scale.enrol(), scale.boot(), scale.sale(3, cancels=2)]
    batch = [4, 6, 2, 10, 10, 1, 5, 5]
    raws += [scale.append(7, [*batch, []]), scale.append(7, [*batch, [bytes(16)] * 3])]
    assert judged(summarise(raws), facts_of(scale)).findings == ()
    wrong = [
        scale.sale(7, cancels=7),
        scale.append(7, [*batch, [bytes(16)] * 2]),
        scale.append(7, [6, 4, *batch[2:], []]),
        scale.append(7, [4, 5, *batch[2:], []]),
        scale.append(7, [4, 6, *[0] * 6, []]),
    ]
    found = judged(summarise([*raws, *wrong]), facts_of(scale)).findings
    assert {(one.rule, one.code) for one in found} == {("authenticity", "profile")}
    assert sorted(one.count for one in found) == [1, 4]


def test_software_that_was_not_approved() -> None:
    scale, raws, facts = verified()
    raws.append(scale.boot(software=b"x" * 32))
    (finding,) = judged(summarise(raws), facts).findings
    assert (finding.rule, finding.code, finding.first_number) == ("software", "not-approved", 3)


def test_silence_counts_from_the_last_commit_and_only_while_listening() -> None:
    scale, raws, facts = verified()
    summary = summarise(raws)
    limit = 3 * scale.period_s * 1000
    assert judged(summary, facts, limit - 1).findings == ()
    assert codes(judged(summary, facts, limit)) == {("silent", "silent")}
    deaf = judge([summary], facts, Clock(NOW + limit, NOW + 1000))
    assert deaf.findings == ()
    assert deaf.due_ms == NOW + 1000 + limit


def test_short_periods_are_silent_after_a_minute() -> None:
    scale = SigningScale(period_s=2)
    summary = summarise([scale.enrol(), scale.boot()])
    assert judged(summary, facts_of(scale), 59_999).findings == ()
    assert codes(judged(summary, facts_of(scale), 60_000)) == {("silent", "silent")}


def test_an_honest_batch_of_sales_gives_nothing_to_judge() -> None:
    scale, raws, facts = verified()
    raws.append(scale.snapshot())
    batch = scale.append(Kind.SALE_BATCH, [1, 2, 2, 494, 3_208, 0, 0, 0, [b"h" * 16] * 2])
    before, after = summarise(raws), summarise([*raws, batch])
    assert (after.head, after.revision) == (4, before.revision)
    assert judged(after, facts).findings == ()


def test_the_period_shown_is_the_one_that_the_scale_last_reported() -> None:
    scale, raws, facts = verified()
    shorter = scale.event(EventKind.PERIOD_CHANGED, scale.period_s, 60)
    for order in ([*raws, shorter], [shorter, *raws]):
        judgement = judged(summarise(order), facts)
        assert judgement.standing is not None
        assert judgement.standing.period_s == 60
        assert judgement.findings == ()


def test_of_more_programs_than_are_kept_the_first_ones_are_named() -> None:
    scale, raws, _ = verified()
    raws += [scale.boot(software=bytes([at]) * 32) for at in (9, 1, 5)]
    for order in (raws, raws[::-1]):
        summary = intake.summarise(scale.kid, [(raw, NOW) for raw in order], BOUNDS._replace(states=2))
        named = [(one.first_number, one.values["hash"]) for one in judged(summary, facts_of(scale)).findings]
        assert named == [(3, "09" * 32)]


def test_a_scale_that_never_says_its_parameters_is_in_no_known_state() -> None:
    scale = SigningScale()
    judgement = judged(summarise([scale.snapshot(digest=b"")]), facts_of(scale))
    assert judgement.standing is not None
    assert (judgement.standing.digest, judgement.standing.calibration_counter) == (None, None)


def test_a_session_that_is_forked_counts_once() -> None:
    """Else a thief could fill what is kept of sessions, and the scale would be told of wrongly."""
    scale, raws, _ = verified()
    thief = scale.branch()
    raws += [scale.event(EventKind.SESSION_OPENED, None), thief.event(EventKind.SESSION_OPENED, b"p" * 32)]
    summary = summarise(raws)
    assert (summary.forks.count, [one.number for one in summary.sessions.items]) == (1, [3])


def test_authentic_breach_of_the_profile_is_held_and_found() -> None:
    scale, raws, facts = verified()
    raws += [scale.append(9, ["of a later version"]), scale.append(3, [1, 2])]
    summary = summarise(raws)
    assert summary.stored == 4
    (finding,) = judged(summary, facts).findings
    assert (finding.rule, finding.code, finding.first_number) == ("authenticity", "profile", 4)


def test_map_that_belies_its_digest_is_a_state_of_its_own() -> None:
    scale, raws, facts = verified()
    raws.append(scale.append(4, [{**scale.map, 40: 1}, None]))
    summary = summarise(raws)
    assert codes(judged(summary, facts)) == {("authenticity", "profile"), ("parameter_change", "changed-silently")}
    assert list(summary.maps) == [scale.state()[0]]


def test_holes_are_bounded_and_what_would_exceed_them_is_refused() -> None:
    scale = SigningScale()
    raws = []
    for _ in range(BOUNDS.intervals + 3):
        raws.append(scale.snapshot())
        scale.skip(1)
    summary = summarise(raws)
    assert len(summary.intervals) == summary.stored == BOUNDS.intervals
    extra = parse(raws[-1])
    assert absorb(summary, extra, NOW, StatementsInMemory()) is Outcome.REFUSED


def test_summary_survives_the_database() -> None:
    scale, raws, _ = verified()
    raws += [scale.raise_span(flags=0), scale.parameters(), scale.snapshot(lie=1), scale.boot()]
    scale.skip(2)
    raws.append(scale.snapshot())
    raws.append(scale.event(EventKind.CASE_OPENED, START_S))
    summary = summarise(raws)
    assert summary_bytes.load(summary.kid, summary_bytes.dump(summary)) == summary


def test_a_later_verification_makes_a_baseline_but_excuses_nothing() -> None:
    scale, raws, facts = verified()
    raws += [scale.raise_span(), scale.parameters()]
    verified_again = Baseline(scale.kid, 4, ParameterState(*scale.state()))
    facts = Facts(facts.baselines | {verified_again}, facts.permits, facts.approved_software)
    raws.append(scale.snapshot())
    judgement = judged(summarise(raws), facts)
    (finding,) = judgement.findings
    assert (finding.code, finding.first_number, finding.last_number) == ("changed", 3, 4)
    assert judgement.standing is not None
    assert not judgement.standing.altered
    assert not judgement.standing.adjusted_since


def test_a_permitted_change_from_newly_verified_parameters_is_no_finding() -> None:
    scale, raws, facts = verified()
    raws += [scale.raise_span(), scale.parameters()]
    verified_again = Baseline(scale.kid, 4, ParameterState(*scale.state()))
    permit = permit_for(scale, b"p" * 32)
    facts = Facts(facts.baselines | {verified_again}, frozenset({permit}), facts.approved_software)
    raws.append(scale.change({40: MAP[40]}, permit=b"p" * 32))
    judgement = judged(summarise(raws), facts)
    assert [finding.first_number for finding in judgement.findings] == [3]
    assert judgement.standing is not None
    assert not judgement.standing.altered
    assert judgement.standing.adjusted_since


def openings(raws: list[bytes], facts: Facts) -> list[dict[str, object]]:
    findings = judged(summarise(raws, LATER), facts).findings
    assert {(one.rule, one.code, one.severity) for one in findings} <= {("case", "opened", Severity.TAMPER)}
    return [one.values for one in sorted(findings, key=lambda one: one.first_number or 0)]


def test_each_opening_of_the_case_is_a_finding_with_the_stamp_of_the_latch() -> None:
    scale, raws, facts = verified()
    raws += [scale.event(EventKind.CASE_OPENED, scale.time_s + scale.period_s), scale.boot()]
    switched_on_s = scale.time_s
    raws.append(scale.event(EventKind.CASE_OPENED, switched_on_s - 1))
    while_on, while_off = openings(raws, facts)
    assert (while_on["number"], while_on["before_start"], while_on["reason"]) == (3, False, None)
    assert while_off == {
        "number": 5,
        "stamp_s": switched_on_s - 1,
        "dated_s": scale.time_s,
        "before_start": True,
        "reason": "before-start",
    }


def test_an_opening_before_the_first_verification_is_no_finding() -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot(), scale.event(EventKind.CASE_OPENED, START_S), scale.snapshot()]
    assert openings(raws, facts_of(scale)) == []
    assert openings(raws, facts_of(scale, 4)) == []
    assert len(openings(raws, facts_of(scale, 2))) == 1
    both = Facts(facts_of(scale, 2).baselines | facts_of(scale, 4).baselines, frozenset(), frozenset({SOFTWARE_HASH}))
    assert len(openings(raws, both)) == 1, "a later verification excuses nothing"


def test_an_opening_at_an_unknown_time_is_dated_by_a_later_clock() -> None:
    scale, raws, facts = verified()
    raws.append(scale.event(EventKind.CASE_OPENED, 0, flags=0))
    opened_s = scale.time_s
    (undated,) = openings(raws, facts)
    assert (undated["stamp_s"], undated["dated_s"], undated["before_start"]) == (None, None, None)
    raws.append(scale.snapshot())
    (dated,) = openings(raws, facts)
    assert (dated["stamp_s"], dated["dated_s"], dated["before_start"]) == (None, opened_s, None)


def test_openings_are_bounded_and_those_before_the_verification_hide_none_after_it() -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot()]
    raws += [scale.event(EventKind.CASE_OPENED, scale.time_s) for _ in range(BOUNDS.numbers + 3)]
    raws.append(scale.boot())
    assert judged(summarise(raws), facts_of(scale, scale.number)).findings == ()
    facts = facts_of(scale, scale.number)
    raws.append(scale.event(EventKind.CASE_OPENED, scale.time_s))
    summary = summarise(reversed(raws))
    assert len(summary.openings) == BOUNDS.numbers
    assert codes(judged(summary, facts)) == {("case", "too-many")}


def test_a_summary_of_another_format_is_to_be_made_again() -> None:
    summary = summarise(verified()[1])
    _, *values = cbor2.loads(summary_bytes.dump(summary))
    loaded = summary_bytes.load(summary.kid, cbor2.dumps([summary_bytes.FORMAT - 1, *values]))
    assert loaded == Summary(summary.kid)
    assert loaded.outdated
