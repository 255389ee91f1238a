"""Long work in pieces: signing, verifying and saving are generators, driven so that weighing goes on meanwhile."""

import asyncio
import gc

from micropython import const

# More garbage than a piece leaves behind, with what other tasks leave meanwhile.
_PIECE_GARBAGE_BYTES = const(24576)
# Collecting is work too, but the more garbage there is, the longer the search for free heap between it.
_MOST_PIECES = const(3)


class _Budget:
    pieces = 0  # for how many pieces the free heap lasts, once it is known


async def collect():
    """Collect garbage now, by itself, so that what follows need not."""
    await asyncio.sleep_ms(0)
    gc.collect()
    await asyncio.sleep_ms(0)


async def spread(steps):
    """Drive the iterable `steps`, whose pieces leave little garbage, letting other tasks run after every one."""
    for _ in steps:
        await asyncio.sleep_ms(0)


async def finish(steps):
    """Drive the generator `steps` to its end, letting other tasks run after every piece; return what it returns.

    A step that waits for a chip yields for how many milliseconds. Garbage is collected between pieces and not within
    one: either takes about as long as weighing can wait.
    """
    try:
        return await _finish(steps)
    finally:
        steps.close()  # a task that is cancelled gives back what its steps hold


async def _finish(steps):
    left = 0
    while True:
        if not left:
            await collect()
            if not _Budget.pieces:
                # Asked once, as counting takes as long as a piece.
                _Budget.pieces = min(_MOST_PIECES, 1 + gc.mem_free() // _PIECE_GARBAGE_BYTES)
                await asyncio.sleep_ms(0)
            left = _Budget.pieces
        try:
            wait_ms = next(steps)
        except StopIteration as stop:
            await asyncio.sleep_ms(0)  # the last piece is one too: what is done with the result comes after it
            return stop.value
        if wait_ms is None:
            left -= 1
        await asyncio.sleep_ms(wait_ms or 0)
