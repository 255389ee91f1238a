"""What the one RS-232 port is for: console, till or printer. USB is a console whatever is set here.

No parameter: it changes no weight, and what comes in at the port does no more than keys or console do. It counts from
the next start, so a port is one thing as long as the scale is on.
"""

import asyncio

from agent.errors import Damaged
from agent.steps import spread

CONSOLE = "console"
TILL = "till"
PRINTER = "printer"
USES = (CONSOLE, TILL, PRINTER)

_FILE = "serial"
_writing = asyncio.Lock()  # the port may be a second console


def use(store):
    """One of USES: what the port is set to, a console where nothing else can be read."""
    try:
        stored = store.read(_FILE)
    except Damaged:
        return CONSOLE
    return stored if stored in USES else CONSOLE


async def set_use(store, to):
    """Set the port to one of USES, from the next start on; when this returns it is durable."""
    async with _writing:
        await spread(store.write_steps(_FILE, to))
