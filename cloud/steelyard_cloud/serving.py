"""The cloud's processes: ingest, API and pages, apart or in one.

Only the commands that run them import this module: it brings most of the program, which the others need not wait for.
"""

import signal
import threading
from typing import Any

import uvicorn
from sqlalchemy import Engine

from steelyard_cloud.db import feeds, notices
from steelyard_cloud.ingest.process import Ingest
from steelyard_cloud.settings import Settings
from steelyard_cloud.web.app import create_app

SHUTDOWN_S = 3


def everything(settings: Settings, engine: Engine) -> None:
    """Run ingest, API and pages in this process until it is told to end; raises KeysError."""
    woken = threading.Event()
    web = create_app(settings, engine, wake=lambda _shard: woken.set())
    hub = web.state.context.hub
    ingest = Ingest.of(settings, engine, woken, on_news=hub.wake)
    ingest.start()
    try:
        with notices.listening(engine, {feeds.CHANGES: woken.set, feeds.OUTBOX: hub.wake}):
            _serve(web, settings)
    finally:
        ingest.stop()


def pages(settings: Settings, engine: Engine) -> None:
    """Run API and pages until the process is told to end."""
    web = create_app(settings, engine)
    with notices.listening(engine, {feeds.OUTBOX: web.state.context.hub.wake}):
        _serve(web, settings)


def receiving(settings: Settings, engine: Engine) -> None:
    """Run ingest for the shards that the settings name until the process is told to end; raises KeysError."""
    ended = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: ended.set())
    running = Ingest.of(settings, engine)
    running.start()
    with notices.listening(engine, {feeds.CHANGES: running.wake}):
        ended.wait()
    running.stop()


class _Server(uvicorn.Server):
    """uvicorn waits for open streams before it ends; ours end first."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.config.app.state.context.hub.stop()  # type: ignore[union-attr]  # always our own application
        super().handle_exit(sig, frame)


def _serve(web_app: Any, settings: Settings) -> None:
    config = uvicorn.Config(
        web_app,
        settings.listen_host,
        settings.listen_port,
        log_level="warning",
        timeout_graceful_shutdown=SHUTDOWN_S,
        server_header=False,
    )
    _Server(config).run()
