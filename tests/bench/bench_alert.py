"""From the change of a parameter leaving the scale to the alert at a connected client, with the demo's real parts.

The whole way: broker, ingest, rules, commit, outbox, event stream. Reference: the second that people are promised.
"""

import statistics
from typing import Any

from steelyard_simulator.demo.narration import Narration
from steelyard_simulator.demo.scene import set_up
from steelyard_simulator.demo.story import CHEAT_COMMAND, CHEAT_KG, Story
from steelyard_simulator.demo.waiting import until

PROMISED_S = 1.0
RULE = "parameter_change"


def rows() -> list[dict[str, Any]]:
    """One row: the median over the five scales."""
    with set_up(Narration(as_json=True), port=None) as scene:
        story = Story(scene)
        story.connect()
        for stall in scene.stalls:
            stall.place_goods(CHEAT_KG)
            stall.adjust(CHEAT_COMMAND)
        codes = [stall.public_code for stall in scene.stalls]
        until(lambda: all((RULE, code) in story.listener.seen_at for code in codes), "an alert for each scale")
        story.stop()
    taken_s = [story.listener.seen_at[RULE, code] - story.deadlines.changed_at[code] for code in codes]
    value = statistics.median(taken_s)
    return [
        {
            "name": "change to alert",
            "value": value,
            "unit": "s",
            "reference": PROMISED_S,
            "ratio": PROMISED_S / value,
        }
    ]
