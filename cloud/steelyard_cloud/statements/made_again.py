"""A summary of an older format, made again from the stored statements: once for each identity, after an upgrade."""

from dataclasses import dataclass, field

from steelyard_protocol.statement import parse

from steelyard_cloud.judge.chain import absorb, note_signatures, note_unchecked
from steelyard_cloud.judge.stored import Contents
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.statements.stored import BY_LINK, StoredStatements


@dataclass(slots=True)
class _SoFar:
    """What was stored before a statement, if all of them came by rising number."""

    number: int = 0
    under_it: list[tuple[bytes, bytes]] = field(default_factory=list)

    def contents(self, number: int, hash_: bytes, content_hash: bytes) -> Contents:
        """See judge.stored.Evidence."""
        return [pair for pair in self.under_it if number or pair[0] == hash_] if number == self.number else []

    def following(self, number: int) -> None:
        """See judge.stored.Evidence."""


def made_again(stored: StoredStatements, kid: bytes) -> Summary:
    """The summary of the identity whose statements these are."""
    summary, so_far = Summary(kid), _SoFar()
    for committed in stored.rows():
        statement = parse(committed.raw)
        number = statement.number
        if number != so_far.number:
            so_far.number, so_far.under_it = number, []
        absorb(summary, statement, committed.commit_ms, so_far, committed.latest_ms, committed.arrival)
        so_far.under_it.append((statement.hash, statement.content_hash))
    for number, arrival, authentic_by in stored.by_link():
        if authentic_by == BY_LINK:
            note_unchecked(summary, number, arrival)
        else:
            note_signatures(summary, number, number, [(number, arrival)])
    return summary
