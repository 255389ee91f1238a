"""Authenticity, continuity and rules as three separate verdicts on a scale, for a page: the steps of `judge.checks`."""

from dataclasses import dataclass

from steelyard_protocol import identity

from steelyard_cloud.db.database import Connection
from steelyard_cloud.errors import KeysUnavailable
from steelyard_cloud.judge import checks
from steelyard_cloud.judge.checks import Checked, rules
from steelyard_cloud.judge.checks.material import Material, Word
from steelyard_cloud.judge.checks.words import SENTENCES
from steelyard_cloud.scales import checked
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.web.http.context import Context
from steelyard_cloud.web.words.findings import finding_title
from steelyard_cloud.web.words.i18n import N_, Speech

NAMES = {
    checks.AUTHENTICITY: N_("Signature"),
    checks.CONTINUITY: N_("Continuity"),
    checks.RULES: N_("Rules"),
}
WORDS = {
    checks.AUTHENTICITY: {Word.GOOD: N_("Authentic"), Word.OPEN: N_("Not proven"), Word.BAD: N_("With faults")},
    checks.CONTINUITY: {Word.GOOD: N_("Complete"), Word.OPEN: N_("Pending"), Word.BAD: N_("Broken")},
    checks.RULES: {Word.GOOD: N_("No findings"), Word.OPEN: N_("Pending"), Word.BAD: N_("Findings")},
}
SUMS_UP = ("signatures", "complete", "no-findings")
"""Of each verdict the step that is shown where all are good."""
TONES = {Word.GOOD: "good", Word.OPEN: "warning", Word.BAD: "bad"}


@dataclass(frozen=True)
class Opinion:
    """One verdict: its name, a word with a tone, a sentence."""

    name: str
    word: str
    tone: str
    sentence: str


def of(connection: Connection, here: Context, scale: ScaleInScope, speech: Speech) -> list[Opinion]:
    """The three verdicts on the stored statements of a scale; none before the first statement."""
    material = checked.material(connection, scale, root=_root(here), now_ms=here.now_ms())
    if not material.stored:
        return []
    steps = checks.check(material)
    return [_opinion(verdict, checks.of(verdict, steps), material, speech) for verdict in checks.VERDICTS]


def _root(here: Context) -> bytes | None:
    try:
        return identity.thumbprint(here.root_public())
    except KeysUnavailable:
        return None  # which leaves open what needs it


def _opinion(verdict: str, steps: list[Checked], material: Material, speech: Speech) -> Opinion:
    worst = steps[0]
    said = [one for one in steps if (one.code in SUMS_UP if worst.word is Word.GOOD else one.word is worst.word)]
    return Opinion(
        name=speech.say(NAMES[verdict]),
        word=speech.say(WORDS[verdict][worst.word]),
        tone=TONES[worst.word],
        sentence=" ".join(_sentence(one, material, speech) for one in said),
    )


def _sentence(one: Checked, material: Material, speech: Speech) -> str:
    if one.code == "findings":
        found = rules.against(rules.judgement(material).findings)
        titles = {finding_title(speech, each.rule, {**each.values, "code": each.code}) for each in found}
        return ", ".join(sorted(titles))
    values = {name: speech.number(value) if isinstance(value, int) else value for name, value in one.values.items()}
    return speech.say(SENTENCES[one.code], **values)
