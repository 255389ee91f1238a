"""The story: customers come and go, somebody cheats, a cable is cut, and the cloud sees all of it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from steelyard_gateway.platform import AlertListener, Answer

from steelyard_simulator.demo import market, outcome
from steelyard_simulator.demo.deadline import Deadlines
from steelyard_simulator.demo.scene import Scene
from steelyard_simulator.demo.waiting import until

LOAD_AT_S, CHEAT_AT_S, CUT_AT_S, RESTORE_AT_S = 4.0, 8.0, 12.0, 32.0
LEAST_S = 40.0
CUSTOMER_EVERY_S = 1.5
CHEAT_KG, CHEAT_COMMAND = 1.0, "adjust span 1.1 kg"
CHEAT, CUT = 1, 3  # numbers of the stall that cheats and of the one whose cable is cut


@dataclass(frozen=True)
class Ending:
    """How the demo ended: its outcome, and sentences on what was not as it must be."""

    outcome: outcome.Outcome
    faults: list[str]


class Story:
    """One demo on a scene that is set."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.stalls, self.say = scene, scene.stalls, scene.narration.say
        self.regulator = scene.clients["regulator"]
        self.altered = self.cut = False
        busy = (self.stalls[CHEAT], scene.counter.stall)  # the one has its own load, the other its own customers
        honest = [stall for stall in self.stalls if stall not in busy]
        self._customers = market.customers(honest, random.Random(2184))  # noqa: S311 - customers, not secrets
        self.deadlines = Deadlines(scene.cloud.broker_port)
        self.listener = AlertListener(scene.cloud.url, scene.tokens["regulator"], self._tell_alert)

    def connect(self) -> None:
        """Wait until alerts and changes are listened for."""
        until(self.listener.connected.is_set, "the connection to the event stream")
        until(self.deadlines.connected.is_set, "the connection to the broker")

    def play(self, for_s: float | None) -> None:
        """Let things happen at their times until `for_s` has passed; for ever where it is None."""
        self.connect()
        start = time.monotonic()
        happenings: list[tuple[float, Callable[[], None]]] = [
            (LOAD_AT_S, self._weigh_one_kilogram),
            (CHEAT_AT_S, self._cheat),
            (CUT_AT_S, self._cut),
            (RESTORE_AT_S, self._restore),
        ]
        next_customer_s = 0.0
        while for_s is None or time.monotonic() - start < for_s:
            now_s = time.monotonic() - start
            if happenings and now_s >= happenings[0][0]:
                happenings.pop(0)[1]()
            elif now_s >= next_customer_s:
                next_customer_s = now_s + CUSTOMER_EVERY_S
                self._serve_customer()
            else:
                time.sleep(0.05)

    def end(self) -> Ending:
        """The outcome; nobody listens afterwards, and a cable that is still out is put back first."""
        self.stop()
        if self.cut:
            self.stalls[CUT].scale.restore_network()
        found = outcome.find(self.stalls, self.regulator, self.listener.seen_at, self.deadlines.changed_at)
        return Ending(found, found.faults(self.stalls[CHEAT].public_code, self.altered))

    def stop(self) -> None:
        """Sell no more, and stop listening for alerts and changes."""
        self.scene.counter.close()
        self.listener.stop()
        self.deadlines.stop()

    def _serve_customer(self) -> None:
        stall, kg = next(self._customers)
        stall.place_goods(kg)
        self.say(f"{stall.place}: {f'{kg:.3f} kg on the pan' if kg else 'pan empty'}", "dim")

    def _weigh_one_kilogram(self) -> None:
        self.stalls[CHEAT].place_goods(CHEAT_KG)
        self.say(f"{self.stalls[CHEAT].place}: {CHEAT_KG} kg on the pan")

    def _cheat(self) -> None:
        stall = self.stalls[CHEAT]
        self.say(f"{stall.place}: breaks the seal, switches adjustment on, types `{CHEAT_COMMAND}`", "bold yellow")
        changed = stall.adjust(CHEAT_COMMAND)
        shown = stall.ask("status")["indication"] or "nothing yet"
        self.say(
            f"{stall.place}: {CHEAT_KG} kg now reads {shown}; calibration counter {changed['calibration_counter']}",
            "yellow",
        )
        self.altered = self._public_page_turns()

    def _public_page_turns(self) -> bool:
        code = self.stalls[CHEAT].public_code
        address = f"{self.scene.cloud.url}/s/{code}"

        def altered() -> bool:
            page = httpx.get(address, headers={"Accept-Language": "en"}, timeout=10)
            return page.is_success and "Altered" in page.text

        until(altered, f"Altered on {address}", every_s=0.1)
        self.say(f"{address} says: Altered — do not rely on it", "bold red")
        return True

    def _tell_alert(self, alert: Answer) -> None:
        """Called for each alert that the connected client sees."""
        changed = self.deadlines.changed_at.get(alert["scale"])
        after = f" {time.monotonic() - changed:.2f} s after the change left the scale" if changed else ""
        self.say(f"ALERT{after}: {alert['rule']} on scale {alert['scale']}", "bold red")

    def _cut(self) -> None:
        stall = self.stalls[CUT]
        stall.scale.cut_network()
        self.cut = True
        self.say(f"{stall.place}: network cable pulled for {RESTORE_AT_S - CUT_AT_S:.0f} s", "bold cyan")

    def _restore(self) -> None:
        stall = self.stalls[CUT]
        made = stall.ask("status")
        waiting = made["number"] - made["receipted"]
        stall.scale.restore_network()
        self.cut = False
        self.say(f"{stall.place}: cable back in; {waiting} statements wait in the scale's journal", "cyan")

        def caught_up() -> bool:
            return outcome.held(self.regulator, stall.public_code, made["number"]) == int(made["number"])

        until(caught_up, f"the catching up of {stall.serial}", timeout_s=30, every_s=0.3)
        self.say(f"{stall.place}: caught up, none of {made['number']} statements lost", "bold green")
