"""Signature, continuity and rules as three separate verdicts on a scale, for a page.

They are never mixed: a broken rule can be proven by perfectly signed statements, and a hole proves nothing but itself.
"""

from dataclasses import dataclass

from steelyard_cloud.alerts import queries as alert_queries
from steelyard_cloud.db.database import Connection
from steelyard_cloud.judge.rules import authenticity, continuity, silent
from steelyard_cloud.judge.summary import Summary
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.web.words.findings import finding_title
from steelyard_cloud.web.words.i18n import N_, Speech


@dataclass(frozen=True)
class Opinion:
    """One verdict: its name, a word with a tone, a sentence."""

    name: str
    word: str
    tone: str
    sentence: str


def of(connection: Connection, scale: ScaleInScope, summary: Summary | None, speech: Speech) -> list[Opinion]:
    """The three verdicts on the stored statements of a scale."""
    if summary is None:
        return []
    found: dict[str, list[str]] = {}
    for rule, values in alert_queries.still_found(connection, scale):
        found.setdefault(rule, []).append(finding_title(speech, rule, values))
    rules = [title for rule, titles in found.items() if rule not in _APART for title in titles]
    return [
        _signature(summary, found.get(authenticity.RULE, []), speech),
        _continuity(summary, found.get(continuity.RULE, []), speech),
        _rules(rules, speech),
    ]


_APART = (authenticity.RULE, continuity.RULE, silent.RULE)


def _signature(summary: Summary, found: list[str], speech: Speech) -> Opinion:
    linked = summary.bad_signatures.count + sum(last - first + 1 for first, last in summary.unchecked)
    signed = summary.stored - linked
    sentence = speech.say_plural(
        "{n} statement verified by its own signature", "{n} statements verified by their own signature", signed
    )
    if linked:
        sentence += speech.say(N_(", {n} more by the link of a later one"), n=speech.number(linked))
    name = speech.say(N_("Signature"))
    if found:
        return Opinion(name, speech.say(N_("With faults")), "warning", f"{', '.join(found)}. {sentence}")
    return Opinion(name, speech.say(N_("Authentic")), "good", sentence)


def _continuity(summary: Summary, found: list[str], speech: Speech) -> Opinion:
    name = speech.say(N_("Continuity"))
    if found:
        return Opinion(name, speech.say(N_("Broken")), "bad", ", ".join(found))
    if len(summary.intervals) > 1 or (summary.intervals and summary.intervals[0].first.number > 1):
        sentence = speech.say(N_("Some numbers are missing but may still arrive"))
        return Opinion(name, speech.say(N_("Pending")), "warning", sentence)
    sentence = speech.say(
        N_("Every number from 1 to {head} is there, each linked to the one before"), head=speech.number(summary.head)
    )
    return Opinion(name, speech.say(N_("Complete")), "good", sentence)


def _rules(found: list[str], speech: Speech) -> Opinion:
    name = speech.say(N_("Rules"))
    if found:
        return Opinion(name, speech.say(N_("Findings")), "bad", ", ".join(sorted(set(found))))
    return Opinion(
        name, speech.say(N_("No findings")), "good", speech.say(N_("No rule found a problem with this scale"))
    )
