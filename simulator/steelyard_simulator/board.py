"""One powered life of a simulated board: the MicroPython process, its control channel, how it ended."""

from __future__ import annotations

import json
import queue
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from steelyard_simulator import interpreter
from steelyard_simulator.errors import BoardEnded, NoAnswer, RequestRefused

EXIT_POWER_CUT = 75
EXIT_RESET = 76
_PATIENCE_S = 60.0

State = dict[str, Any]


class Board:
    """Starts the process at once. `console` is the descriptor of its standard input and output, `configuration["uart"]`
    that of its serial port.

    `last_state` is the state in which it ended, if that was a power cut or a reset.

    `on_connect(host, port)` hears where the agent is about to connect to, `on_uart(baudrate)` how fast the serial port
    is now, `on_end(board, exit_code)` that the process has ended; from the thread that reads the control channel.
    """

    def __init__(
        self,
        configuration: dict[str, Any],
        console: int,
        errors: BinaryIO,
        on_connect: Callable[[str, int], None],
        on_uart: Callable[[int], None],
        on_end: Callable[[Board, int], None],
    ) -> None:
        self._control, theirs = socket.socketpair()
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._numbers = 0
        self.last_state: State | None = None
        self._asking = threading.Lock()
        self._writing = threading.Lock()
        self._on_connect = on_connect
        self._on_uart = on_uart
        self._on_end = on_end
        with theirs:
            self.process = subprocess.Popen(
                interpreter.command("start.py", theirs.fileno()),
                env=interpreter.environment(Path(configuration["firmware"]), configuration["board"]),
                stdin=console,
                stdout=console,
                stderr=errors,
                pass_fds=[theirs.fileno(), configuration["uart"]],
                start_new_session=True,
            )
        self._write(configuration)
        self._reader = threading.Thread(target=self._read, name=f"board {self.process.pid}", daemon=True)
        self._reader.start()

    def ask(self, request: str, timeout: float = _PATIENCE_S, **arguments: Any) -> State:
        """Send a request and return the board's state after it.

        Raises RequestRefused, BoardEnded if the process ends meanwhile, NoAnswer after `timeout` seconds.
        """
        with self._asking:
            self._numbers += 1
            number = self._numbers
            self._write({"id": number, "do": request, **arguments})
            while True:
                try:
                    answer = self._answers.get(timeout=timeout)
                except queue.Empty:
                    raise NoAnswer(command=request, seconds=timeout, output="") from None
                if answer is None:
                    self._answers.put(None)
                    raise BoardEnded()
                if answer["id"] == number:
                    break
        if "error" in answer:
            raise RequestRefused(request=request, reason=answer["error"])
        state: State = answer["state"]
        return state

    def join(self) -> None:
        """Wait until the process has ended and `on_end` has returned."""
        self._reader.join()

    def end(self) -> int:
        """End the process, if it still runs, and return its exit code."""
        if self.process.poll() is None:
            self.process.kill()
        code = self.process.wait()
        self._reader.join()
        return code

    def _write(self, message: dict[str, Any]) -> None:
        # A process that has ended is what the reader finds out.
        with self._writing, suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    def _read(self) -> None:
        # A process that ends with requests unread resets the channel; what it had written before has been read by then.
        with self._control.makefile("rb") as lines, suppress(ConnectionResetError):
            for line in lines:
                message = json.loads(line)
                if "connect" in message:
                    self._on_connect(*message["connect"])
                    self._write({"do": "connected"})
                elif "uart" in message:
                    self._on_uart(message["uart"])
                elif "ended" in message:
                    self.last_state = message["ended"]
                else:
                    self._answers.put(message)
        code = self.process.wait()
        with self._writing:
            self._control.close()
        self._answers.put(None)
        self._on_end(self, code)
