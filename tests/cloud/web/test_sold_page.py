"""The page behind the code on a printed receipt, in both languages: what it says, and what it never shows."""

from __future__ import annotations

import re

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.signing_scale import SigningScale
from kit.world import World
from steelyard_cloud.web.http.context import CODES_AN_HOUR
from steelyard_protocol import base32, cbor, statement
from steelyard_protocol.sale_proof import SaleProof
from steelyard_protocol.sales import Sale

SALT = bytes(range(16))


def look(world: World, path: str, language: str = "en") -> httpx.Response:
    return world.client(None).get(path, headers={"Accept-Language": language})


def headings(answer: httpx.Response) -> list[str]:
    return re.findall(r"<h1>(.*?)</h1>", answer.text)[:2]


def code(scale: SigningScale, sale: Sale, salt: bytes | None = None) -> str:
    return SaleProof(scale.kid, sale, salt).to_text()


def sold(world: World, scale: SigningScale, raw: bytes) -> Sale:
    """Send a statement of a sale."""
    world.send(scale, [raw])
    body = statement.parse(raw).body
    assert isinstance(body, Sale)
    return body


def test_a_sale_is_on_record_with_its_figures_and_the_verdict_on_its_scale(either: World) -> None:
    world = either
    scale = world.in_use("HT-1")
    sale = sold(world, scale, scale.sale(1_025))
    answer = look(world, f"/r/{code(scale, sale)}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert headings(answer) == ["On record", "Verified and in date, no change reported"]
    for text in ("1.235 kg", "12.99 per kg", ">16.04<", ">1025<", "not say which goods"):
        assert text in answer.text
    assert "cancelled afterwards only" not in answer.text


def test_a_record_of_a_batch_is_proven_and_its_neighbours_are_not_shown(either: World) -> None:
    world = either
    scale = world.in_use("HT-1")
    sale, other = scale.sold(7_001), scale.sold(7_002, net=5_555)
    world.send(scale, [scale.batch({SALT: sale, bytes(16): other})])
    answer = look(world, f"/r/{code(scale, sale, SALT)}")
    assert headings(answer)[0] == "On record"
    assert "cancelled afterwards only" in answer.text
    assert not re.search(r"7002|27[.,]775|360[.,]80|376", answer.text), "another sale, or their sums"
    world.now += 20_000_000
    scale.time_s += 20_000
    world.send(scale, [scale.snapshot()])
    forged = look(world, f"/r/{code(scale, sale, bytes(16))}")
    assert headings(forged)[0] == "No such sale"
    assert "16.04" not in forged.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Wrong price", "Cancelled", "Receipt of a cancellation", "Not arrived yet"]),
        ("zh-CN", ["金额有误", "已取消", "取消小票", "尚未到达"]),
    ],
)
def test_each_case_is_said_plainly(world: World, language: str, words: list[str]) -> None:
    scale = world.in_use("HT-1")
    lie = sold(world, scale, scale.sale(1, lie=1))
    first = sold(world, scale, scale.sale(2))
    cancelled = sold(world, scale, scale.sale(3, cancels=2))
    absent = scale.sold(9)
    pages = [look(world, f"/r/{code(scale, one)}", language) for one in (lie, first, cancelled, absent)]
    assert [headings(page)[0] for page in pages] == words
    assert "−16.04" in pages[2].text
    for page in pages:
        assert page.status_code == 200
        assert not re.search(r"<script|\son\w+=|style=|javascript:", page.text)
        assert len(page.content) < 30_000


def test_sums_only_are_said_in_both_languages(world: World) -> None:
    scale = world.in_use("HT-1")
    sale = scale.sold(1)
    world.send(scale, [scale.batch({SALT: sale}, hashes=False)])
    scale.time_s += 8_000
    world.now += 8_000_000
    world.send(scale, [scale.snapshot()])
    assert "in sums only" in look(world, f"/r/{code(scale, sale, SALT)}").text
    assert "只报告了销售合计" in look(world, f"/r/{code(scale, sale, SALT)}", "zh").text


def test_a_telephone_reads_it_in_capitals_and_people_type_or_paste_it(world: World) -> None:
    scale = world.in_use("HT-1")
    text = code(scale, sold(world, scale, scale.sale(1)))
    for path in (f"/R/{text}", f"/s?code={text}", f"/s?code={world.settings.url.upper()}/R/{text.lower()}"):
        answer = look(world, path)
        assert (answer.headers["location"], answer.status_code in (303, 308)) == (f"/r/{text}", True), path
    grouped = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    assert headings(look(world, f"/r/{grouped.lower()}"))[0] == "On record"


def test_what_is_no_receipt_of_a_scale_on_record_is_refused(world: World) -> None:
    scale, stranger = world.in_use("HT-1"), world.scale("HT-9")
    sale = scale.sold(1)
    unknown = look(world, f"/r/{code(stranger, sale)}")
    assert (unknown.status_code, headings(unknown)[0]) == (404, "Not on record")
    other = cbor.encode([scale.kid, list(sale), b"short"])
    for text in ("0", "U" * 60, code(scale, sale) + "0", code(scale, sale)[:-1], base32.to_text(other), "秤" * 40):
        answer = look(world, f"/r/{text}")
        assert (answer.status_code, headings(answer)[0]) == (422, "Not a receipt"), text
    assert look(world, "/r/" + "0" * 5_000).status_code == 422


def test_before_its_first_statement_nothing_has_arrived(world: World) -> None:
    scale = world.scale("HT-1")
    world.enrol(scale, sends=False)
    assert headings(look(world, f"/r/{code(scale, scale.sold(1))}"))[0] == "Not arrived yet"


def test_nobody_may_try_without_end(world: World) -> None:
    scale = world.in_use("HT-1")
    path = f"/r/{code(scale, scale.sold(1))}"
    client = world.client(None)
    for _ in range(CODES_AN_HOUR):
        assert client.get(path).status_code == 200
    assert client.get(path).status_code == 429


@pytest.fixture(scope="module")
def honest(quiet: World) -> tuple[World, SigningScale, Sale]:
    scale = quiet.in_use("HT-1")
    return quiet, scale, sold(quiet, scale, scale.sale(1))


@given(st.integers(0, 59), st.binary(min_size=1, max_size=3))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_changed_code_is_on_record(honest: tuple[World, SigningScale, Sale], at: int, put: bytes) -> None:
    world, scale, sale = honest
    raw = cbor.encode([scale.kid, list(sale), None])
    changed = raw[:at] + put + raw[at + len(put) :]
    world.now += 3_600_000  # another hour's allowance
    answer = look(world, f"/r/{base32.to_text(changed)}")
    assert answer.status_code in (200, 404, 422)
    assert (headings(answer)[0] == "On record") == (changed == raw)
