"""What a script needs to run parts of the agent at a desk: a board without pins, and a clock that can be put forward.

Import it before anything of the agent. It also answers a test's commands: one JSON line in, one out.
"""

import asyncio
import json
import sys
import time


class _Absent:
    pass


sys.modules["board"] = board = _Absent()
sys.modules["machine"] = _Absent()
board.RTC_BATTERY = False
board.REPL = False
board.PORT = "rp2"

from agent.errors import AgentError
from agent.port import clock

_ahead_ms = 0


def put_forward(ms):
    """Let the clock show `ms` more from now on; asyncio's own timers do not notice."""
    global _ahead_ms
    _ahead_ms += ms


clock.ticks_ms = lambda: time.ticks_add(time.ticks_ms(), _ahead_ms)
clock.uptime_s = lambda: (time.ticks_ms() + _ahead_ms) // 1000


def _set_unix_time(unix_s):
    offset_s = unix_s - clock.uptime_s()
    clock.unix_time = lambda: clock.uptime_s() + offset_s


clock.set_unix_time = _set_unix_time


class Network:
    """The desk's network: loopback TCP that can be unplugged."""

    def __init__(self):
        self.connected = True
        self.stream = None
        self.doubted = []

    async def up(self):
        return self.connected

    def must_ask(self, host, port):
        return False

    def doubt(self, host, port):
        self.doubted.append([host, port])

    async def open(self, host, port, tls=False, timeout_ms=10000, standstill=None, calm=True):
        if not self.connected:
            raise OSError("network down")
        try:
            self.stream, _ = await asyncio.wait_for_ms(asyncio.open_connection(host, port), timeout_ms)
        except asyncio.TimeoutError:
            raise OSError("no connection to %s:%d within %d ms" % (host, port, timeout_ms)) from None
        return self.stream, self.stream


async def obey(commands):
    """Answer each line `[name, argument, …]` with the JSON of what `commands[name](argument, …)` returns."""
    lines = asyncio.StreamReader(sys.stdin)
    while True:
        line = await lines.readline()
        if not line:
            return
        name, *arguments = json.loads(line)
        try:
            answer = commands[name](*arguments)
            if hasattr(answer, "send"):
                answer = await answer
        except (AgentError, OSError) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer))
