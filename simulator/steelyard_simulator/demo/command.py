"""`steelyard demo`: five scales, one cheat, and what everybody sees of it."""

import json
import signal
import types
from typing import Annotated

import typer

from steelyard_simulator.demo.narration import Narration
from steelyard_simulator.demo.scene import Scene, set_up
from steelyard_simulator.demo.story import CHEAT, CUT, LEAST_S, Ending, Story

app = typer.Typer()


@app.callback(invoke_without_command=True)
def demo(
    for_s: Annotated[
        float | None,
        typer.Option("--for", metavar="SECONDS", help=f"End after this many seconds, at least {LEAST_S:.0f}."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as one JSON object.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the console and public pages; a free one by default.")
    ] = None,
) -> None:
    """Five simulated scales, the cloud, one cheat, and what everybody sees of it. Ctrl-C ends it.

    Exit code 0 only if the cheat was caught, the honest scales raised nothing, and nothing was lost.
    """
    if for_s is not None and not LEAST_S <= for_s < float("inf"):
        raise typer.BadParameter(f"the story takes {LEAST_S:.0f} s", param_hint="--for")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    narration = Narration(as_json)
    try:
        with set_up(narration, port) as scene:
            narration.sign(links(scene))
            story = Story(scene)
            try:
                story.play(for_s)
            except KeyboardInterrupt:
                if not story.deadlines.changed_at:
                    raise
                narration.say("Stopping …")
            ending = story.end()
    except KeyboardInterrupt:
        narration.say("Stopped; nothing is left running.")
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(ending.outcome.as_dict()))
    tell(ending, narration)
    raise typer.Exit(1 if ending.faults else 0)


def tell(ending: Ending, narration: Narration) -> None:
    """Say how it ended, for people."""
    for fault in ending.faults:
        narration.say(fault, "bold red")
    found = ending.outcome
    narration.say(
        f"{found.published} statements made, {found.stored} stored, {found.receipted} receipted; all is stopped."
    )


def links(scene: Scene) -> list[str]:
    """Where to look and what to try, with Rich's markup."""
    pages = [f"{stall.place:24} {scene.cloud.url}/s/{stall.public_code}" for stall in scene.stalls]
    return [
        f"Console, signed in once: [bold]{scene.sign_in_link()}[/bold]",
        "",
        f"The stall that sells, with displays, keys and receipts: [bold]{scene.counter.url}[/bold]",
        "",
        "Public pages, as a customer's phone opens them:",
        *pages,
        "",
        "Another terminal, at the scale that is going to be cheated with, and at an honest one:",
        f"  .venv/bin/steelyard scale watch --port {scene.stalls[CHEAT].scale.path}",
        f"  .venv/bin/steelyard scale status --port {scene.stalls[2].scale.path}",
        f"Soon {scene.stalls[CHEAT].place} cheats and {scene.stalls[CUT].place} loses its network. Ctrl-C ends it all.",
    ]


def interrupt(number: int, frame: types.FrameType | None) -> None:
    """End as with Ctrl-C."""
    raise KeyboardInterrupt
