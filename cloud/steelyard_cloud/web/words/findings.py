"""What the rules find, in words, from the codes and values of a finding.

Messages are English and the keys of the translations. Nothing here decides anything.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from steelyard_cloud.web.words.events import opened
from steelyard_cloud.web.words.i18n import N_, Speech
from steelyard_cloud.web.words.parameters import parameter_difference, parameter_name

_CHANGES_SHOWN = 4


class RuleWords(NamedTuple):
    """A rule's name, and for the code of each of its findings a title and a sentence with places for the values."""

    name: str
    findings: dict[str, tuple[str, str]]


RULES = {
    "authenticity": RuleWords(
        N_("Authenticity"),
        {
            "profile": (
                N_("Wrong message format"),
                N_("An authentic statement breaks the message format: {breach}."),
            ),
            "bad-signature": (
                N_("Invalid signature in the chain"),
                N_("The signature of a statement is invalid, although a later statement vouches for its content."),
            ),
            "retired-key": (
                N_("A replaced key was used"),
                N_("The key was replaced by a new one, and signed more statements after that."),
            ),
        },
    ),
    "continuity": RuleWords(
        N_("Continuity"),
        {
            "gap": (
                N_("Statements missing"),
                N_("{missing} statements never arrived, although later ones did."),
            ),
            "fork": (
                N_("Two statements under one number"),
                N_(
                    "The same identity signed two different statements under one number:"
                    " the key was copied, or the memory was restored."
                ),
            ),
            "re-signed": (
                N_("Signed twice"),
                N_("The same content came with two signatures."),
            ),
            "link": (
                N_("The chain is broken"),
                N_("A statement does not link to the one before it."),
            ),
            "counters": (
                N_("A counter went down"),
                N_(
                    "The calibration or configuration counter is lower than before;"
                    " on an intact scale it only ever goes up."
                ),
            ),
            "boot": (
                N_("A boot number went down"),
                N_("The boot number is lower than before."),
            ),
            "uptime": (
                N_("Time ran backwards"),
                N_("The scale's running time went down without a restart."),
            ),
            "journal-lost": (
                N_("Journal lost"),
                N_("The scale reports that it lost its journal."),
            ),
            "rolled-back": (
                N_("Rolled back"),
                N_("The scale received a receipt for a statement that it no longer knows: its memory was rolled back."),
            ),
        },
    ),
    "parameter_change": RuleWords(
        N_("Parameters changed without a permit"),
        {
            "changed": (
                N_("Parameters changed without a permit"),
                N_("{changes}; the scale itself reported it."),
            ),
            "changed-silently": (
                N_("Parameters differ, but no change was reported"),
                N_(
                    "The signed parameters are not those that were verified,"
                    " and no event in the chain explains the change."
                ),
            ),
            "too-many-states": (
                N_("Parameters changed too often to keep track"),
                N_(
                    "The parameters changed more often than the platform can keep track of;"
                    " see the statements themselves."
                ),
            ),
        },
    ),
    "case": RuleWords(
        N_("Case opened"),
        {
            "locked": (
                N_("Locked, or case open"),
                N_(
                    "The scale reports that it is locked or that its case is open,"
                    " and no event says when it was opened."
                ),
            ),
            "opened": (
                N_("Case opened"),
                N_("The scale reports that its case was opened: {opened}."),
            ),
            "too-many": (
                N_("Case opened too often to keep track"),
                N_(
                    "The case was opened more often than the platform can keep track of; see the statements themselves."
                ),
            ),
        },
    ),
    "device": RuleWords(
        N_("Not the verified machine"),
        {
            "other-device": (
                N_("Not the verified machine"),
                N_(
                    "At a start the scale named other hardware than was verified, another ADC, root or production code,"
                    " or an open debug port."
                ),
            ),
            "debug-open": (
                N_("Debug port open"),
                N_("The debug port was open when the scale was verified."),
            ),
            "too-many": (
                N_("Machine changed too often to keep track"),
                N_("The scale named more machines than the platform can keep track of; see the statements themselves."),
            ),
        },
    ),
    "boots": RuleWords(
        N_("Start not reported"),
        {
            "start-not-stored": (
                N_("Start not reported"),
                N_("The scale ran for over an hour without reporting its start, so its software is not known."),
            ),
        },
    ),
    "overflow": RuleWords(
        N_("Too much to keep track"),
        {
            "too-much": (
                N_("Too much to keep track"),
                N_("More is wrong or missing than the platform can keep track of; see the statements themselves."),
            ),
        },
    ),
    "software": RuleWords(
        N_("Software not approved"),
        {
            "not-approved": (
                N_("Software not approved"),
                N_("The scale runs {name} {version}, whose hash is not in the type approval."),
            ),
        },
    ),
    "weight": RuleWords(
        N_("Weight cannot be recomputed"),
        {
            "not-recomputable": (
                N_("Weight cannot be recomputed"),
                N_("The indicated weight does not follow from the counts and parameters in the same signed statement."),
            ),
        },
    ),
    "price": RuleWords(
        N_("Price wrong"),
        {
            "price-wrong": (
                N_("Price wrong"),
                N_("The price of a sale does not follow from the weight and unit price in the same signed statement."),
            ),
        },
    ),
    "silent": RuleWords(
        N_("Silent"),
        {
            "silent": (
                N_("No reports"),
                N_("Nothing was received for three reporting periods."),
            ),
        },
    ),
}

SEVERITIES = {3: (N_("Tampering"), "tamper"), 2: (N_("Warning"), "warning"), 1: (N_("Notice"), "notice")}

REASONS = {
    "no-permit": N_("No permit was named."),
    "unknown-permit": N_("The permit that it names is not on record."),
    "permit-for-something-else": N_("The permit is for something else."),
    "field-not-permitted": N_("The permit does not cover these parameters."),
    "permit-spent": N_("The permit was for earlier counter values: it has been used up."),
    "outside-window": N_("It happened outside the time that the permit allows."),
    "from-unexplained-state": N_("The parameters before the change were already unexplained."),
    "no-event": N_("No event reports it."),
    "before-start": N_("It happened before the scale was switched on."),
}

_UNKNOWN = (N_("Finding"), N_("Unknown kind of finding: {code}."))


def finding_title(speech: Speech, rule: str, values: Mapping[str, Any]) -> str:
    """A short name of what was found."""
    return speech.say(_words(rule, values)[0])


def finding_sentence(speech: Speech, rule: str, values: Mapping[str, Any]) -> str:
    """One sentence on what was found; the reason follows where there is one."""
    _, template = _words(rule, values)
    places = {
        "changes": _changes(speech, values),
        "opened": opened(speech, values.get("stamp_s"), values.get("dated_s")),
    }
    text = speech.say(template, **{"code": "?", **values, **places})
    reason = REASONS.get(str(values.get("reason")))
    return speech.say(N_("{first} {then}"), first=text, then=speech.say(reason)) if reason else text


def _words(rule: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Title and sentence; a finding whose code has none is at least called by its rule's name."""
    if rule not in RULES:
        return _UNKNOWN
    name, findings = RULES[rule]
    return findings.get(str(values.get("code")), (name, _UNKNOWN[1]))


def _changes(speech: Speech, values: Mapping[str, Any]) -> str:
    """The parameters that a finding names, each with its difference."""
    shown = [
        f"{parameter_name(speech, key)} {parameter_difference(speech, key, old, new)}"
        for key, old, new in values.get("changes", ())[:_CHANGES_SHOWN]
    ]
    return ", ".join(shown) + (" …" if len(values.get("changes", ())) > _CHANGES_SHOWN else "")


def severity(speech: Speech, level: int) -> tuple[str, str]:
    """The word for a severity, and its tone in the style sheet."""
    word, tone = SEVERITIES.get(level, SEVERITIES[1])
    return speech.say(word), tone
