"""The conditions of the public verdict in words: for each code what is missing, and who can put it right."""

from typing import NamedTuple

from steelyard_cloud.judge.verdict import Unmet
from steelyard_cloud.web.words.i18n import N_, Speech


class ConditionWords(NamedTuple):
    """A condition's name, and a sentence for the code of each way in which it is not met."""

    name: str
    sentences: dict[str, str]


CONDITIONS = {
    "life": ConditionWords(
        N_("In the stage of its life in which it may be used"),
        {
            "produced": N_("It was made and never verified. It must not be used for trade yet."),
            "awaiting-verification": N_("It waits for its verification. It must not be used for trade until then."),
            "verification-failed": N_(
                "It failed its last verification. The owner must have it repaired and verified again."
            ),
            "in-repair": N_("It is being repaired. It must be verified again before it is used."),
            "use-forbidden": N_("The market supervision has forbidden its use."),
            "out-of-use": N_("Its owner has taken it out of use."),
            "scrapped": N_("It was scrapped. Whoever uses it for trade breaks the law: please complain."),
        },
    ),
    "parameters": ConditionWords(
        N_("Parameters as verified"),
        {
            "changed": N_(
                "Its parameters were changed without a permit since it was verified, even if they were changed back."
                " The owner must have it adjusted and verified again."
            ),
            "adjusted": N_(
                "It was adjusted since it was verified. The owner must have it verified again before it is used."
            ),
            "too-many": N_(
                "Its parameters were changed more often than can be followed. The owner must have it verified again."
            ),
            "unreadable": N_(
                "It sent a report that cannot be read and may be on a change of its parameters."
                " The owner must have it inspected and verified again."
            ),
        },
    ),
    "device": ConditionWords(
        N_("Program and electronics as verified"),
        {
            "other-device": N_(
                "It reported another program or other electronics than those that were verified."
                " The owner must have it inspected and verified again."
            ),
            "not-approved": N_(
                "Its program is not one that its type approval lists. The owner must have it inspected."
            ),
            "debug-open": N_(
                "Its debug port is open, so that its program could be changed. The owner must have it inspected."
            ),
            "too-many": N_(
                "Its program or electronics changed more often than can be followed. The owner must have it inspected."
            ),
            "unreadable": N_(
                "It sent a report on a start that cannot be read, so that its program and electronics are not known."
                " The owner must have it inspected and verified again."
            ),
        },
    ),
    "case": ConditionWords(
        N_("Case closed"),
        {
            "opened": N_(
                "Its case was opened. It must not be used until an authorised person unlocks it"
                " and it is verified again."
            ),
            "was-opened": N_(
                "Its case was opened and it was unlocked under a permit. The owner must have it verified again."
            ),
            "unreadable": N_(
                "It sent a report that cannot be read and may be on its case."
                " It must not be used until it is inspected and verified again."
            ),
        },
    ),
    "baseline": ConditionWords(
        N_("Verified"),
        {
            "no-verification": N_("There is no verification on record. The owner must have it verified."),
            "statement-not-stored": N_(
                "The report that its verification names is not stored. The verification institution can tell more."
            ),
            "two-verifications": N_(
                "Two verifications name the same report. The verification institution must verify it again."
            ),
        },
    ),
    "validity": ConditionWords(
        N_("In date"),
        {
            "expired": N_("Its verification is out of date. The owner must have it verified again."),
            "too-long": N_(
                "Its verification was recorded for longer than its type allows. The owner must have it verified again."
            ),
        },
    ),
    "fresh": ConditionWords(
        N_("Recent report"),
        {
            "quiet": N_("It has not reported recently, so nothing can be said about it now. The owner can connect it."),
            "no-clock": N_("It reports without a valid time. The owner must have the clock set."),
        },
    ),
    "chain": ConditionWords(
        N_("Nothing missing"),
        {
            "hole": N_(
                "Reports are missing that never arrived. They may still be sent;"
                " otherwise the market supervision authority must decide, or the owner must have it verified again."
            ),
            "fork": N_(
                "Two different reports carry the same number."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "re-signed": N_(
                "A report was signed twice."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "journal-lost": N_(
                "It lost its memory of earlier reports."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "rolled-back": N_(
                "Its memory went back to an earlier state."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "link": N_(
                "A report does not continue the one before it."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "counters": N_(
                "A counter that must only rise went down."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "boot": N_(
                "Its count of starts went down."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "uptime": N_(
                "Its running time went down without a start."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
        },
    ),
    "boots": ConditionWords(
        N_("Every start reported"),
        {
            "start-not-stored": N_(
                "It was started without reporting with which program."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
        },
    ),
    "consistent": ConditionWords(
        N_("Reports fit together"),
        {
            "contradiction": N_(
                "A report contradicts itself."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "weight": N_(
                "A weight that it reported does not follow from what it measured."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "price": N_(
                "A price that it reported does not follow from weight and unit price."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "signature": N_(
                "A report carries a wrong signature."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "headless": N_(
                "It sent a report that cannot be read."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "retired-key": N_("A key that was replaced is still used. The market supervision authority must decide."),
        },
    ),
    "complete": ConditionWords(
        N_("All of it checked"),
        {
            "too-much": N_(
                "It reported more contradictions than can be followed."
                " The market supervision authority must decide, or the owner must have it verified again."
            ),
            "waits": N_("Its reports are still being checked. Look again in a few minutes."),
        },
    ),
}
"""By condition; the sentence of the worst one is the verdict's on the public page."""


def condition_name(speech: Speech, condition: str) -> str:
    """What a condition is called."""
    return speech.say(CONDITIONS[condition].name)


def condition_sentence(speech: Speech, unmet: Unmet) -> str:
    """What is missing, and who can put it right."""
    return speech.say(CONDITIONS[unmet.condition].sentences[unmet.code])
