"""The task queue and tasks that MicroPython's asyncio normally takes from C, here under the board's clock.

The C ones read the PC's clock themselves. `install` must run before anything imports asyncio; after it asyncio's own
`core` (run loop, streams, locks) is used as it is.
"""

import sys

_core = None
_exhausts_in = 0  # how many tasks go on until one finds no heap, 0 for none


def exhaust(after):
    """Raise MemoryError in the task that goes on as the `after`-th from now."""
    global _exhausts_in
    _exhausts_in = int(after)


class TaskQueue:
    """Tasks by the tick at which they are due; equal ones in the order of arrival."""

    def __init__(self):
        self._tasks = []

    def peek(self):
        """The first task, or None."""
        return self._tasks[0] if self._tasks else None

    def push(self, task, key=None):
        """Put `task` in; without a key it is due now."""
        task.data = None
        task.ph_key = _core.ticks() if key is None else key
        tasks = self._tasks
        place = len(tasks)
        while place and _core.ticks_diff(tasks[place - 1].ph_key, task.ph_key) > 0:
            place -= 1
        tasks.insert(place, task)

    def pop(self):
        """Take the first task out."""
        global _exhausts_in
        task = self._tasks.pop(0)
        if _exhausts_in and self is _core._task_queue:
            _exhausts_in -= 1
            if not _exhausts_in:
                task.data = MemoryError("memory allocation failed")
        return task

    def remove(self, task):
        """Take `task` out, wherever it is."""
        self._tasks.remove(task)


class Task:
    """A coroutine that asyncio runs. `state`: True while it runs, a TaskQueue of who waits, None or False when done."""

    def __init__(self, coro, globals=None):
        self.coro = coro
        self.data = None
        self.state = True
        self.ph_key = 0

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif type(self.state) is not TaskQueue:
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        waiter = _core.cur_task
        self.state.push(waiter)
        waiter.data = self

    def done(self):
        """True once the coroutine has ended."""
        return not self.state

    def cancel(self):
        """Raise CancelledError inside the coroutine; False if it has ended already."""
        if not self.state:
            return False
        if self is _core.cur_task:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):
            task = task.data
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            _core._task_queue.push(task)
        elif _core.ticks_diff(task.ph_key, _core.ticks()) > 0:
            _core._task_queue.remove(task)
            _core._task_queue.push(task)
        task.data = _core.CancelledError
        return True


def install():
    """Make asyncio use this module's classes."""
    global _core
    if "asyncio" in sys.modules:
        raise RuntimeError("asyncio was imported before the simulated board could replace its clock")
    sys.modules["_asyncio"] = sys.modules[__name__]
    import asyncio.core

    _core = asyncio.core
