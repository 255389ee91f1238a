"""An opened case as people meet it: the alert with the stamp of the latch, the scale's page, the public history."""

import re
from datetime import UTC, datetime

import pytest
from kit.signing_scale import SigningScale
from kit.world import World
from steelyard_cloud import keys
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.check import check_file
from steelyard_cloud.evidence.opinion import Word
from steelyard_cloud.people.roles import Role
from steelyard_cloud.web.words.i18n import Speech, zone
from steelyard_protocol import identity, statement

WORDS = {
    "en": (
        "Case opened",
        "The scale reports that its case was opened: {}.",
        "before the scale was switched on",
        "unknown time",
    ),
    "zh-CN": ("外壳被打开", "秤报告其外壳被打开：{}。", "发生在秤开机之前", "时间不明"),
}


def opened(world: World, stamp_s: int | None) -> tuple[SigningScale, int]:
    """A scale in use that was off for an hour, and started with this stamp in its latch (None: half an hour before)."""
    # It starts long enough ago that all of this is over by now: what is signed for later than that has no date.
    scale = world.in_use("HT-1", start_s=world.now // 1000 - 3 * 3600)
    scale.time_s += 3600
    stamp_s = scale.time_s - 1800 if stamp_s is None else stamp_s
    world.send(scale, [scale.boot(), *scale.open_case(stamp_s), scale.snapshot()])
    world.until(lambda: len(world.alerts()) == 1, "the alert")
    return scale, stamp_s


def pages(world: World, scale: SigningScale, language: str) -> dict[str, str]:
    """The text of the three pages without their mark-up."""
    desk, headers = world.signed_in(Role.REGULATOR), {"Accept-Language": language}
    paths = {"alert": "/alerts/1", "scale": f"/scales/{scale.code}", "public": f"/s/{scale.code}"}
    texts = {name: desk.get(path, headers=headers).text for name, path in paths.items()}
    return {name: re.sub(r"<[^>]*>", "", text) for name, text in texts.items()}


@pytest.mark.parametrize("language", WORDS)
def test_every_page_says_when_the_case_was_opened(world: World, language: str) -> None:
    scale, stamp_s = opened(world, None)
    (alert,) = world.alerts()
    assert (alert["rule"], alert["severity"], alert["first_number"]) == ("case", 3, 4)
    assert list(alert["values"].pop("since")) == [statement.parse(scale.chain[3]).kid.hex()]
    assert alert["values"] == {
        "code": "opened",
        "number": 4,
        "stamp_s": stamp_s,
        "dated_s": statement.parse(scale.chain[3]).time,
        "before_start": True,
        "reason": "before-start",
    }
    title, sentence, before_start, _ = WORDS[language]
    speech = Speech(language, zone("Asia/Shanghai"))
    moment = speech.moment(datetime.fromtimestamp(stamp_s, UTC))
    shown = pages(world, scale, language)
    assert sentence.format(moment) in shown["alert"]
    assert before_start in shown["alert"]
    for page in shown.values():
        assert title in page
        assert moment in page


@pytest.mark.parametrize("language", WORDS)
def test_an_opening_without_a_stamp_is_said_to_be_at_an_unknown_time(world: World, language: str) -> None:
    scale, _ = opened(world, 0)
    unknown = WORDS[language][3]
    assert all(unknown in page for page in pages(world, scale, language).values())
    assert world.alerts()[0]["values"]["stamp_s"] is None


def test_the_evidence_proves_the_opening(world: World) -> None:
    _, stamp_s = opened(world, None)
    file = world.client(Role.REGULATOR).get("/api/v1/alerts/1/evidence").content
    root = identity.thumbprint(keys.read_root_public(world.settings.keys)).hex()
    report = check_file(bundles.read(file), root)
    assert (report.authenticity.word, report.continuity.word, report.rules.word) == (Word.GOOD, Word.GOOD, Word.BAD)
    lines = " ".join(report.rules.lines)
    assert f"stamp_s {stamp_s}" in lines
    assert "alert 1 (case) follows from the statements in it" in lines
