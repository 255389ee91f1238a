"""The software of a type: recorded with its approval, or submitted by the maker, approved and revoked.

A program is known by the hash over its legally relevant code. What is not approved, or not any more, is a finding on
each scale that says it runs it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from steelyard_cloud.db.schema import approved_software
from steelyard_cloud.errors import AlreadyExists, NotFound, Refusal
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Role
from steelyard_cloud.scales.life.table import Of
from steelyard_cloud.scales.life.take import Act, Subject, Taken, Written, take
from steelyard_cloud.scales.type_state import have_judged, type_by_id


@dataclass(frozen=True)
class Software:
    """One program that a type approval names: its `hash` is over the legally relevant code, 32 bytes."""

    name: str
    version: str
    hash: bytes


class ProgramState(NamedTuple):
    """A program of a type, and where it is in its life."""

    id: int
    name: str
    version: str
    hash: bytes
    stage: str
    life_version: int


def add_software(connection: Connection, actor: Actor, *, scale_type_id: int, software: Software, now_ms: int) -> Taken:
    """Name a program for a type: a maker submits it, an administrator records that it is approved.

    Raises NotFound, AlreadyExists.
    """
    state = type_by_id(connection, scale_type_id)
    submits = actor.role is Role.MANUFACTURER
    if submits and actor.organisation_id != state.organisation_id:
        raise NotFound(what="scale type", name=scale_type_id)
    c = approved_software.c

    def new() -> Iterable[Refusal]:
        known = select(c.id).where(c.scale_type_id == scale_type_id, c.software_hash == software.hash)
        if connection.scalar(known) is not None:
            yield AlreadyExists(what="software", name=software.hash.hex())

    def write() -> Written:
        row = {
            "scale_type_id": scale_type_id,
            "software_hash": software.hash,
            "name": software.name,
            "version": software.version,
            "recorded_ms": now_ms,
        }
        made = int(connection.execute(insert(approved_software).values(row).returning(c.id)).scalar_one())
        have_judged(connection, scale_type_id, now_ms)
        return Written(made, _evidence(scale_type_id, software))

    act = Act("software.submit" if submits else "software.record", write, {"hash": new})
    return take(connection, actor, Subject(Of.SOFTWARE, None), act, now_ms)


def decide_on_software(
    connection: Connection,
    actor: Actor,
    scale_type_id: int,
    hash_: bytes,
    step: str,
    *,
    reason: str,
    now_ms: int,
    seen: int | None = None,
) -> Taken:
    """Approve or revoke a program of a type, and have its scales judged again; raises NotFound."""
    state = type_by_id(connection, scale_type_id)
    found = next((one for one in programs_of(connection, scale_type_id) if one.hash == hash_), None)
    if found is None:
        raise NotFound(what="software", name=hash_.hex())

    def write() -> Written:
        have_judged(connection, scale_type_id, now_ms)
        return Written(found.id, _evidence(scale_type_id, Software(found.name, found.version, found.hash)))

    act = Act(step, write, {"type in force": state.not_in_force}, reason)
    return take(connection, actor, Subject(Of.SOFTWARE, found.id, name=found.name), act, now_ms, seen)


def programs_of(connection: Connection, scale_type_id: int) -> list[ProgramState]:
    """The programs of a type, the newest first."""
    c = approved_software.c
    query = select(c.id, c.name, c.version, c.software_hash, c.stage, c.life_version)
    query = query.where(c.scale_type_id == scale_type_id).order_by(c.id.desc())
    return [ProgramState(*row) for row in connection.execute(query)]


def _evidence(scale_type_id: int, software: Software) -> dict[str, object]:
    named = {"name": software.name, "version": software.version, "hash": software.hash.hex()}
    return {**named, "scale_type": scale_type_id}
