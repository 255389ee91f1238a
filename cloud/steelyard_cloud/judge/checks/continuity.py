"""Steps of *continuity*: nothing is missing, doubled, lost or out of order."""

from collections.abc import Iterator

from steelyard_cloud.judge.chain import Hole, holes
from steelyard_cloud.judge.checks.material import Material, Result, Word
from steelyard_cloud.judge.facts import Clock, Facts
from steelyard_cloud.judge.findings import Subject
from steelyard_cloud.judge.rules import continuity as rule
from steelyard_cloud.judge.summary import Summary

SHOWN = 8
"""Ranges and numbers in a sentence."""
BREAKS = ("fork", "link", "counters", "boot", "uptime", "journal-lost", "rolled-back", "re-signed")
"""From the worst."""

Span = tuple[int, int]


def left_out(material: Material) -> Result:
    """What is said to be left out is of this scale, rises, and is not there."""
    if not material.stored:
        return Result(Word.OPEN, "nothing-stored")
    reached: dict[bytes, int] = {}
    runs = {one.kid: [(run.first.number, run.last.number) for run in one.intervals] for one in material.summaries}
    for kid, first, last in material.left_out:
        overlaps = any(low <= last and first <= high for low, high in runs.get(kid, ()))
        if kid not in runs or overlaps or not reached.get(kid, 0) < first <= last:
            return Result(Word.BAD, "left-out-lies", {"ranges": shown([(first, last)])})
        reached[kid] = last
    if material.left_out:
        return Result(Word.OPEN, "left-out", {"ranges": shown([one[1:] for one in material.left_out])})
    return Result(Word.GOOD, "nothing-left-out")


def numbers(material: Material) -> Result:
    """Every number from 1 to the highest of each key is there, or may still come, or is said to be left out."""
    if not material.stored:
        return Result(Word.OPEN, "nothing-stored")
    missing = [(hole, part) for one in material.stored for hole, part in _missing(material, one)]
    gone = [part for hole, part in missing if hole.is_gap(material.now_ms)]
    if gone:
        return Result(Word.BAD, "missing", {"ranges": shown(gone)})
    if missing:
        return Result(Word.OPEN, "may-come", {"ranges": shown([part for _, part in missing])})
    silent = (
        material.enrolments.keys() - {one.kid for one in material.stored} - {kid for kid, _, _ in material.left_out}
    )
    if silent:
        return Result(Word.OPEN, "nothing-of-key")
    return Result(Word.GOOD, "complete", {"head": max(one.head for one in material.stored)})


def order(material: Material) -> Result:
    """No number is used twice, every link fits, nothing that only rises went down, and no loss is reported."""
    if not material.stored:
        return Result(Word.OPEN, "nothing-stored")
    found: dict[str, list[int]] = {}
    for summary in material.stored:
        subject = Subject.of(summary, Facts(), Clock(material.now_ms))
        for finding in rule.judge(subject)[0]:
            found.setdefault(finding.code, []).extend(finding.values.get("numbers", ()))
    for code in BREAKS:
        if code in found:
            ranges = shown([(number, number) for number in found[code]])
            return Result(Word.BAD, code, {"ranges": ranges})
    return Result(Word.GOOD, "in-order")


def _missing(material: Material, summary: Summary) -> Iterator[tuple[Hole, Span]]:
    """Each hole with the parts of it that are not said to be left out."""
    out = [(first, last) for kid, first, last in material.left_out if kid == summary.kid]
    at = 0
    for hole in holes(summary):
        first = hole.first
        while at < len(out) and out[at][1] < hole.first:
            at += 1
        while at < len(out) and out[at][0] <= hole.last:
            if first < out[at][0]:
                yield hole, (first, out[at][0] - 1)
            first = max(first, out[at][1] + 1)
            at += 1
        if first <= hole.last:
            yield hole, (first, hole.last)


def shown(ranges: list[Span]) -> str:
    """Ranges for a sentence: "3, 5–7", at most so many."""
    parts = [f"{first}" if first == last else f"{first}–{last}" for first, last in ranges[:SHOWN]]
    return ", ".join(parts) + (" …" if len(ranges) > SHOWN else "")
