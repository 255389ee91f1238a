"""Findings are a function of the set of statements and the set of facts (invariant 4): every order, every repetition,
every partition into batches and receivers gives the same summary and the same findings.
"""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st
from kit.canonical import canonical
from kit.parameters import MAP
from kit.signing_scale import SOFTWARE_HASH, START_S, SigningScale
from steelyard_cloud.judge import summary_bytes
from steelyard_cloud.judge.chain import GRACE_MS, Outcome
from steelyard_cloud.judge.facts import Baseline, Clock, Facts, PermitFact
from steelyard_cloud.judge.intake import accept
from steelyard_cloud.judge.judge import Judgement, judge
from steelyard_cloud.judge.rereads import read_all_again
from steelyard_cloud.judge.stored import StatementsInMemory
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.judge.summary_parts import Device, ParameterState
from steelyard_protocol import p256
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import parse

NOW = (START_S + 86_400) * 1000
PERMIT = b"p" * 32
ACTIONS = (
    "snapshot",
    "snapshot",
    "undated snapshot",
    "lie",
    "restart",
    "other software",
    "cheat",
    "permitted",
    "undated permitted",
    "second commit",
    "parameters",
    "skip",
    "journal lost",
    "branch",
    "re-sign",
    "unknown kind",
    "counters down",
    "bad link",
    "case opened",
    "case opened, no clock",
)


@dataclass(repr=False)
class Story:
    """Statements that a scale (and its thief) signed, with the registry facts about it."""

    scale: SigningScale
    raws: list[bytes] = field(default_factory=list)
    facts: list[int | PermitFact] = field(default_factory=list)  # a number stands for a verification at that statement


def tell(actions: list[tuple[str, int]], withheld: set[int], baseline_at: int) -> Story:
    """Play the actions on the scale, or on the thief's copy where the second value is odd and there is one."""
    first = SigningScale()
    story = Story(first)
    raws = [first.enrol(), first.boot()]
    _, calibration, configuration = first.state()
    story.facts = [
        baseline_at,
        PermitFact(first.kid, PERMIT, 2, START_S, START_S + 8 * 600, calibration, configuration, frozenset({32, 40})),
    ]
    machines = [first]
    for action, choice in actions:
        scale = machines[choice % len(machines)]
        match action:
            case "snapshot":
                raws.append(scale.snapshot(500 * choice))
            case "undated snapshot":
                raws.append(scale.snapshot(flags=0))
            case "lie":
                raws.append(scale.snapshot(lie=1 + choice))
            case "restart":
                raws.append(scale.boot())
            case "other software":
                raws.append(scale.boot(software=bytes([choice]) * 32))
            case "cheat":
                raws.append(scale.raise_span(50 + choice))
            case "permitted":
                raws.append(scale.change({40: 1_500_000 + choice}, PERMIT))
            case "undated permitted":
                raws.append(scale.change({40: 1_490_000 + choice}, PERMIT, flags=0))
            case "second commit":
                raws.append(scale.change({32: 100_000 + choice}, PERMIT, commit=2))
            case "parameters":
                raws.append(scale.parameters())
            case "skip":
                scale.skip(choice)
            case "journal lost":
                scale.skip(choice)
                raws.append(scale.event(EventKind.JOURNAL_LOST, scale.number, link=bytes(16)))
            case "branch":
                machines = [first, scale.branch()]
            case "re-sign":
                raws.append(raws[-1][:-64] + p256.lower(bytes(reversed(raws[-1][-64:]))))
            case "unknown kind":
                raws.append(scale.append(9, [choice]))
            case "counters down":
                raws.append(scale.snapshot(calibration_counter=0))
            case "bad link":
                raws.append(scale.snapshot(link=bytes([choice]) * 16))
            case "case opened":
                raws.append(scale.event(EventKind.CASE_OPENED, scale.time_s - 700 * choice))
            case "case opened, no clock":
                raws.append(scale.event(EventKind.CASE_OPENED, START_S * (choice % 2), flags=0))
    story.raws = [raw for at, raw in enumerate(raws) if at not in withheld]
    return story


@st.composite
def stories(draw: st.DrawFn) -> Story:
    actions = draw(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 3)), min_size=1, max_size=14))
    withheld = draw(st.sets(st.integers(0, len(actions) + 1), max_size=3))
    return tell(actions, withheld, draw(st.integers(1, len(actions) + 2)))


@dataclass
class Store:
    """What the database does for receivers: evidence, and the summary with its version."""

    kid: bytes
    evidence: StatementsInMemory = field(default_factory=StatementsInMemory)
    version: int = 0
    state: bytes = b""


@dataclass
class Receiver:
    """A receiver with its own copy of the summary, which another receiver may have outdated."""

    store: Store
    version: int = -1
    summary: Summary | None = None

    def take(self, raws: list[bytes]) -> None:
        store = self.store
        if self.version != store.version or self.summary is None:
            self.summary = summary_bytes.load(store.kid, store.state) if store.state else Summary(store.kid)
        for statement, outcome in accept(self.summary, [parse(raw) for raw in raws], store.evidence, NOW):
            if outcome is not Outcome.DUPLICATE:
                store.evidence.add(statement, NOW)
        store.version += 1
        self.version, store.state = store.version, summary_bytes.dump(self.summary)


def known_facts(story: Story, facts: list[int | PermitFact], store: Store) -> Facts:
    baselines = set()
    for fact in facts:
        if isinstance(fact, int):
            there = [one for one, *_ in store.evidence.statements.get(fact, [])]
            held = min(there, key=lambda one: one.content_hash, default=None)
            state = ParameterState(held.digest, held.calibration_counter, held.configuration_counter) if held else None
            baselines.add(Baseline(story.scale.kid, fact, state))
    permits = frozenset(fact for fact in facts if isinstance(fact, PermitFact))
    return Facts(frozenset(baselines), permits, frozenset({SOFTWARE_HASH}))


def whole(store: Store) -> Summary:
    """The summary, with nothing left that waits."""
    summary = summary_bytes.load(store.kid, store.state)
    read_all_again(summary, store.evidence)
    return summary


def judged(story: Story, facts: list[int | PermitFact], store: Store, after_ms: int) -> Judgement:
    summary = whole(store)
    return judge([summary], known_facts(story, facts, store), Clock(NOW + after_ms))


@settings(max_examples=300, deadline=None)
@given(story=stories(), data=st.data())
def test_every_order_repetition_and_partition_gives_the_same_findings(story: Story, data: st.DataObject) -> None:
    if not story.raws:
        return
    plain = Store(story.scale.kid)
    Receiver(plain).take(story.raws)

    items: list[bytes | int | PermitFact] = [*story.raws, *story.facts]
    repeated = data.draw(st.lists(st.sampled_from(items), max_size=4))
    order = data.draw(st.permutations(items + repeated))
    mixed = Store(story.scale.kid)
    receivers = [Receiver(mixed) for _ in range(3)]
    facts: list[int | PermitFact] = []
    while order:
        size = data.draw(st.integers(1, len(order)))
        batch, order = order[:size], order[size:]
        facts += [item for item in batch if not isinstance(item, bytes)]
        statements = [item for item in batch if isinstance(item, bytes)]
        if statements:
            receivers[data.draw(st.integers(0, 2))].take(statements)
            judged(story, facts, mixed, 0)  # looking in between changes nothing

    one, other = (whole(store) for store in (plain, mixed))
    assert canonical(one) == canonical(other)
    for after_ms in (0, GRACE_MS, 10 * GRACE_MS):
        assert judged(story, facts, mixed, after_ms) == judged(story, story.facts, plain, after_ms)


def test_what_is_unmet_is_listed_in_one_order() -> None:
    trouble = ["other software", "unknown kind", "bad link", "case opened", "counters down", "other software"]
    story = tell([("permitted", 0), *((action, at) for at, action in enumerate(trouble))], set(), 1)
    scale = story.scale
    story.raws += [scale.append(4, [{**MAP, 40: 1}, None]), scale.append(3, [1]), scale.boot(other={3: "other"})]
    (named,) = known_facts(story, [2], stored := _taken(story, story.raws)).baselines
    verified = replace(named, device=Device(SOFTWARE_HASH, "simulated", "hx711", b"", scale.production_code, False))
    facts = Facts(frozenset({verified}), frozenset(), frozenset())
    one, other = (
        judge([whole(store)], facts, Clock(NOW + GRACE_MS)) for store in (stored, _taken(story, story.raws[::-1]))
    )
    assert one.standing is not None
    assert {row[0] for row in one.standing.unmet} >= {"device", "chain", "consistent"}
    assert one == other


def _taken(story: Story, raws: list[bytes]) -> Store:
    store = Store(story.scale.kid)
    Receiver(store).take(raws)
    return store


@settings(max_examples=100, deadline=None)
@given(loads=st.lists(st.integers(-1_000, 400_000), max_size=12), restarts=st.sets(st.integers(0, 11)), data=st.data())
def test_honest_scale_is_silent_in_every_order(loads: list[int], restarts: set[int], data: st.DataObject) -> None:
    scale = SigningScale()
    raws = [scale.enrol(), scale.boot()]
    for at, filtered in enumerate(loads):
        if at in restarts:
            raws.append(scale.boot())
        raws.append(scale.snapshot(filtered))
    store = Store(scale.kid)
    Receiver(store).take(data.draw(st.permutations(raws)))
    assert judged(Story(scale), [2], store, 0).findings == ()
