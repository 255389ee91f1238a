"""A printed receipt and an evidence file: the same word off line as on the public page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kit.evidence import Platform
from kit.signing_scale import SigningScale
from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.check import check_file
from steelyard_cloud.evidence.command import app
from steelyard_cloud.evidence.receipt import SENTENCES, ReceiptUnreadable
from steelyard_cloud.judge.sold import SaleWord
from steelyard_protocol.sale_proof import SaleProof
from steelyard_protocol.sales import Sale
from steelyard_protocol.statement import parse
from typer.testing import CliRunner

SALT = bytes(range(16))


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def scale(platform: Platform) -> SigningScale:
    """With a stated sale, one whose price is wrong, one that is cancelled, a batch, and a late snapshot."""
    scale = platform.scale()
    scale.enrol()
    scale.boot()
    scale.sale(1)
    scale.sale(2, lie=1)
    scale.sale(3)
    scale.sale(4, cancels=3)
    scale.batch({SALT: scale.sold(5)})
    scale.time_s += 10_000
    scale.snapshot()
    return scale


def proof(scale: SigningScale, number: int) -> SaleProof:
    for raw in scale.chain:
        body = parse(raw).body
        if isinstance(body, Sale) and body.sale == number:
            return SaleProof(scale.kid, body, None)
    raise AssertionError(number)


def said(platform: Platform, scale: SigningScale, asked: SaleProof, **changed: Any) -> SaleWord:
    file = bundles.read(platform.seal(platform.bundle(scale, **changed)))
    finding = check_file(file, platform.thumbprint, proof=asked).sale
    assert finding is not None
    return finding.word


def test_a_file_says_of_each_receipt_what_its_statements_prove(platform: Platform, scale: SigningScale) -> None:
    first = proof(scale, 1)
    other = SaleProof(scale.kid, first.sale._replace(net=9), None)
    words = [said(platform, scale, one) for one in (*(proof(scale, number) for number in (1, 2, 3, 4)), other)]
    assert words == [
        SaleWord.PROVEN,
        SaleWord.PRICE_WRONG,
        SaleWord.CANCELLED,
        SaleWord.CANCELLATION,
        SaleWord.NO_SUCH_SALE,
    ]


def test_a_record_of_a_batch_is_proven_off_line(platform: Platform, scale: SigningScale) -> None:
    body = scale.sold(5, time=parse(scale.chain[-2]).time - scale.step_s)
    assert said(platform, scale, SaleProof(scale.kid, body, SALT)) is SaleWord.PROVEN
    assert said(platform, scale, SaleProof(scale.kid, body, bytes(16))) is SaleWord.NO_SUCH_SALE


def test_what_was_left_out_may_hold_it(platform: Platform, scale: SigningScale) -> None:
    asked = proof(scale, 1)
    number = next(parse(raw).number for raw in scale.chain if parse(raw).body == asked.sale)
    without = [raw for raw in scale.chain if parse(raw).number != number]
    left_out = ((scale.kid, number, number),)
    assert said(platform, scale, asked, raws=without, left_out=left_out) is SaleWord.MISSING
    early = scale.chain[: number - 1]
    assert said(platform, scale, asked, raws=early) is SaleWord.NOT_ARRIVED


def test_a_file_that_is_not_shown_to_be_authentic_proves_no_sale(platform: Platform, scale: SigningScale) -> None:
    file = bundles.read(platform.seal(platform.bundle(scale)))
    for trusted in ((), ("00" * 32,)):
        finding = check_file(file, *trusted, proof=proof(scale, 1)).sale
        assert finding is not None
        assert finding.word is SaleWord.CANNOT_BE_TOLD


def test_a_receipt_of_another_scale_cannot_be_told(platform: Platform, scale: SigningScale) -> None:
    stranger = SaleProof(bytes(10), proof(scale, 1).sale, None)
    assert said(platform, scale, stranger) is SaleWord.CANNOT_BE_TOLD


def test_the_command_takes_a_link_and_its_exit_code_is_the_answer(
    platform: Platform, scale: SigningScale, tmp_path: Path
) -> None:
    file = tmp_path / "evidence.cbor"
    file.write_bytes(platform.seal(platform.bundle(scale)))

    def verify(*more: str) -> Any:
        return CliRunner().invoke(app, ["verify", str(file), "--root", platform.thumbprint, *more])

    good, wrong = proof(scale, 1).to_text(), proof(scale, 2).to_text()
    assert verify().exit_code == 0
    for text in (good, good.lower(), f"HTTPS://SCALES.EXAMPLE.ORG/R/{good}"):
        answer = verify("--sale", text)
        assert (answer.exit_code, SENTENCES[SaleWord.PROVEN] in answer.output) == (0, True)
    assert "proof of the record" in verify("--sale", good).output
    answer = verify("--sale", wrong, "--json")
    assert (answer.exit_code, json.loads(answer.output)["sale"]) == (1, "price-wrong")
    assert "sale" not in json.loads(verify("--json").output)
    refused = verify("--sale", good[:-2])
    assert isinstance(refused.exception, ReceiptUnreadable)
    assert refused.exception.exit_code == 2


def test_every_word_has_its_sentence() -> None:
    assert set(SENTENCES) == set(SaleWord)
