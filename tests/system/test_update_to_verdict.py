"""An update from the manufacturer's file to the public verdict: a real agent takes it, a real cloud judges that.

The scale runs in virtual time; what it signs is carried to the receiver, and what that answers is carried back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit.chain import exported
from kit.cloud_desk import Desk
from kit.platform_side import Key, Platform
from kit.registry import NOBODY, in_scope
from kit.signing_scale import MAKER, MODEL, PRODUCTION_CODE, START_S
from kit.updates import prefill, release
from sqlalchemy import select
from steelyard_cloud.db import database
from steelyard_cloud.db.schema import scales
from steelyard_cloud.errors import NotApproved, UpdateForged
from steelyard_cloud.ingest.changes import Changes
from steelyard_cloud.ingest.mqtt.broker import Message
from steelyard_cloud.ingest.pending import PendingBatches
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.judge.judge import opinion
from steelyard_cloud.judge.verdict import Verdict
from steelyard_cloud.scales import facts as scale_facts
from steelyard_cloud.scales import updates
from steelyard_cloud.statements import summaries as summary_store
from steelyard_cloud.statements.keys import load_keys_of
from steelyard_gateway.factory.image import Built
from steelyard_protocol import cbor, identity, package, statement
from steelyard_protocol.bodies import Boot
from steelyard_protocol.downlink import SECTOR_BYTES
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.package import Package
from steelyard_simulator import SimulatedScale, factory_file

NOW_MS = (START_S + 10_000) * 1000


class Market:
    """A scale on record and the cloud that hears it; `kid` and `code` are the scale's, as the registry wants them."""

    def __init__(self, folder: Path, platform: Platform, desk: Desk, receiver: Receiver) -> None:
        self.platform, self.desk, self.receiver = platform, desk, receiver
        self.scale = SimulatedScale(folder / "scale", factory=factory_file(platform.root.point))
        self.scale.power_on()
        self.scale.advance(3)
        self.scale.console(f"enrol maker={MAKER} model={MODEL} serial=1 code={PRODUCTION_CODE}")
        self.scale.console(f"enrol accept {platform.answer(self.scale, 9)}")
        self.scale.console(f"time {START_S + 9_000}")
        self.kid = statement.parse(exported(self.scale)[0]).kid
        self.code = identity.to_text(self.kid)
        self.sent = 0
        desk.register(self)

    def enrol(self) -> bytes:
        return exported(self.scale)[0]

    def state(self) -> tuple[bytes, int, int]:
        return bytes(16), 0, 0

    def report(self) -> None:
        """Carry what is new to the cloud, and its receipt to the scale."""
        raws = exported(self.scale)[self.sent :]
        self.sent += len(raws)
        topic = f"sy/1/{self.code[0]}/{self.code}/up"
        outgoing = self.receiver.handle([Message(topic, raw, None) for raw in raws], NOW_MS)
        while self.receiver.check_signatures(NOW_MS) or self.receiver.read_again(NOW_MS):
            pass
        self.scale.console("update manifest " + to_base64url(outgoing[-1][1]))
        self.scale.advance(3)

    def verdict(self) -> Verdict:
        with database.reading(self.desk.engine) as connection:
            scale_id = connection.execute(select(scales.c.id).where(scales.c.public_code == self.code)).scalar_one()
            facts = scale_facts.load(connection, scale_id)
            keys = load_keys_of(connection, facts.identity_ids)
            held = summary_store.load_summaries(connection, list(keys.values()))
            found = opinion([one.summary for one in held.values()], facts.facts, NOW_MS, facts.active_kid)
        return found.word

    def ordered(self, file: Package) -> bytes:
        """The registry has the file and sends it to the scale, once it is approved; the manifest as it comes down."""
        registry = self.desk.registry
        with database.writing(self.desk.engine) as connection:
            image = updates.add_image(
                *(connection, NOBODY),
                scale_type_id=registry.scale_type_id,
                organisation_id=None,
                package=file,
                now_ms=NOW_MS,
            )

        def send() -> None:
            with database.writing(self.desk.engine) as connection:
                scale = in_scope(connection, self)
                updates.send(connection, NOBODY, scale, image, self.platform.key_set(), NOW_MS)

        with pytest.raises(NotApproved):
            send()
        self.desk.approve(file.update.software)
        send()
        sent = Sent()
        Changes(self.receiver, PendingBatches(self.receiver, sent, lambda: NOW_MS), lambda: NOW_MS).read()  # type: ignore[arg-type]
        key_set, manifest = [raw for topic, raw in sent.messages if topic.endswith(f"{self.code}/down")]
        assert (key_set, manifest) == (self.platform.key_set(), file.manifest)
        return manifest

    def piece(self, offset: int) -> bytes:
        """The piece that the cloud gives for the scale's question."""
        image = release(2).update.image[:16]
        topic = f"sy/1/{self.code[0]}/{self.code}/up"
        question = cbor.encode([6, self.kid, image, offset])
        [(down, raw)] = self.receiver.handle([Message(topic, question, None)], NOW_MS)
        assert down.endswith("down")
        assert cbor.decode(raw)[:3] == [6, image, offset]
        data: bytes = cbor.decode(raw)[3]
        return data[:512]  # a line of the console holds no more

    def newest_boot(self) -> statement.Statement:
        return [one for raw in exported(self.scale) if isinstance((one := statement.parse(raw)).body, Boot)][-1]

    def software(self) -> bytes:
        body = self.newest_boot().body
        assert isinstance(body, Boot)
        return body.software.hash


class Sent:
    """In place of a sender."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def publish(self, outgoing: list[tuple[str, bytes]]) -> None:
        self.messages += outgoing


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    desk = Desk(f"sqlite:///{tmp_path}/cloud.db")
    receiver = desk.receiver()
    platform = Platform()
    platform.online = Key(desk.online.private_key)
    market = Market(tmp_path, platform, desk, receiver)
    yield market
    market.scale.stop()
    receiver.close()
    desk.close()


def install(market: Market, made: Built, pieces: Callable[[int], bytes]) -> None:
    """Have the scale take and start an update whose manifest it was given; only the last two sectors travel."""
    scale = market.scale
    last = (len(made.image) - 1) // SECTOR_BYTES
    scale.power_off()
    prefill(scale, made, missing=(last - 1, last))
    scale.power_on()
    scale.advance(3)
    while not (coming := scale.console_json("update")["coming"])["installed"]:
        if coming["wanted"] is None:
            scale.advance(0.3)
        else:
            scale.console(f"update piece {coming['wanted']} {to_base64url(pieces(coming['wanted']))}")
    starts = scale.starts
    scale.console("update restart")
    assert scale.run_until(lambda: scale.starts > starts, 30)
    scale.advance(5)
    scale.console(f"time {START_S + 9_900}")


def test_an_approved_update_is_not_verified_until_somebody_verifies_it(market: Market) -> None:
    scale, desk, platform = market.scale, market.desk, market.platform
    desk.approve(market.software())
    market.report()
    desk.verify(market, market.newest_boot().number)
    assert market.verdict() is Verdict.VERIFIED

    made = release(2)
    raw = Package(platform.manufacturer.sign(made.update), made.image, made.update, b"").encode()
    updates.check_signature(package.read(raw), platform.key_set(), platform.root.point)
    manifest = market.ordered(package.read(raw))
    assert "coming" in scale.console_json("update manifest " + to_base64url(manifest))
    install(market, made, market.piece)
    assert scale.console_json("update")["number"] == 2
    market.report()
    assert market.software() == made.update.software
    assert market.verdict() is Verdict.NOT_VERIFIED
    market.report()
    desk.verify(market, market.newest_boot().number)
    assert market.verdict() is Verdict.VERIFIED
    for _ in range(4):
        scale.power_off()
        scale.power_on()
        scale.advance(2)
    assert scale.console_json("update")["slot"] == "code_a", "the receipt has committed it"


def test_an_update_that_nobody_approved_alters_the_scale(market: Market) -> None:
    """Whoever has the manufacturer's key and a cable, and not the platform's word."""
    desk, platform = market.desk, market.platform
    desk.approve(market.software())
    market.report()
    desk.verify(market, market.newest_boot().number)
    made = release(3)
    market.scale.console("update manifest " + to_base64url(platform.manufacturer.sign(made.update)))
    install(market, made, lambda offset: made.image[offset : offset + 512])
    market.report()
    assert market.verdict() is Verdict.ALTERED


def test_what_a_stranger_signed_is_no_update(market: Market) -> None:
    made = release(2)
    for platform in (Platform(), market.platform):
        for key in (platform.authority, platform.online, Platform().manufacturer):
            raw = Package(key.sign(made.update), made.image, made.update, b"").encode()
            with pytest.raises(UpdateForged):
                updates.check_signature(package.read(raw), market.platform.key_set(), market.platform.root.point)
