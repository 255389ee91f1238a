"""The words for where an alert, a scale and its public verdict stand."""

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
    "verified": (N_("Verified and in date, no change reported"), "good", "good"),
}
"""Word, tone and icon of each public verdict."""

VERDICT_LINES = {
    "not-on-record": N_(
        "No scale has this code. Check that you read it correctly;"
        " a scale that is not on record must not be used for trade."
    ),
    "altered": N_("The parameters it reported are not those that were verified."),
    "locked": N_("Its case was opened. It must not be used until an authorised person unlocks it."),
    "not-verified": N_("There is no valid verification on record for its current parameters."),
    "expired": N_("It must be verified again before it is used for trade."),
    "no-recent-data": N_("It was verified, but has not reported recently, so nothing can be said about it now."),
    "verified": N_("Its signed reports match what was verified."),
}

AT_STATEMENT = N_("statement {number}")

LIFE = {
    "produced": N_("Produced"),
    "verified": N_("In use, verified"),
    "in repair": N_("Under repair"),
    "retired": N_("Withdrawn"),
}


def alert_state(speech: Speech, code: str) -> str:
    """The word for an alert's state."""
    return speech.say(STATES.get(code, N_("Open")))
