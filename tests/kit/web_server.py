"""The real web server of the cloud in a thread of the test, on a free loopback port."""

import asyncio
import socket
import threading

import uvicorn
from fastapi import FastAPI

from kit.servers import wait_until

PATIENCE_S = 20


class PromptServer(uvicorn.Server):
    """Looks fifty times a second whether it is to end, as hundreds of tests wait for that."""

    async def main_loop(self) -> None:
        """Serve until it is to end."""
        turn = 0
        while not await self.on_tick(turn):
            turn += 1
            await asyncio.sleep(0.02)


class WebServer:
    """`port` is taken when it is made; `start` and `stop` what answers there."""

    def __init__(self) -> None:
        # asyncio turns Nagle's delay off only for a socket that says it is TCP, as the server's own do
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self.port = int(self._socket.getsockname()[1])

    def start(self, app: FastAPI) -> None:
        """Serve the app; returns when it answers."""
        self._app = app
        configuration = uvicorn.Config(app, port=self.port, log_level="warning", loop="asyncio")
        server = self._server = PromptServer(configuration)
        self._thread = threading.Thread(target=server.run, args=([self._socket],), name="web")
        self._thread.start()
        wait_until(lambda: server.started, PATIENCE_S, "the start of the web server")

    def stop(self) -> None:
        """End it and its event streams; it must have been started."""
        self._app.state.context.hub.stop()
        self._server.should_exit = True
        self._thread.join(timeout=PATIENCE_S)
        assert not self._thread.is_alive()
        self._socket.close()

    def close(self) -> None:
        """Give up the port of a server that was never started."""
        self._socket.close()
