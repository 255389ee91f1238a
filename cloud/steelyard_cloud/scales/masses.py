"""Reference masses of verification institutions: which set was certified on which days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from steelyard_cloud.db.schema import reference_masses
from steelyard_cloud.errors import AlreadyExists, WrongValue
from steelyard_cloud.people.audit import Actor, record
from steelyard_cloud.scales.refusals import MassNotCertified

CLASSES = ("E1", "E2", "F1", "F2", "M1", "M2", "M3")
"""After OIML R 111."""
LONGEST_DAYS = 3 * 366


@dataclass(frozen=True)
class MassSet:
    """A set of masses under one certificate, which holds from a day to another, both included."""

    number: str
    mass_class: str
    certificate: str
    from_day: date
    until_day: date


def add(connection: Connection, actor: Actor, one: MassSet, now_ms: int) -> int:
    """Record a certified set of the acting institution; raises AlreadyExists, WrongValue."""
    if one.mass_class not in CLASSES:
        raise WrongValue(where="mass_class", why=f"one of {', '.join(CLASSES)} expected")
    if not one.from_day <= one.until_day or (one.until_day - one.from_day).days > LONGEST_DAYS:
        raise WrongValue(where="until_day", why=f"after from_day, at most {LONGEST_DAYS} days later")
    c = reference_masses.c
    own = (c.organisation_id == actor.organisation_id, c.number == one.number, c.certificate == one.certificate)
    if connection.scalar(select(c.id).where(*own)) is not None:
        raise AlreadyExists(what="reference masses", name=one.number)
    row = {**vars(one), "organisation_id": actor.organisation_id, "recorded_ms": now_ms}
    made = int(connection.execute(insert(reference_masses).values(row).returning(c.id)).scalar_one())
    details = {"number": one.number, "certificate": one.certificate, "until": one.until_day.isoformat()}
    record(connection, actor, "masses.add", f"masses:{made}", details, now_ms)
    return made


def of_organisation(connection: Connection, organisation_id: int | None) -> list[MassSet]:
    """The sets of an institution, the newest certificate first."""
    c = reference_masses.c
    query = select(c.number, c.mass_class, c.certificate, c.from_day, c.until_day)
    query = query.where(c.organisation_id == organisation_id).order_by(c.until_day.desc(), c.id.desc())
    return [MassSet(*row) for row in connection.execute(query.limit(500))]


def not_certified(
    connection: Connection, organisation_id: int | None, numbers: Iterable[str], day: date
) -> list[MassNotCertified]:
    """A refusal for each of these sets that is not the institution's or was not certified on a day."""
    c = reference_masses.c
    held = select(c.number).where(c.organisation_id == organisation_id, c.from_day <= day, c.until_day >= day)
    certified = set(connection.scalars(held))
    wanted = dict.fromkeys(one.strip() for one in numbers)
    return [MassNotCertified(number=one, day=day.isoformat()) for one in wanted if one not in certified]
