"""Updates on a whole scale: only what is signed, newer and for it comes in, and only what works and is heard stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from kit.chain import exported, faults_of_chain
from kit.platform_side import Key, Platform
from kit.updates import FLASH, PIECE, feed, prefill, receipt, release, signed
from steelyard_gateway.factory.image import Built
from steelyard_protocol import downlink, identity, statement
from steelyard_protocol.bodies import Boot
from steelyard_protocol.downlink import SECTOR_BYTES
from steelyard_protocol.enrolment import to_base64url
from steelyard_protocol.events import Event, EventKind
from steelyard_simulator import SimulatedScale, factory_file

Simulate = Callable[..., SimulatedScale]
DAMAGED, DOES_NOT_WORK, NOT_HEARD, REPLACED = 1, 2, 3, 4


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(simulate: Simulate, platform: Platform) -> SimulatedScale:
    """An enrolled scale that knows its platform, with an empty pan."""
    scale = simulate(factory=factory_file(platform.root.point))
    scale.console("enrol maker=M model=one serial=1 code=P-1")
    assert "accepted" in scale.console("enrol accept " + platform.answer(scale, 9))
    scale.advance(3)
    return scale


def events(scale: SimulatedScale, *kinds: EventKind) -> list[tuple[int, ...]]:
    """Kind and facts of the scale's events of these kinds."""
    bodies = [statement.parse(raw).body for raw in exported(scale)]
    return [(one.kind, *one.facts) for one in bodies if isinstance(one, Event) and one.kind in kinds]


def told(scale: SimulatedScale) -> list[tuple[int, ...]]:
    return events(scale, EventKind.UPDATE_BEGUN, EventKind.UPDATE_FAILED, EventKind.SOFTWARE_UPDATE)


def running(scale: SimulatedScale) -> tuple[int, str | None]:
    said = scale.console_json("update")
    assert scale.console_json("status")["indication"] is not None, "it weighs"
    return said["number"], said["slot"]


def install(scale: SimulatedScale, platform: Platform, made: Built, *, slot: str = "code_a") -> None:
    """Have an update in the slot, but for what its last piece completes; then that too."""
    last = (len(made.image) - 1) // SECTOR_BYTES
    scale.power_off()
    prefill(scale, made, missing=(last,), slot=slot)
    scale.power_on()
    scale.advance(3)
    assert scale.console_json("update manifest " + signed(platform, made.update))["coming"]
    feed(scale, made.image)
    assert scale.console_json("update")["coming"]["installed"]


def restart(scale: SimulatedScale) -> None:
    """Have the update started, and the scale at rest again."""
    starts = scale.starts
    scale.console("update restart")
    assert scale.run_until(lambda: scale.starts > starts, 30)
    scale.advance(5)


def test_an_update_runs_from_its_slot_and_stays_once_the_platform_has_heard_it(
    scale: SimulatedScale, platform: Platform
) -> None:
    before = scale.console_json("update")["hash"]
    made = release(2)
    install(scale, platform, made)
    assert running(scale) == (1, None)
    scale.advance(50)
    assert scale.starts == 2, "it waits until nobody has used the scale for a minute"
    scale.advance(20)
    assert scale.starts == 3
    scale.advance(5)
    assert running(scale) == (2, "code_a")
    boot = [body for raw in exported(scale) if isinstance(body := statement.parse(raw).body, Boot)][-1]
    assert boot.software == ("steelyard", "0.2.0", made.update.software)
    assert told(scale) == [(21, 2, made.update.image)]
    assert scale.console_json("update manifest " + receipt(scale, platform))["coming"]["number"] == 2
    scale.advance(3)
    assert told(scale)[1:] == [(11, bytes.fromhex(before), made.update.software)]
    for _ in range(4):  # more starts than a trial has
        scale.power_off()
        scale.power_on()
        scale.advance(2)
    assert running(scale) == (2, "code_a")
    assert scale.console_json("update")["coming"] is None
    raws = exported(scale)
    assert faults_of_chain(raws, len(raws)) == []
    assert len(told(scale)) == 2, "nothing is told twice"
    again = scale.console_json("update manifest " + signed(platform, made.update))
    assert "has this software, or newer" in again["message"]


def test_the_next_update_goes_into_the_other_slot(scale: SimulatedScale, platform: Platform) -> None:
    second, third = release(2), release(3)
    install(scale, platform, second)
    restart(scale)
    refused = scale.console_json("update manifest " + signed(platform, third.update))
    assert "on trial" in refused["message"], "the other slot is the way back"
    scale.console("update manifest " + receipt(scale, platform))
    scale.advance(3)
    install(scale, platform, third, slot="code_b")
    restart(scale)
    assert running(scale) == (3, "code_b")
    for _ in range(3):
        scale.power_off()
        scale.power_on()
        scale.advance(2)
    assert running(scale) == (2, "code_a"), "three starts unheard"
    assert told(scale)[-1] == (22, 3, NOT_HEARD)
    older = scale.console_json("update manifest " + signed(platform, second.update))
    assert "has this software, or newer" in older["message"]


def test_nothing_is_switched_while_somebody_uses_the_scale(scale: SimulatedScale, platform: Platform) -> None:
    made = release(2)
    install(scale, platform, made)
    starts = scale.starts
    scale.place(1.0)
    scale.console("update restart")
    scale.advance(300)
    scale.place(0)
    scale.advance(2)
    scale.console("tare")
    scale.advance(1)
    assert scale.starts in (starts, starts + 1)
    scale.advance(120)
    assert running(scale) == (2, "code_a")


@pytest.mark.parametrize(
    ("change", "why", "starts"),
    [
        (("agent/app.py", "def main():", "raise OSError\ndef main():"), NOT_HEARD, 4),
        (("agent/weighing/core.py", "def fresh(self):", "def fresh(self):\n        return False\n"), DOES_NOT_WORK, 2),
    ],
    ids=["does not start", "does not weigh"],
)
def test_software_that_does_not_work_gives_way_to_the_one_before(
    scale: SimulatedScale, platform: Platform, change: tuple[str, str, str], why: int, starts: int
) -> None:
    made = release(2, change)
    install(scale, platform, made)
    first = scale.starts
    scale.console("update restart")
    assert scale.run_until(lambda: scale.starts >= first + starts, 120)
    scale.advance(5)
    assert running(scale) == (1, None)
    assert told(scale) == [(21, 2, made.update.image), (22, 2, why)]
    assert scale.console_json("update")["coming"] is None
    scale.advance(100)
    assert scale.starts == first + starts


def test_software_that_is_not_what_its_manifest_says_states_nothing(scale: SimulatedScale, platform: Platform) -> None:
    made = release(2)
    lying = made._replace(update=downlink.Update(**{**_fields(made), "software": bytes(32)}))
    install(scale, platform, lying)
    restart(scale)
    assert running(scale) == (1, None)
    assert told(scale)[-1] == (22, 2, DOES_NOT_WORK)
    named = {body.software[2] for raw in exported(scale) if isinstance(body := statement.parse(raw).body, Boot)}
    assert named == {bytes.fromhex(scale.console_json("update")["hash"])}


def _fields(made: Built) -> dict[str, object]:
    return {name: getattr(made.update, name) for name in made.update.__dataclass_fields__}


def test_a_slot_that_has_changed_is_not_started(scale: SimulatedScale, platform: Platform) -> None:
    made = release(2)
    install(scale, platform, made)
    scale.power_off()
    start, _ = FLASH["code_a"]
    with scale.image.open("r+b") as flash:
        flash.seek(start + len(made.image) - 1)
        last = flash.read(1)
        flash.seek(start + len(made.image) - 1)
        flash.write(bytes([last[0] ^ 1]))
    scale.power_on()
    scale.advance(5)
    assert running(scale) == (1, None)
    assert told(scale)[-1] == (22, 2, DOES_NOT_WORK)


def test_a_manifest_that_this_scale_cannot_take_is_refused_and_nothing_changes(
    scale: SimulatedScale, platform: Platform
) -> None:
    made = release(2).update
    genuine = platform.manufacturer.sign(made)
    other = Platform()
    cases = {
        "another model": signed(platform, made, hardware="steelyard-pico-w"),
        "has this software, or newer": signed(platform, made, number=1),
        "no place": signed(platform, made, length=200_000, sectors=bytes(8 * 49)),
        "malformed": signed(platform, made, sectors=made.sectors[:-8]),
        "key is not known": signed(other, made),
        "may not sign": to_base64url(platform.authority.sign(made)),
        "signature is wrong": to_base64url(genuine[:-1] + bytes([genuine[-1] ^ 1])),
        "is malformed": to_base64url(genuine[:-1]),
    }
    for words, text in cases.items():
        answer = scale.console_json("update manifest " + text)
        assert words in answer.get("message", ""), (words, answer)
    assert "no update has begun" in scale.console_json("update piece 0 AAAA")["message"]
    assert told(scale) == []
    assert running(scale) == (1, None)


def test_an_update_that_is_cut_short_goes_on_where_it_was(scale: SimulatedScale, platform: Platform) -> None:
    made = release(2)
    scale.power_off()
    prefill(scale, made, missing=(5, 6, 41))
    scale.power_on()
    scale.advance(3)
    scale.console("update manifest " + signed(platform, made.update))
    sixth = 6 * SECTOR_BYTES
    feed(scale, made.image, lambda offset: offset == sixth + PIECE)
    assert "not wanted" in scale.console_json(f"update piece {sixth} AAAA")["message"]
    scale.power_off()
    scale.power_on()
    scale.advance(3)
    offered = []
    feed(scale, made.image, lambda offset: offered.append(offset) is not None)
    assert scale.console_json("update")["coming"]["installed"]
    assert (offered[0], offered[8]) == (sixth, 41 * SECTOR_BYTES), "sector 5 was whole, and sector 6 begins anew"
    assert told(scale) == [(21, 2, made.update.image)], "one attempt"


def test_pieces_of_another_image_are_found_and_given_up_in_the_end(scale: SimulatedScale, platform: Platform) -> None:
    made = release(2)
    scale.power_off()
    prefill(scale, made, missing=(0,))
    scale.power_on()
    scale.advance(3)
    scale.console("update manifest " + signed(platform, made.update))
    offered = []
    feed(scale, bytes(len(made.image)), lambda offset: offered.append(offset) is not None)
    assert "not what the manifest says" in scale.console_json("update")["coming"]["error"]
    assert offered.count(0) == 8
    assert running(scale) == (1, None)
    assert told(scale)[-1] == (22, 2, DAMAGED)
    again = "update manifest " + signed(platform, made.update)
    assert scale.console_json(again)["coming"]["error"], "whoever sends wrong pieces may not wear out the flash"
    scale.advance(600)
    assert not scale.console_json(again)["coming"]["error"]
    feed(scale, made.image)
    assert scale.console_json("update")["coming"]["installed"], "given again, it comes again"


def test_a_newer_update_takes_the_place_of_one_that_is_coming(scale: SimulatedScale, platform: Platform) -> None:
    second, third = release(2), release(3)
    scale.console("update manifest " + signed(platform, second.update))
    scale.advance(1)
    scale.console("update manifest " + signed(platform, third.update))
    scale.advance(1)
    assert scale.console_json("update")["coming"]["number"] == 3
    assert told(scale) == [(21, 2, second.update.image), (22, 2, REPLACED), (21, 3, third.update.image)]


def test_a_stranger_who_has_every_key_but_the_manufacturers_brings_nothing_in(
    scale: SimulatedScale, platform: Platform
) -> None:
    made = release(2).update
    for key in (platform.online, platform.authority, platform.unlock, platform.root, Key()):
        assert "error" in scale.console_json("update manifest " + to_base64url(key.sign(made)))
    raw = platform.manufacturer.sign(made)
    up = downlink.sign_payload(
        made.payload(), platform.manufacturer.private, identity.kid(platform.manufacturer.point), b"steelyard/1 up"
    )
    assert "error" in scale.console_json("update manifest " + to_base64url(up))
    assert raw != up
    assert told(scale) == []
