"""Verification: an institution fixes a scale's baseline at one named statement, or finds that the scale is not right.

The statement must be stored and carry the complete set of parameters (a boot or a parameters statement), so that what
was verified is on record byte for byte; it is named by its hash, and so is the boot statement of the same start, which
says on what machine. The baseline takes effect there, whenever it was typed in. What is wrong must lie before it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert
from steelyard_protocol import statement
from steelyard_protocol.bodies import Boot

from steelyard_cloud.db import feeds
from steelyard_cloud.db.schema import verifications
from steelyard_cloud.errors import CodesMissing, Refusal, TamperUndecided, WrongValue
from steelyard_cloud.judge.conditions import fresh
from steelyard_cloud.judge.contents import state_of
from steelyard_cloud.judge.facts import Baseline
from steelyard_cloud.judge.starts import device_of
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.scales import masses, sheets, store, trouble
from steelyard_cloud.scales.baselines import Named, named
from steelyard_cloud.scales.life.take import Act, Written, take
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.scales.refusals import NotFresh, ScaleLocked
from steelyard_cloud.scales.subjects import subject_of
from steelyard_cloud.scales.type_state import type_of
from steelyard_cloud.scales.verdicts import verification_code
from steelyard_cloud.statements import queries as statement_queries


class Asked(NamedTuple):
    """What an institution says of a scale that is right; `sheet` as `protocol/sheet.schema.json` has it."""

    name: Name
    kind: str
    valid_until: date
    seal: str
    sheet: Any


@dataclass(frozen=True)
class Verified:
    """A recorded verification; `code` is the verification code, the third of the three codes."""

    id: int
    code: str
    number: int
    hash: bytes


@dataclass
class Passing:
    """A verification that is to be passed: everything that must hold, looked at once and together.

    `zone` is where the platform is: the verification expires when the day `valid_until` is over there.
    """

    connection: Connection
    actor: Actor
    scale: ScaleInScope
    asked: Asked
    zone: tzinfo
    now_ms: int
    made: Verified | None = None

    def act(self) -> Act:
        """The step of the table; `made` is there once it is taken."""
        return Act("verification.pass", self._write, self.checks(), action="scale.verify")

    def checks(self) -> Mapping[str, Callable[[], Iterable[Refusal]]]:
        """How each need of the table is looked at."""
        return {
            "statement": lambda: [] if isinstance(self.named, Named) else [self.named],
            "codes": self._codes,
            "seal": lambda: [] if any(map(str.isalnum, self.asked.seal)) else [CodesMissing(missing="the seal")],
            "validity": lambda: [self.expires] if isinstance(self.expires, Refusal) else [],
            "unlocked": self._unlocked,
            "type in force": lambda: type_of(self.connection, self.scale).not_in_force(),
            "envelope": self._envelope,
            "fresh statement": self._fresh,
            "no tamper": self._no_tamper,
            "nothing wrong since": self._nothing_wrong,
            "sheet": self._sheet,
            "reference masses": self._masses,
        }

    @cached_property
    def settled(self) -> int:
        """How many statements are stored; read first, as what comes meanwhile is not settled."""
        return statement_queries.stored_of(self.connection, self.scale.identity_id)

    @cached_property
    def named(self) -> Named | Refusal:
        """The statement that is named, and the boot statement of its start; or why it cannot be."""
        _ = self.settled
        try:
            return named(self.connection, self.scale, self.asked.name)
        except Refusal as refusal:
            return refusal

    @cached_property
    def expires(self) -> int | Refusal:
        """When the last day is over (Unix ms); or why it cannot be that day."""
        try:
            longest = store.longest_validity_days(self.connection, self.scale.id)
            return _expires_ms(self.asked.valid_until, self.zone, longest, self.now_ms)
        except Refusal as refusal:
            return refusal

    def _codes(self) -> Iterable[Refusal]:
        if isinstance(self.named, Refusal):
            return []
        boot, missing = self.named.boot, []
        if boot.production_code != self.scale.production_code:
            missing.append("the production code on record")
        reported = store.reported_repair_code(self.connection, self.scale.id)
        if reported and boot.repair_code and reported != boot.repair_code:
            missing.append("the repair code on record")
        return [CodesMissing(missing=one) for one in missing]

    def _unlocked(self) -> Iterable[Refusal]:
        standing = self.scale.standing
        return [ScaleLocked()] if standing.get("locked") or standing.get("case_open") else []

    def _envelope(self) -> Iterable[Refusal]:
        if isinstance(self.named, Refusal):
            return []
        return type_of(self.connection, self.scale).envelope.refusals(self.named.map, self.named.boot)

    def _fresh(self) -> Iterable[Refusal]:
        unmet = fresh.unmet(self.scale.freshness, self.scale.period_s)
        return [NotFresh()] if any(one.from_ms <= self.now_ms for one in unmet) else []

    def _no_tamper(self) -> Iterable[Refusal]:
        undecided = store.undecided_tamper(self.connection, self.scale.id)
        return [TamperUndecided(alerts=", ".join(map(str, undecided)))] if undecided else []

    def _nothing_wrong(self) -> Iterable[Refusal]:
        if isinstance(self.named, Refusal):
            return []
        until_ms = 1 << 62 if isinstance(self.expires, Refusal) else self.expires
        baseline = _baseline(self.named, until_ms, self.now_ms, self.settled)
        try:
            trouble.after_verification(self.connection, self.scale, baseline, self.now_ms)
        except Refusal as refusal:
            return [refusal]
        return []

    def _sheet(self) -> Iterable[Refusal]:
        if found := sheets.unreadable(self.asked.sheet):
            return found
        other = sheets.of_another(self.asked.sheet, self.scale)
        other += sheets.failed_before(self.connection, self.scale, self.asked.sheet)
        if isinstance(self.named, Refusal):
            return other
        today = datetime.fromtimestamp(self.now_ms / 1000, self.zone).date()
        repaired = sheets.repaired_on(self.connection, self.scale, self.zone)
        return [*other, *sheets.failings(self.asked.sheet, self.named.map, today, repaired)]

    def _masses(self) -> Iterable[Refusal]:
        if sheets.unreadable(self.asked.sheet):
            return []
        day, numbers = sheets.tested_on(self.asked.sheet), self.asked.sheet.get("masses", [])
        if not numbers:
            return [WrongValue(where="sheet.masses", why="the reference masses that were used are expected")]
        if day is None:
            return []
        return masses.not_certified(self.connection, self.actor.organisation_id, numbers, day)

    def _write(self) -> Written:
        found, until_ms, scale, actor = self.named, self.expires, self.scale, self.actor
        assert isinstance(found, Named)
        assert isinstance(until_ms, int)
        sheet_id, sheet_hash = sheets.keep(
            self.connection, actor, scale, self.asked.sheet, passed=True, now_ms=self.now_ms
        )
        row = {
            "number": found.statement.number,
            "kind": self.asked.kind,
            "seal": self.asked.seal,
            "hash": found.statement.hash,
            "start_hash": found.start.hash,
            "scale_id": scale.id,
            "identity_id": scale.identity_id,
            "valid_until": self.asked.valid_until,
            "expires_ms": until_ms,
            "sheet_id": sheet_id,
            "organisation_id": actor.organisation_id,
            "division_code": actor.division_code,
            "recorded_ms": self.now_ms,
            "settled": self.settled,
        }
        made = insert(verifications).values(row).returning(verifications.c.id)
        id_ = int(self.connection.execute(made).scalar_one())
        feeds.append(
            self.connection, feeds.CHANGES, scale.shard, "verification", scale.id, {"verification": id_}, self.now_ms
        )
        code = verification_code(id_, self.asked.valid_until)
        self.made = Verified(id_, code, found.statement.number, found.statement.hash)
        return Written(scale.id, self._evidence(self.made, sheet_hash))

    def _evidence(self, made: Verified, sheet_hash: bytes) -> dict[str, Any]:
        return {
            "number": made.number,
            "kind": self.asked.kind,
            "seal": self.asked.seal,
            "hash": made.hash.hex(),
            "valid_until": self.asked.valid_until.isoformat(),
            "verification": made.id,
            "code": made.code,
            "sheet": sheet_hash.hex(),
            "masses": list(self.asked.sheet["masses"]),
        }


def record_passed(
    connection: Connection,
    actor: Actor,
    scale: ScaleInScope,
    asked: Asked,
    zone: tzinfo,
    now_ms: int,
    seen: int | None = None,
) -> Verified:
    """Pass a verification of the scale's active identity; raises every reason against it at once."""
    passing = Passing(connection, actor, scale, asked, zone, now_ms)
    take(connection, actor, subject_of(scale), passing.act(), now_ms, seen)
    assert passing.made is not None
    return passing.made


def failing(connection: Connection, actor: Actor, scale: ScaleInScope, sheet: Any, reason: str, now_ms: int) -> Act:
    """The step of a verification that was not passed: what was measured is kept, and why."""

    def readable() -> Iterable[Refusal]:
        return sheets.unreadable(sheet) or sheets.of_another(sheet, scale)

    def write() -> Written:
        _, hash_ = sheets.keep(connection, actor, scale, sheet, passed=False, now_ms=now_ms)
        return Written(scale.id, {"sheet": hash_.hex()})

    return Act("verification.fail", write, {"readable sheet": readable}, reason)


def planning(scale: ScaleInScope, day: date, zone: tzinfo, reason: str, now_ms: int) -> Act:
    """The step of saying when a scale will be verified."""

    def to_come() -> Iterable[Refusal]:
        today = datetime.fromtimestamp(now_ms / 1000, zone).date()
        return [] if day >= today else [WrongValue(where="day", why="a day to come is expected")]

    return Act(
        "verification.plan", lambda: Written(scale.id, {"day": day.isoformat()}), {"day to come": to_come}, reason
    )


def _expires_ms(valid_until: date, zone: tzinfo, longest_days: int, now_ms: int) -> int:
    """When the last day is over; raises WrongValue for one that is past, or later than the type allows."""
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    if valid_until <= today:
        raise WrongValue(where="valid_until", why="a day to come is expected")
    latest = today + timedelta(days=longest_days)
    if valid_until > latest:
        raise WrongValue(where="valid_until", why=f"at most {longest_days} days, until {latest.isoformat()}")
    return int(datetime.combine(valid_until + timedelta(days=1), time(), zone).timestamp()) * 1000


def _baseline(found: Named, expires_ms: int, now_ms: int, settled: int) -> Baseline:
    """The fact as the judge would take it."""
    one = statement.parse(found.statement.raw)
    return Baseline(
        kid=one.kid,
        number=found.statement.number,
        state=state_of(one),
        hash=found.statement.hash,
        device=device_of(found.boot) if isinstance(found.boot, Boot) else None,
        committed_ms=found.statement.received_ms,
        recorded_ms=now_ms,
        until_ms=expires_ms,
        settled=settled,
    )
