"""Who may read the audit log, and which of its entries somebody asks for: the same by the API and on the page."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated

from fastapi import Depends, Query

from steelyard_cloud.people.log import Wanted, may_read
from steelyard_cloud.people.roles import READS_LOG, Principal
from steelyard_cloud.web.http.context import Here, Someone
from steelyard_cloud.web.http.fields import DayOrNothing
from steelyard_cloud.web.http.problems import NotAllowed, NotSignedIn

Text = Annotated[str, Query(max_length=80)]


@dataclass(frozen=True)
class Filter:
    """What is asked for; `told` as it goes into the log itself."""

    wanted: Wanted
    told: dict[str, str]


def asked_for(
    here: Here,
    actor: Text = "",
    action: Text = "",
    object: Text = "",
    since: DayOrNothing = None,
    until: DayOrNothing = None,
) -> Filter:
    """The filter in the address; days are those of the platform's zone, the last one with all of it."""
    day_after = None if until is None or until == date.max else until + timedelta(days=1)
    wanted = Wanted(
        actor.strip(), action.strip(), object.strip(), _begin_ms(since, here.zone), _begin_ms(day_after, here.zone)
    )
    told = {"actor": actor, "action": action, "object": object, "since": str(since or ""), "until": str(until or "")}
    return Filter(wanted, told)


Asked = Annotated[Filter, Depends(asked_for)]


def reader_of_log(principal: Someone) -> Principal:
    """Somebody who may read the log; raises NotSignedIn and NotAllowed."""
    if principal is None:
        raise NotSignedIn
    if not may_read(principal):
        raise NotAllowed(role=principal.role.value, needs=", ".join(sorted(READS_LOG)))
    return principal


def _begin_ms(day: date | None, zone: tzinfo) -> int | None:
    return None if day is None else int(datetime.combine(day, time(), zone).timestamp() * 1000)
