"""The cloud's REST API as a program outside sees it: one client for each token, and a listener for alerts."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from steelyard_gateway.errors import PlatformAway, RequestFailed

Answer = dict[str, Any]


class Client:
    """Requests with one bearer token, or none."""

    def __init__(self, url: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=20)

    def get(self, path: str, **query: Any) -> Answer:
        """GET; raises RequestFailed and PlatformAway."""
        return self._checked("GET", path, params=query)

    def post(self, path: str, **body: Any) -> Answer:
        """POST with an idempotency key of its own; raises RequestFailed and PlatformAway."""
        return self._checked("POST", path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _checked(self, method: str, path: str, **request: Any) -> Answer:
        try:
            response = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise PlatformAway(url=self._http.base_url, why=error) from error
        if response.is_success:
            answer: Answer = response.json()
            return answer
        try:
            told = response.json()
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}
        raise RequestFailed(
            method=response.request.method,
            path=response.request.url.path,
            answer=response.status_code,
            detail=told.get("detail") or told.get("title") or response.text[:200],
            problem=str(told.get("type", "")).rsplit(":", 1)[-1],
        )


class AlertListener:
    """A connected client of the event stream: remembers when each alert was first seen, by rule and scale.

    `tell(event)` is called from the listener's own thread for each alert that is new.
    """

    def __init__(self, url: str, token: str, tell: Callable[[Answer], None]) -> None:
        self.seen_at: dict[tuple[str, str], float] = {}
        self.connected = threading.Event()
        self._tell, self._stop = tell, threading.Event()
        self._http = httpx.Client(
            base_url=f"{url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(10, read=60),
        )
        self._thread = threading.Thread(target=self._listen, name="alerts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect."""
        self._stop.set()
        self._http.close()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                with self._http.stream("GET", "/events", params={"topics": "alert"}) as response:
                    response.raise_for_status()
                    self.connected.set()
                    for line in response.iter_lines():
                        if line.startswith("data:"):
                            self._take(json.loads(line.removeprefix("data:")))
            except (httpx.HTTPError, RuntimeError, OSError):
                self._stop.wait(0.5)  # reconnect, as a browser's EventSource does

    def _take(self, event: Answer) -> None:
        key = (str(event["rule"]), str(event["scale"]))
        if key not in self.seen_at:
            self.seen_at[key] = time.monotonic()
            self._tell(event)
