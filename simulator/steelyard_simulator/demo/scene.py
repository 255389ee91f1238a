"""Setting the scene as its users would: the platform, its organisations and tokens, five scales on record and verified.

Everything that is started here ends with the block that it was opened for.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from steelyard_gateway.platform import Client
from steelyard_protocol.enrolment import from_base64url

from steelyard_simulator.demo import market
from steelyard_simulator.demo.cloud import Cloud, embedded_broker
from steelyard_simulator.demo.counter import Counter
from steelyard_simulator.demo.market import Stall
from steelyard_simulator.demo.narration import Narration

PERIOD_S = 2
SEED = 2026
ORGANISATIONS = {
    "manufacturer": (market.MAKER, "330000"),
    "verification": ("Hangzhou Institute of Metrology", "330100"),
    "regulator": ("Xihu District Market Supervision", "330106"),
}


@dataclass(frozen=True)
class Scene:
    """What the story plays on; tokens and clients are by role."""

    cloud: Cloud
    stalls: list[Stall]
    tokens: dict[str, str]
    clients: dict[str, Client]
    narration: Narration
    counter: Counter

    def sign_in_link(self) -> str:
        """A link that signs the regulator in at the console, once."""
        name = ORGANISATIONS["regulator"][0]
        return self.cloud.run("sign-in-link", "--role", "regulator", "--organisation", name)


@contextmanager
def set_up(narration: Narration, port: int | None) -> Iterator[Scene]:
    """A scene ready to play on; `port` is the cloud's, a free one where it is None."""
    folder = Path(tempfile.mkdtemp(prefix=f"steelyard-demo-{os.getpid()}-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        with narration.step("Starting the embedded broker and the cloud"):
            cloud = Cloud(folder / "cloud", stack.enter_context(embedded_broker()), PERIOD_S, port)
            cloud.run("init")
            stack.enter_context(cloud.serving())
        with narration.step("Flashing five scales and switching them on"):
            root = from_base64url(Client(cloud.url).get("/root")["public_key"])
            stalls = stack.enter_context(market.open_market(folder, root, SEED, cloud.url))
            software = stalls[0].ask("status")["software"]
        with narration.step("Entering organisations and the type approval, giving out tokens"):
            tokens = give_out_tokens(cloud, software)
            clients = {role: Client(cloud.url, token) for role, token in tokens.items()}
        with narration.step("Enrolling the scales at their consoles"):
            market.together(lambda stall: market.enrol(stall, clients["manufacturer"]), stalls)
        with narration.step("Verifying the scales from their boot statements"):
            market.together(lambda stall: market.verify(stall, clients["verification"]), stalls)
        counter = Counter(stalls[market.SELLER], cloud.url, narration.say)
        stack.callback(counter.close)
        yield Scene(cloud, stalls, tokens, clients, narration, counter)


def give_out_tokens(cloud: Cloud, software: dict[str, str]) -> dict[str, str]:
    """Tokens by role, for organisations that the administrator enters."""
    admin = Client(cloud.url, cloud.run("token", "create", "--role", "admin"))
    for kind, (name, division) in ORGANISATIONS.items():
        made = admin.post("/organisations", name=name, kind=kind, division_code=division)
        if kind == "manufacturer":
            market.approve_type(admin, made["organisation"], software)

    def token(kind: str) -> str:
        return cloud.run("token", "create", "--role", kind, "--organisation", ORGANISATIONS[kind][0])

    return dict(zip(ORGANISATIONS, market.together(token, ORGANISATIONS), strict=True))
