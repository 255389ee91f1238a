"""Vouch: the last word on what is authentic. A link covers the whole bytes before it, a bad signature included.

So an authentic statement vouches for the one that it links to: in its own batch, when it is stored already, and when
the other has been in the quarantine.
"""

from collections.abc import Sequence

from steelyard_protocol.statement import LINK_BYTES, parse

from steelyard_cloud.db.database import Engine, reading
from steelyard_cloud.ingest.batch import Batch, Candidate
from steelyard_cloud.ingest.cache.links import QuarantinedLinks
from steelyard_cloud.ingest.limits import FailureBudget
from steelyard_cloud.statements import quarantine
from steelyard_cloud.statements.stored import BY_LINK_BAD_SIGNATURE, StoredStatements


def vouch(batch: Batch, engine: Engine, links: QuarantinedLinks, budget: FailureBudget, now_ms: int) -> None:
    """Take out what is not authentic, unless a stored statement links to it; add what authentic ones link to."""
    doubtful = [one for one in batch.candidates if not one.authentic_by]
    if doubtful:
        _vouch_by_stored(engine, doubtful)
        _vouch_within(batch, [one for one in doubtful if not one.authentic_by])
    batch.candidates, offered = [], batch.candidates
    for one in offered:
        if one.authentic_by:
            batch.candidates.append(one)
        else:
            budget.fail(one.topic, now_ms)
            batch.suspect(one.topic, one.statement.kid, quarantine.BAD_SIGNATURE, one.statement.raw)
    _vouch_for_quarantined(batch, engine, links)


def _vouch_within(batch: Batch, doubtful: Sequence[Candidate]) -> None:
    """What an authentic statement of the same batch links to, in whatever order they stand in it."""
    links = {(one.key.kid, one.statement.link) for one in batch.candidates if one.authentic_by}
    for one in sorted(doubtful, key=lambda one: -one.statement.number):
        if (one.key.kid, one.statement.hash[:LINK_BYTES]) in links:
            one.authentic_by = BY_LINK_BAD_SIGNATURE
            links.add((one.key.kid, one.statement.link))


def _vouch_by_stored(engine: Engine, doubtful: Sequence[Candidate]) -> None:
    """What a stored statement links to."""
    with reading(engine) as connection:
        for one in doubtful:
            if StoredStatements(connection, one.key).links_to(one.statement.hash, one.statement.number):
                one.authentic_by = BY_LINK_BAD_SIGNATURE


def _vouch_for_quarantined(batch: Batch, engine: Engine, links: QuarantinedLinks) -> None:
    """What an authentic statement links to is authentic too, also when its own signature was refused before."""
    if links.empty:
        return
    wanted = [one for one in batch.candidates if (one.key.kid, one.statement.link) in links]
    if not wanted:
        return
    with reading(engine) as connection:
        while wanted:
            later = wanted.pop()
            link = later.key.kid, later.statement.link
            if link not in links or link in batch.vouched:
                continue
            batch.vouched.add(link)
            for id_, raw in quarantine.linked(connection, later.key.up, later.statement.link):
                earlier = Candidate(parse(raw), later.key, later.topic, BY_LINK_BAD_SIGNATURE, failed=True)
                batch.candidates.append(earlier)
                batch.released.append(id_)
                wanted.append(earlier)
