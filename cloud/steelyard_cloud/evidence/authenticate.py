"""Who said what in an evidence file: the platform's seal, and every statement's signature."""

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from steelyard_protocol import cose, downlink, identity
from steelyard_protocol.statement import Statement, StatementError, parse

from steelyard_cloud.evidence.bundle import EXTERNAL, Bundle
from steelyard_cloud.evidence.chains import FileChain
from steelyard_cloud.judge.checks.material import Origin, Signatures

TASK = 125  # signatures in one task of the pool: with fewer the hand-over costs more than a second core gives
AHEAD = 8  # tasks that may be in the pool or behind it, so that memory stays bounded


def origin_of(bundle: Bundle, trusted: Iterable[bytes]) -> Origin:
    """Whose seal it is; `trusted` are the thumbprints of the roots that the reader trusts, none where he names none."""
    root = identity.thumbprint(bundle.root) if len(bundle.root) == 65 else b""
    known = set(trusted)
    return Origin(root=root, trusted=root in known if known else None, problem=_seal_problem(bundle))


def _seal_problem(bundle: Bundle) -> str | None:
    """Root → key set → authority → seal over the contents; gives the code of what is wrong."""
    if len(bundle.root) != 65:
        return "root-key"
    authorities = authorities_of(bundle)
    if authorities is None:
        return "key-set"
    try:
        seal, kid = cose.decode_sign1(bundle.seal), downlink.kid_of(bundle.seal)
    except ValueError:
        return "invalid-seal"
    key = authorities.get(kid)
    if key is None:
        return "not-authority"
    if seal.payload != hashlib.sha256(bundle.contents).digest():
        return "changed"
    valid = seal.tagged and not seal.unprotected_header
    return None if valid and cose.verify1(bundle.seal, key, EXTERNAL, (cose.ESP256,)) else "invalid-seal"


def authorities_of(bundle: Bundle) -> Mapping[bytes, bytes] | None:
    """Identity → key of the platform's keys with the role authority; None where the root did not sign a key set."""
    try:
        key_set = downlink.open_order(bundle.key_set, bundle.root)
    except ValueError:
        return None
    if not isinstance(key_set, downlink.KeySet):
        return None
    return {identity.kid(key): key for key, roles in key_set.keys if roles & downlink.Role.AUTHORITY}


class Candidate(NamedTuple):
    """A statement of one of the scale's identities, and its place in the file."""

    chain: FileChain
    statement: Statement
    place: int


def authenticate(bundle: Bundle, chains: Mapping[bytes, FileChain]) -> Signatures:
    """Put every authentic statement of the file into the chain of its identity; what became of the others."""
    doubtful: list[tuple[FileChain, int, int]] = []
    sorting = _Sorting(bundle, chains)
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[list[tuple[Candidate, bool]]]] = deque()
        for task in sorting.tasks():
            waiting.append(pool.submit(_check, task))
            if len(waiting) >= AHEAD:
                doubtful += _take(waiting.popleft().result())
        while waiting:
            doubtful += _take(waiting.popleft().result())
    bad = list(_not_linked(bundle, doubtful))
    for chain in chains.values():
        chain.finish()
    return Signatures(
        own=sum(chain.by_signature for chain in chains.values()),
        linked=sum(chain.by_link for chain in chains.values()),
        bad=tuple(sorted(bad)),
        strangers=sorting.strangers,
        unreadable=sorting.unreadable,
        in_order=sorting.in_order,
    )


class _Sorting:
    """Goes through the file's statements once, and counts what is no statement of the scale."""

    def __init__(self, bundle: Bundle, chains: Mapping[bytes, FileChain]) -> None:
        self.strangers = self.unreadable = 0
        self.in_order = True
        self._bundle, self._chains = bundle, chains

    def tasks(self) -> Iterator[list[Candidate]]:
        """So many statements at a time."""
        candidates = self._candidates()
        while task := list(islice(candidates, TASK)):
            yield task

    def _candidates(self) -> Iterator[Candidate]:
        """By their places; those that came late after the others, as they came."""
        ranks = {kid: rank for rank, kid in enumerate(self._chains)}
        before, late = (-1, 0, b""), list[tuple[int, int]]()
        for place, stored in enumerate(self._bundle.statements):
            try:
                statement = parse(stored.raw)
            except StatementError:
                self.unreadable += 1
                continue
            chain = self._chains.get(statement.kid)
            if chain is None:
                self.strangers += 1
                continue
            key = (ranks[statement.kid], statement.number, statement.hash)
            self.in_order &= before < key
            before = key
            if stored.arrival:
                late.append((stored.arrival, place))
            else:
                yield Candidate(chain, statement, place)
        for _, place in sorted(late):
            statement = parse(self._bundle.statements[place].raw)
            yield Candidate(self._chains[statement.kid], statement, place)


def _check(task: list[Candidate]) -> list[tuple[Candidate, bool]]:
    return [(one, one.statement.verifies(one.chain.public_key)) for one in task]


def _take(checked: list[tuple[Candidate, bool]]) -> list[tuple[FileChain, int, int]]:
    """Add what is signed; chain, number and place of the rest."""
    for one, signed in checked:
        if signed:
            one.chain.add(one.statement, one.place)
    return [(one.chain, one.statement.number, one.place) for one, signed in checked if not signed]


def _not_linked(bundle: Bundle, doubtful: list[tuple[FileChain, int, int]]) -> Iterator[int]:
    """Add those that an authentic statement links to, from the last to the first; numbers of the others."""
    for chain, number, place in sorted(doubtful, key=lambda one: -one[1]):
        statement = parse(bundle.statements[place].raw)
        if chain.vouches_for(statement):
            chain.add(statement, place, linked=True)
        else:
            yield number
