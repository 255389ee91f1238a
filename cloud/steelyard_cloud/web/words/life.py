"""The words for the life of a scale, its type and its software: stages, steps, what a step needs, tests of a sheet."""

from steelyard_cloud.web.words.i18n import N_, Speech

STAGES = {
    "produced": N_("Produced"),
    "verified": N_("In use, verified"),
    "in use": N_("In use"),
    "expired": N_("In use, verification expired"),
    "awaiting verification": N_("Awaiting verification"),
    "verification failed": N_("Verification failed"),
    "in repair": N_("In repair"),
    "use forbidden": N_("Use forbidden"),
    "out of use": N_("Out of use"),
    "scrapped": N_("Scrapped"),
    "applied": N_("Applied for"),
    "in force": N_("In force"),
    "refused": N_("Refused"),
    "suspended": N_("Suspended"),
    "withdrawn": N_("Withdrawn"),
    "submitted": N_("Submitted"),
    "approved": N_("Approved"),
    "revoked": N_("Revoked"),
}

STEPS = {
    "type.record": N_("Record a type approval"),
    "type.apply": N_("Apply for a type approval"),
    "type.approve": N_("Approve the type"),
    "type.refuse": N_("Refuse the type"),
    "type.amend": N_("Amend the type approval"),
    "type.suspend": N_("Suspend the type approval"),
    "type.withdraw": N_("Withdraw the type approval"),
    "software.record": N_("Record approved software"),
    "software.submit": N_("Submit software"),
    "software.approve": N_("Approve the software"),
    "software.revoke": N_("Revoke the software"),
    "enrol": N_("Enrol the scale"),
    "verification.ask": N_("Ask for a verification"),
    "verification.plan": N_("Plan the verification"),
    "verification.pass": N_("Pass the verification"),
    "verification.fail": N_("Fail the verification"),
    "repair.order": N_("Order a repair"),
    "repair.permit": N_("Permit the repair"),
    "repair.unlock": N_("Unlock the scale"),
    "repair.report": N_("Report the repair as done"),
    "adjust.permit": N_("Permit an adjustment"),
    "use.forbid": N_("Forbid its use"),
    "use.release": N_("Release it for use"),
    "use.stop": N_("Take it out of use"),
    "use.resume": N_("Use it again"),
    "scrap": N_("Scrap the scale"),
    "place": N_("Record its place"),
    "move.ask": N_("Ask for a move"),
    "move.accept": N_("Accept the move"),
    "move.refuse": N_("Refuse the move"),
    "decide": N_("Record a public decision"),
    "period": N_("Register its period"),
}

NEEDS = {
    "certificate": N_("number of the certificate"),
    "envelope": N_("within the envelope of the type"),
    "reason": N_("a reason"),
    "hash": N_("hash of the program, new to the type"),
    "type in force": N_("type approval in force"),
    "own numbers": N_("serial number and codes that no other scale has"),
    "order with room": N_("a production order with room"),
    "owner": N_("on the owner's word, or of whoever supervises it"),
    "day to come": N_("a day to come"),
    "statement": N_("a stored statement with all parameters"),
    "codes": N_("production code and repair code complete"),
    "seal": N_("the seal"),
    "validity": N_("a validity that the type allows"),
    "unlocked": N_("scale unlocked, case closed"),
    "fresh statement": N_("a recent report"),
    "no tamper": N_("no undecided tamper alert"),
    "nothing wrong since": N_("nothing wrong after that statement"),
    "sheet": N_("a sheet within the permissible errors"),
    "readable sheet": N_("the sheet"),
    "reference masses": N_("reference masses certified on that day"),
    "window": N_("a window of time"),
    "lock": N_("what the locked scale shows"),
    "repair code": N_("the repair code"),
    "new key": N_("of a new board its new key"),
    "cause gone": N_("the cause is gone"),
    "somewhere else": N_("another place, division or owner"),
    "asked move": N_("a move that waits for an answer"),
}

TESTS = {
    "intervals": N_("Intervals"),
    "weighing": N_("Weighing"),
    "eccentricity": N_("Eccentricity"),
    "discrimination": N_("Discrimination"),
    "repeatability": N_("Repeatability"),
    "creep": N_("Creep"),
    "zero return": N_("Zero return"),
    "zero setting": N_("Zero setting"),
    "zero tracking": N_("Zero tracking"),
    "stability": N_("Stability"),
    "temperature": N_("Temperature"),
    "tare": N_("Tare"),
    "overload": N_("Overload"),
    "price": N_("Price"),
}

FAULTS = {
    "missing": N_("The test is missing."),
    "says-failed": N_("The sheet itself says that it failed."),
    "beyond-limit": N_("The error is beyond the limit."),
    "incomplete": N_("Figures are missing."),
    "added-out-of-range": N_("The masses added are more than one interval."),
    "shown-between-intervals": N_("The indication lies between two intervals."),
    "contradicts-itself": N_("The error that is written does not follow from the other figures."),
    "too-few-loads": N_("There are too few loads."),
    "load-missing": N_("A load is missing."),
    "unknown-row": N_("This row is unknown."),
    "too-few-rows": N_("There are too few rows."),
    "wrong-load": N_("The load is wrong for this test."),
    "no-change": N_("The indication did not change."),
}
"""What is wrong with a row of a sheet, by the codes of `steelyard_protocol.sheet`; masses in mg."""

FIGURES = {
    "found": N_("found"),
    "limit": N_("limit"),
    "said": N_("said"),
    "added": N_("added"),
    "most": N_("most"),
    "shown": N_("shown"),
    "loads": N_("loads"),
    "least": N_("least"),
    "load": N_("load"),
    "change": N_("change"),
    "e": N_("e"),
}


def figure_words(speech: Speech, figures: str) -> str:
    """Figures of a fault ("found 7500, limit 5000") with their names as people read them."""
    pairs = [one.partition(" ") for one in figures.split(", ") if one]
    named = ", ".join(f"{speech.say(FIGURES.get(name, name))} {value}" for name, _, value in pairs)
    return f"({named})" if named else ""


def stage_word(speech: Speech, stage: str) -> str:
    """A stage as people read it."""
    return speech.say(STAGES.get(stage, stage))


def step_word(speech: Speech, step: str) -> str:
    """A step as people read it."""
    return speech.say(STEPS.get(step, step))


def need_words(speech: Speech, needs: tuple[str, ...]) -> list[str]:
    """What a step needs, as people read it."""
    return [speech.say(NEEDS.get(one, one)) for one in needs]
