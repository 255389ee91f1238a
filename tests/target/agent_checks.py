"""Checks of the agent's duties on a scale of stand-ins: when the journal is full, when others are at it too."""

import hal_asyncio

hal_asyncio.install()

import asyncio
import json
import sys

from hal_board import BOARD

BOARD.start(cell="ideal", seed=5)
RUNS_ON = "simulated"
OPENED = ["synced", 2, 7]


class StandIn:
    """Has what a check gives it."""

    def __init__(self, **parts):
        for name, part in parts.items():
            setattr(self, name, part)


class Chain:
    """Takes a second to sync a statement; refuses while it is full."""

    enrolled = True

    def __init__(self, full, log):
        self.full = full
        self.log = log

    async def append(self, kind, body, settle=None):
        from agent.record.journal import JournalFull

        await asyncio.sleep_ms(1000)
        if self.full:
            raise JournalFull
        self.log.append(["synced", body[0], body[1][0]])


class Lock:
    def engage(self, why):
        pass

    async def state(self, chain):
        pass


def _agent(full):
    from agent.app import Agent
    from agent.port import clock
    from agent.record.events import Events

    log = []
    chain = Chain(full, log)

    async def close_session(why):
        pass

    scale = StandIn(
        chain=chain,
        events=Events(chain, clock),
        ledger=StandIn(lock=Lock()),
        latch=StandIn(forget=lambda: log.append(["forgotten"])),
        parameters=StandIn(in_repair=False),
        sessions=StandIn(close=close_session),
    )
    return Agent(scale), chain, log


async def test_the_latch_forgets_an_opening_only_when_it_is_synced():
    """The journal is full when the case is opened, and has room some minutes later."""
    agent, chain, log = _agent(full=True)
    await agent._case_opened(7)
    await agent._tell_case()
    assert log == []
    chain.full = False
    await agent._tell_case()
    assert log == [OPENED, ["forgotten"]]


async def test_the_latch_is_told_of_once_though_housekeeping_comes_by_while_it_is_synced():
    agent, _, log = _agent(full=False)
    opened = asyncio.create_task(agent._case_opened(7))
    await asyncio.sleep_ms(500)
    await agent._tell_case()
    await opened
    assert log[0] == OPENED
    assert log.count(OPENED) == 1


async def test_the_lock_is_told_of_once_though_two_tasks_find_it_due():
    from agent.sealing.lock import CASE_OPENED
    from agent.sealing.lock import Lock as RealLock

    log = []
    real = RealLock(StandIn(read=lambda name: [CASE_OPENED, False]))
    chain = Chain(False, log)
    await asyncio.gather(real.state(chain), real.state(chain))
    assert len(log) == 1


async def test_a_line_that_finds_no_room_in_memory_is_answered_and_stops_nothing():
    """A command's modules find no room in memory; the next line finds it again."""
    from agent import console

    written = []

    async def write(text):
        written.append(text)

    def no_room(name):
        raise MemoryError

    served = console.ServiceConsole(StandIn(write=write, key=None), StandIn())
    console.__import__ = no_room
    await served._answer(b"help", None)
    await served._answer(b"help json", None)
    del console.__import__
    await served._answer(b"tarragon json", None)
    plain, as_json, after = written
    assert plain.startswith("error: ")
    assert json.loads(as_json)["error"] == "no-room"
    assert json.loads(after)["error"] == "unknown-command"


async def test_what_a_line_loads_is_let_go_of_with_it():
    """Of a command that loads more than commands."""
    from agent import app, console

    async def write(text):
        pass

    assert app and asyncio.Lock  # with these everything is loaded that is there before anything is typed
    before = set(sys.modules)
    served = console.ServiceConsole(StandIn(write=write, key=None), StandIn())
    await served._answer(b"help json", None)  # it loads every command
    assert [name for name in sys.modules if name not in before] == []
    assert not hasattr(sys.modules["agent"], "commands")
