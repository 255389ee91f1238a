"""Principals from the rows of people and tokens, with what their organisation covers."""

from typing import Any

from sqlalchemy import Connection, select

from steelyard_cloud.db.schema import organisations, tokens, users
from steelyard_cloud.people.organisations import powers
from steelyard_cloud.people.roles import Principal, Role

_PLACE = (
    organisations.c.id.label("organisation_id"),
    organisations.c.name.label("organisation"),
    organisations.c.division_code,
)
PERSON = select(users.c.id, users.c.name, users.c.role, users.c.manages, *_PLACE)
"""What `person` needs of a row of users and organisations."""
PROGRAM = select(tokens.c.id, tokens.c.name, tokens.c.role, tokens.c.scope, *_PLACE)
"""What `program` needs of a row of tokens and organisations."""


def person(connection: Connection, row: Any) -> Principal:
    """Somebody who is signed in."""
    return _principal(connection, f"user:{row.id}", row, user_id=row.id, manages=row.manages)


def program(connection: Connection, row: Any) -> Principal:
    """Whoever carries a token."""
    scope = None if row.scope is None else frozenset(row.scope)
    return _principal(connection, f"token:{row.id}", row, scope=scope)


def _principal(connection: Connection, actor: str, row: Any, **more: Any) -> Principal:
    place = powers(connection, row.organisation_id)
    return Principal(
        actor=actor,
        role=Role(row.role),
        name=row.name,
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        division=row.division_code,
        divisions=tuple(place),
        paths=tuple(place.values()),
        **more,
    )
