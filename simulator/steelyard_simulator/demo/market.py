"""The market: five stalls, each with a scale that its maker enrols and an institution verifies.

A scale is handled through its serial console and its pan only; what the cloud must know goes through the API.
"""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from steelyard_gateway.errors import RequestFailed
from steelyard_gateway.platform import Client
from steelyard_protocol.parameters import KEYS, ranges
from steelyard_protocol.sheet import Instrument
from steelyard_protocol.sheet_plan import faultless

from steelyard_simulator.demo.errors import ScaleRefused
from steelyard_simulator.demo.waiting import until
from steelyard_simulator.flashing import PARAMETERS, factory_file
from steelyard_simulator.scale import SimulatedScale

S = TypeVar("S")
T = TypeVar("T")
MAKER, MODEL, TYPE_APPROVAL, ORDER = "Qianfen", "ACS-15", "2026F123-33", "demo-1"
DIVISION = "330106"
MASSES = "demo-M1"
PLACES = ("Wenyi Road, greengrocer", "Gudang, fishmonger", "Cuiyuan, butcher", "Jiangcun, fruit", "Sandun, spices")
SELLER = 0  # number of the stall that sells
EACH_STATED = 2
ATTEMPTS = 3
NOT_YET = ("not-stored-yet", "not-judged-yet", "not-fresh")  # the cloud's codes of what it takes when it is sent again
NOT_AT_REST = "weighing-refused"  # the console's code where the load moved
FIRST_BOOT = 2  # statement 1 is the enrolment, the boot follows directly


@dataclass
class Stall:
    """One stall: where it is, its scale, and the public code once it is on record."""

    place: str
    serial: str
    scale: SimulatedScale
    public_code: str = ""
    load_kg: float = 0.0
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, command: str) -> dict[str, Any]:
        """The console's answer to a command, as JSON; ScaleRefused where it is an error."""
        with self._asking:  # the story and a page may ask at the same time
            answer: dict[str, Any] = self.scale.console_json(command)
        if "error" in answer:
            raise ScaleRefused(
                serial=self.serial, command=command.split("=")[0], reason=answer["error"], message=answer["message"]
            )
        return answer

    def adjust(self, command: str) -> dict[str, Any]:
        """The answer to an adjustment, between switching the adjustment on and off again.

        A scale whose PC has no time for it sees the pan rest too late, and is asked again, twice at most.
        """
        self.scale.adjustment_switch(on=True)
        until(self._ready_to_adjust, f"a stable weight on {self.serial}")
        for attempt in range(ATTEMPTS):
            try:
                answer = self.ask(command)
                break
            except ScaleRefused as refusal:
                if refusal.values["reason"] != NOT_AT_REST or attempt == ATTEMPTS - 1:
                    raise
        self.scale.adjustment_switch(on=False)
        return answer

    def _ready_to_adjust(self) -> bool:
        status = self.ask("status")
        return bool(status["switch"] and status["stable"])

    def plug_in_printer(self) -> None:
        """Have the RS-232 port be a printer's, which counts from the next start."""
        self.ask("serial printer")
        self.scale.power_off()
        self.scale.power_on()

    def place_goods(self, kg: float) -> None:
        """Put goods of `kg` on the pan, in place of what was there."""
        self.load_kg = kg
        self.scale.place(kg=kg)


@contextmanager
def open_market(folder: Path, root_public_key: bytes, seed: int, address: str) -> Iterator[list[Stall]]:
    """Five scales fresh from flashing, switched on, in real time; off and gone at the end. One has a printer.

    Each computes prices, and its codes lead to `address`.
    """
    factory = factory_file(root_public_key, PARAMETERS | {KEYS["sales"]: EACH_STATED}, address=address)

    def build(number: int) -> Stall:
        scale = SimulatedScale(
            folder / f"scale-{number}", cell="class_iii", seed=seed + number, virtual=False, factory=factory
        )
        return Stall(PLACES[number], f"Q26-{number + 1:04}", scale)

    with ExitStack() as stack:
        stalls = together(build, range(len(PLACES)))
        for stall in stalls:
            stack.callback(stall.scale.stop)
        together(lambda stall: stall.scale.power_on(), stalls)
        stalls[SELLER].plug_in_printer()
        yield stalls


def together(work: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """The results of `work` on all items, done at the same time."""
    with ThreadPoolExecutor(len(PLACES)) as pool:
        return list(pool.map(work, items))


def approve_type(admin: Client, maker: int, software: dict[str, str]) -> None:
    """Enter the type approval with its software, and the order of scales that the maker (by id) may enrol."""
    made = admin.post(
        "/scale-types",
        organisation=maker,
        maker=MAKER,
        model=MODEL,
        type_approval=TYPE_APPROVAL,
        software=[{name: software[name] for name in ("name", "version", "hash")}],
    )
    admin.post(
        "/factory-orders",
        number=ORDER,
        organisation=maker,
        scale_type=made["scale_type"],
        quantity=len(PLACES),
        division_code=DIVISION,
    )


def enrol(stall: Stall, manufacturer: Client) -> None:
    """The maker's last station: the scale makes its key, goes on record, and learns its platform and the time."""
    made = stall.ask(f"enrol maker={MAKER} model={MODEL} serial={stall.serial} code=P{stall.serial}")
    enrolled = manufacturer.post("/enrolments", order=ORDER, statement=made["statement"], place=stall.place)
    stall.public_code = enrolled["public_code"]
    stall.ask(f"time {int(datetime.now(UTC).timestamp())}")
    stall.ask(f"enrol accept {enrolled['answer']}")


def certify_masses(institution: Client) -> None:
    """Put the institution's reference masses on record, if they are not."""
    today = datetime.now(UTC).date()
    days = {
        "from_day": (today - timedelta(days=30)).isoformat(),
        "until_day": (today + timedelta(days=300)).isoformat(),
    }
    try:
        institution.post("/reference-masses", number=MASSES, mass_class="M1", certificate="demo-1", **days)
    except RequestFailed as error:
        if error.problem != "already-exists":
            raise


def verify(stall: Stall, institution: Client) -> None:
    """The initial verification: the boot statement's parameters become the baseline, once it is stored and judged.

    Nobody has an hour for it in the demo: the sheet is that of a scale without any error.
    """
    certify_masses(institution)
    map_ = {KEYS[name]: value for name, value in stall.ask("parameters")["parameters"].items()}
    instrument = Instrument.of(ranges(map_), map_[KEYS["min_mg"]])
    names = {"identity": stall.public_code, "serial_number": stall.serial}
    sheet = faultless(instrument, names, datetime.now(UTC).date().isoformat(), [MASSES])

    def verified() -> bool:
        try:
            institution.post(
                f"/scales/{stall.public_code}/verifications",
                number=FIRST_BOOT,
                kind="initial",
                valid_until=(datetime.now(UTC).date() + timedelta(days=365)).isoformat(),
                seal=f"S-{stall.serial}",
                sheet=sheet,
            )
        except RequestFailed as error:
            if error.problem not in NOT_YET:
                raise
            return False
        return True

    until(verified, f"the boot statement of {stall.serial} in the cloud", every_s=0.2)


def customers(stalls: list[Stall], chance: random.Random) -> Iterator[tuple[Stall, float]]:
    """Endless customers: at which stall, and how many kilograms they put on the pan; now and then nothing."""
    while True:
        stall = chance.choice(stalls)
        yield stall, 0.0 if stall.load_kg and chance.random() < 0.4 else round(chance.uniform(0.2, 6.0), 3)
