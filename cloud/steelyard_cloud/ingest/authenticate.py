"""Authenticate: by a statement's own signature, or because an authentic statement of the same run links to it.

A scale that catches up sends runs in which every statement links to the one before. The last signature of a long run
vouches for all of it; the others are checked later, when there is time. Enrolments and boots never wait.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from threading import Lock

from steelyard_protocol.bodies import Kind
from steelyard_protocol.statement import LINK_BYTES
from steelyard_protocol.verifiers import Verifier, openssl

from steelyard_cloud.ingest.batch import Candidate
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.statements.stored import BY_LINK, BY_LINK_BAD_SIGNATURE, BY_SIGNATURE

TASK = 125  # signatures in one task of the pool: below 50 the hand-over costs more than the second core gives
ALWAYS_CHECKED = (Kind.ENROL, Kind.BOOT)
LONG_RUN = 4  # statements; in a shorter run checking some later costs more than checking all now
VERDICTS_KEPT = 65_536  # about 16 MiB


class Signatures:
    """Checks signatures, and remembers the newest verdicts: a message that comes again costs a look-up.

    They are known by the hash of the whole statement. It covers signature and identity, and an identity has one key
    for ever, so a verdict cannot change. Several threads may check at once.
    """

    def __init__(self, pool: Executor, verify: Verifier = openssl) -> None:
        self._pool, self._verify = pool, verify
        self._verdicts: Recent[bytes, bool] = Recent(VERDICTS_KEPT)
        self._lock = Lock()

    def check(self, candidates: Sequence[Candidate]) -> None:
        """Check each candidate's own signature: `authentic_by` or `failed` is set."""
        with self._lock:
            found = {one.statement.hash: self._verdicts.get(one.statement.hash) for one in candidates}
        fresh = list({one.statement.hash: one for one in candidates if found[one.statement.hash] is None}.values())
        if len(fresh) <= TASK:
            checked = self._check_some(fresh)
        else:
            parts = [fresh[start : start + TASK] for start in range(0, len(fresh), TASK)]
            checked = [good for some in self._pool.map(self._check_some, parts) for good in some]
        found |= {one.statement.hash: good for one, good in zip(fresh, checked, strict=True)}
        with self._lock:
            for one, good in zip(fresh, checked, strict=True):
                self._verdicts.put(one.statement.hash, good)
        for one in candidates:
            if found[one.statement.hash]:
                one.authentic_by = BY_SIGNATURE
            else:
                one.failed = True

    def _check_some(self, candidates: Sequence[Candidate]) -> list[bool]:
        asked = [one for one in candidates if not one.statement.is_made_without_the_key]
        verdicts = self._verify([one.statement.signed_by(one.key.public_key) for one in asked])
        good = {id(one) for one, verdict in zip(asked, verdicts, strict=True) if verdict}
        return [id(one) in good for one in candidates]


def authenticate(candidates: Sequence[Candidate], signatures: Signatures) -> None:
    """Set `authentic_by` and `failed` of the candidates of one batch, which stand in the order of arrival."""
    runs = _runs(candidates)
    first = [
        one
        for run in runs
        for one in run
        if one is run[-1] or len(run) < LONG_RUN or one.statement.kind in ALWAYS_CHECKED
    ]
    signatures.check(first)
    # Where the last one does not vouch, each of the run stands for itself.
    second = [one for run in runs if run[-1].failed for one in run if not (one.authentic_by or one.failed)]
    signatures.check(second)
    for run in runs:
        vouched = False
        for one in reversed(run):
            if vouched and not one.authentic_by:
                one.authentic_by = BY_LINK_BAD_SIGNATURE if one.failed else BY_LINK
            vouched = one.authentic_by != 0


def _runs(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Group by identity, and within it into runs in which each links to the one before."""
    open_runs: dict[bytes, list[Candidate]] = {}
    runs: list[list[Candidate]] = []
    for one in candidates:
        kid, statement = one.key.kid, one.statement
        run = open_runs.get(kid)
        if run is not None:
            last = run[-1].statement
            if statement.number == last.number + 1 and statement.link == last.hash[:LINK_BYTES]:
                run.append(one)
                continue
        open_runs[kid] = run = [one]
        runs.append(run)
    return runs
