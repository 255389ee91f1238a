"""Server-sent events: alerts and where scales stand, as it is committed, for pages and programs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse

from steelyard_cloud.people.roles import EVERYBODY, SEES_ALERTS, Principal
from steelyard_cloud.web.http.context import Here, needs
from steelyard_cloud.web.http.problems import NotAllowed, TooManyStreams
from steelyard_cloud.web.stream import MOST_STREAMS

router = APIRouter(tags=["events"])

TOPICS = frozenset({"alert", "scale", "life"})


@router.get("/events", response_class=EventSourceResponse)
async def events(
    here: Here,
    principal: Annotated[Principal, Depends(needs(EVERYBODY))],
    topics: Annotated[str, Query(max_length=60)] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """Events on scales that the caller may see: `alert` (new, changed or decided), `scale` (it stands differently),
    `life` (a step of its life was taken).

    `topics` narrows them, separated by commas. A client that reconnects with Last-Event-ID misses nothing; where what
    it missed is not kept any more, or the id is not one of ours, the event `resync` tells it to read the lists again.
    """
    wanted = (frozenset(filter(None, topics.split(","))) or TOPICS) & TOPICS
    if principal.role not in SEES_ALERTS:
        wanted -= {"alert"}
    if not wanted:
        raise NotAllowed(role=principal.role.value, needs=", ".join(sorted(SEES_ALERTS)))

    if not here.hub.has_room_for(principal.actor):
        raise TooManyStreams(most=MOST_STREAMS)
    await run_in_threadpool(here.log_list, principal, "event", topics=", ".join(sorted(wanted)))
    await here.hub.ready()
    return EventSourceResponse(here.hub.listen(principal, wanted, last_event_id), ping=15, send_timeout=10)
