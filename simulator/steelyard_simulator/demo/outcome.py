"""What the demo found, as it is printed with `--json`, and whether everything went as it must."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from steelyard_gateway.platform import Client

from steelyard_simulator.demo.errors import NotInTime
from steelyard_simulator.demo.market import Stall, together
from steelyard_simulator.demo.waiting import until

CHEAT_RULE = "parameter_change"
SETTLE_S = 20.0
PAGE = 500


@dataclass(frozen=True)
class Outcome:
    """Counts over all scales; `alerts` have rule, scale, and the seconds from the change to a connected client.

    `published` are the statements that the scales have made, `stored` those of them that the cloud holds, `receipted`
    those for which the scales hold a verified receipt.
    """

    scales: int
    published: int
    stored: int
    receipted: int
    gaps: int
    forks: int
    quarantined: int
    alerts: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """The JSON object."""
        return asdict(self)

    def faults(self, cheat: str, public_page_altered: bool) -> list[str]:
        """Sentences on what is not as it must be; none where the cheat was caught and nothing else happened."""
        found = []
        caught = [alert for alert in self.alerts if alert["scale"] == cheat and alert["rule"] == CHEAT_RULE]
        if not caught or caught[0]["seconds"] is None:
            found.append("The cheat was not caught: no alert on its scale reached the connected client.")
        if not public_page_altered:
            found.append("The cheat's public page does not say Altered.")
        others = sorted({f"{alert['rule']} on {alert['scale']}" for alert in self.alerts if alert["scale"] != cheat})
        if others:
            found.append(f"Honest scales raised alerts: {', '.join(others)}.")
        if not self.published == self.stored == self.receipted:
            found.append(f"Of {self.published} statements {self.stored} are stored and {self.receipted} receipted.")
        counts = {"gaps": self.gaps, "forks": self.forks, "quarantined statements": self.quarantined}
        found += [f"There are {count} {what}, and nobody made any." for what, count in counts.items() if count]
        return found


def settle(stalls: list[Stall]) -> list[tuple[Stall, int, int]]:
    """Each stall with the number of its last statement and of the last receipt, waited for until they are equal."""

    def numbers(stall: Stall) -> tuple[Stall, int, int]:
        status = stall.ask("status")
        return stall, int(status["number"]), int(status["receipted"])

    last: list[tuple[Stall, int, int]] = []

    def settled() -> bool:
        last[:] = together(numbers, stalls)
        return all(number == receipted for _, number, receipted in last)

    with suppress(NotInTime):  # the outcome tells of what is missing
        until(settled, "a receipt for every statement", SETTLE_S, every_s=0.2)
    return last


def held(api: Client, public_code: str, last: int) -> int:
    """How many of the statements 1 … `last` of a scale the cloud has stored."""
    count, before = 0, last + 1
    while True:
        page = api.get(f"/scales/{public_code}/statements", before=before, limit=PAGE)
        count += len(page["statements"])
        if "next" not in page:
            return count
        before = page["next"]


def find(
    stalls: list[Stall], api: Client, seen_at: dict[tuple[str, str], float], changed_at: dict[str, float]
) -> Outcome:
    """Ask scales and cloud for the outcome; `changed_at` has the instant of each scale's change, by public code."""
    numbers = settle(stalls)
    statistics = api.get("/statistics")
    alerts = []
    for alert in api.get("/alerts", status="all", limit=200)["alerts"]:
        seen, changed = seen_at.get((alert["rule"], alert["scale"])), changed_at.get(alert["scale"])
        seconds = None if seen is None or changed is None else round(seen - changed, 3)
        alerts.append({"rule": alert["rule"], "scale": alert["scale"], "seconds": seconds})
    return Outcome(
        scales=len(stalls),
        published=sum(number for _, number, _ in numbers),
        stored=sum(held(api, stall.public_code, number) for stall, number, _ in numbers),
        receipted=sum(min(number, receipted) for _, number, receipted in numbers),
        gaps=statistics["gaps"],
        forks=statistics["forks"],
        quarantined=sum(statistics["quarantined"].values()),
        alerts=alerts,
    )
