"""The words for where an alert, a scale and its public verdict stand."""

from steelyard_cloud.judge.verdict import Opinion, Verdict
from steelyard_cloud.web.words.conditions import condition_sentence
from steelyard_cloud.web.words.i18n import N_, Speech

STATES = {
    "open": N_("Open"),
    "acknowledged": N_("Acknowledged"),
    "investigating": N_("Investigating"),
    "confirmed": N_("Confirmed"),
    "authorised": N_("Authorised after all"),
    "false": N_("False alarm"),
    "late": N_("Arrived late"),
    "closed": N_("Closed"),
    "regressed": N_("Reopened"),
}

VERDICTS = {
    "not-on-record": (N_("Not on record"), "bad", "unknown"),
    "altered": (N_("Altered — do not rely on it"), "bad", "altered"),
    "locked": (N_("Locked"), "warn", "locked"),
    "not-verified": (N_("Not verified"), "warn", "unknown"),
    "expired": (N_("Verification expired"), "warn", "expired"),
    "no-recent-data": (N_("No recent data"), "grey", "silent"),
    "cannot-be-told": (N_("Cannot be told"), "grey", "unknown"),
    "verified": (N_("Verified and in date, no change reported"), "good", "good"),
}
"""Word, tone and icon of each public verdict."""

NOT_ON_RECORD = N_(
    "No scale has this code. Check that you read it correctly;"
    " a scale that is not on record must not be used for trade."
)
VERIFIED = N_("Its signed reports match what was verified.")

AT_STATEMENT = N_("statement {number}")


def alert_state(speech: Speech, code: str) -> str:
    """The word for an alert's state."""
    return speech.say(STATES.get(code, N_("Open")))


def verdict_words(speech: Speech, word: Verdict) -> tuple[str, str, str]:
    """The verdict in words, its tone and its icon."""
    shown, tone, icon = VERDICTS[word.value]
    return speech.say(shown), tone, icon


def verdict_line(speech: Speech, opinion: Opinion) -> str:
    """The sentence below the verdict: what is missing first of all, and who can put it right."""
    if opinion.word is Verdict.NOT_ON_RECORD:
        return speech.say(NOT_ON_RECORD)
    return condition_sentence(speech, opinion.unmet[0]) if opinion.unmet else speech.say(VERIFIED)
