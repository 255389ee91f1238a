"""POSTs that may be sent twice: a key chosen by the client makes the second one give the first one's answer.

The key is written in the transaction of its effect, so either both exist or neither. It belongs to the caller and to
the exact request; the same key with another request is refused.
"""

import contextlib
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header
from fastapi.responses import JSONResponse

from steelyard_cloud.db import idempotency
from steelyard_cloud.db.database import Connection, IntegrityError
from steelyard_cloud.people.roles import Principal
from steelyard_cloud.web.http.context import Context, Here, request_hash
from steelyard_cloud.web.http.problems import KeyReused

ATTEMPTS = 5

Effect = Callable[[Connection], dict[str, Any]]


class Once:
    """Carries out one request's effect in one transaction, once for each Idempotency-Key."""

    def __init__(self, here: Context, key: str | None, digest: bytes) -> None:
        self.here, self.key, self.digest = here, key, digest

    def __call__(
        self, principal: Principal, effect: Effect, *, status: int = 201, wakes: str | None = None
    ) -> JSONResponse:
        """Run `effect(connection)` and answer with what it gives, or repeat the answer of the first time.

        An effect that raises leaves nothing behind, so the same key may be tried again. After the commit the owner of
        the shard `wakes` is told that there is something to judge.
        """
        for _ in range(ATTEMPTS - 1):
            # On PostgreSQL two transactions may want the same key or the same next number; one of them has it by now.
            with contextlib.suppress(IntegrityError):
                return self._run(principal, effect, status, wakes)
        return self._run(principal, effect, status, wakes)

    def _run(self, principal: Principal, effect: Effect, status: int, wakes: str | None) -> JSONResponse:
        with self.here.writing() as connection:
            if self.key is not None:
                if again := self._answered(connection, principal.actor, self.key):
                    return again
                idempotency.claim(connection, principal.actor, self.key, self.digest, status, self.here.now_ms())
            body = effect(connection)
            if self.key is not None:
                idempotency.keep(connection, principal.actor, self.key, body)
        if wakes is not None:
            self.here.wake(wakes)
        return JSONResponse(body, status)

    def _answered(self, connection: Connection, actor: str, key: str) -> JSONResponse | None:
        first = idempotency.answered(connection, actor, key)
        if first is None:
            return None
        if first.request_hash != self.digest:
            raise KeyReused(key=key)
        return JSONResponse(first.body, first.status, {"Idempotent-Replayed": "true"})


def _once(
    here: Here,
    digest: Annotated[bytes, Depends(request_hash)],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=80)] = None,
) -> Once:
    return Once(here, idempotency_key, digest)


Repeatable = Annotated[Once, Depends(_once)]
