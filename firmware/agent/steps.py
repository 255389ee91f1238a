"""Long computations in pieces: signing and verifying are generators, driven so that weighing goes on in between."""

import asyncio


async def finish(steps):
    """Drive the generator `steps` to its end, letting other tasks run after every piece; return what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
        await asyncio.sleep_ms(0)
