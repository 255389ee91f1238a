"""Somebody who acts in the registry within one transaction, and what is then on record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select
from steelyard_cloud.db.schema import audit_log, feed_entries
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales import verification
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope, scale_by_code

from kit.cloud_desk import Desk
from kit.registry import EVERYWHERE, pass_now
from kit.sheet import right_sheet
from kit.signing_scale import START_S, SigningScale

NOW_MS = (START_S + 86_400) * 1_000
"""When the acts are done."""
TODAY = datetime.fromtimestamp(NOW_MS / 1_000, UTC).date()


class Office:
    """Four scales on record, one transaction, and somebody who acts.

    `scale` and `other` report, `cheat` changed its parameters at statement 4 without a permit, `unheard` is silent.
    """

    received_ms = START_S * 1_000 + 3_600_000

    def __init__(self, desk: Desk, connection: Connection, some: list[SigningScale]) -> None:
        self.desk, self.connection = desk, connection
        self.scale, self.other, self.cheat, self.unheard = some
        maker = desk.registry.organisations["Hengtai Scales"]
        self.actor = Actor("user:41", 4711, maker, "330109", 41, Role.MANUFACTURER)
        self.regulator = self.acting(Role.REGULATOR)

    def acting(self, role: Role) -> Actor:
        """The same person in a role."""
        return replace(self.actor, role=role)

    def in_scope(self, scale: SigningScale | None = None) -> ScaleInScope:
        """A scale as one who may see it has it."""
        return scale_by_code(self.connection, EVERYWHERE, (scale or self.scale).code)

    def row(self, table: Table) -> dict[str, Any]:
        """The newest row."""
        return dict(self.connection.execute(select(table).order_by(table.c.id.desc()).limit(1)).mappings().one())

    def logged(self) -> tuple[str, str, dict[str, Any]]:
        """What the audit log has of the last act, which is this actor's."""
        row = self.row(audit_log)
        who = (row["at_ms"], row["actor"], row["organisation_id"], row["division_code"])
        assert who == (NOW_MS, "user:41", self.actor.organisation_id, "330109")
        return row["action"], row["object"], row["details"]

    def told(self, shard: str) -> tuple[str, int | None, dict[str, Any]]:
        """The newest entry of a shard that ingest will read."""
        c = feed_entries.c
        query = select(feed_entries).where(c.feed == "changes", c.shard == shard).order_by(c.position.desc())
        row = self.connection.execute(query.limit(1)).mappings().one()
        assert row["created_ms"] == NOW_MS
        return row["topic"], row["scale_id"], row["body"]


def verify(office: Office, name: Name, *, days: int = 100, seal: str = "S-9") -> verification.Verified:
    """A verification of the scale at a statement, for so many days."""
    scale = office.in_scope()
    asked = verification.Asked(name, "initial", TODAY + timedelta(days=days), seal, right_sheet(scale.code, TODAY))
    return pass_now(office.connection, office.acting(Role.VERIFICATION), scale, asked, NOW_MS)
