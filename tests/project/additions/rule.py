"""A rule: scales that start again and again."""

from kit.checkout import Checkout
from kit.signing_scale import SigningScale
from steelyard_cloud.judge import intake
from steelyard_cloud.judge.facts import Clock, Facts
from steelyard_cloud.judge.judge import judge
from steelyard_cloud.web.words.findings import finding_sentence
from steelyard_cloud.web.words.i18n import LANGUAGES, Speech, zone

SUITE = (
    "tests/cloud/judge/test_judge_chain.py",
    "tests/cloud/web/test_answers.py::test_every_code_has_words",
    "tests/cloud/web/test_answers.py::test_everything_shown_is_translated_with_the_same_places",
)
SOURCE = '''"""Scales that start again and again: more often than people switch them on."""

from steelyard_cloud.judge.findings import Finding, Report, Severity, Subject

RULE = "starts"
MOST = 10_000


def judge(subject: Subject) -> Report:
    """Finding `too-many-starts`."""
    edge = subject.summary.latest
    if edge is None or edge.boot <= MOST:
        return [], []
    values = {"starts": edge.boot}
    code, kid, number = "too-many-starts", subject.summary.kid, edge.number
    return [Finding(RULE, code, code, Severity.NOTICE, kid, number, number, 1, values)], []
'''
WORDS = """
    "starts": RuleWords(
        N_("Starts"),
        {"too-many-starts": (N_("Too many starts"), N_("The scale was started {starts} times."))},
    ),
"""


def add(checkout: Checkout) -> None:
    checkout.write("cloud/steelyard_cloud/judge/rules/starts.py", SOURCE)
    checkout.insert("cloud/steelyard_cloud/web/words/findings.py", "\nRULES = {", WORDS.rstrip())
    checkout.translate("Starts", "Too many starts", "The scale was started {starts} times.")


def test_it_finds_what_it_is_for_and_says_so_in_every_language() -> None:
    scale = SigningScale()
    scale.boot_number = 20_000
    summary = intake.summarise(scale.kid, [(raw, 1_800_000_000_000) for raw in (scale.enrol(), scale.boot())])
    judgement = judge([summary], Facts(frozenset(), frozenset(), frozenset()), Clock(1_800_000_000_000))
    [found] = [finding for finding in judgement.findings if finding.rule == "starts"]
    for language in LANGUAGES:
        sentence = finding_sentence(Speech(language, zone("UTC")), found.rule, {"code": found.code, **found.values})
        assert "The scale was started 20000 times." in sentence
        assert sentence.startswith("[") == (language != "en")
