"""The scale is in the stage in which it may be used: it passed its last verification, and nothing came since.

Stands apart, as `fresh`: it follows from the registry alone, and an evidence file does not have it.
"""

from collections.abc import Iterator

from steelyard_cloud.judge.verdict import Unmet, Verdict

NAME = "life"
VERIFIED = "verified"


def unmet(stage: str) -> Iterator[Unmet]:
    """*Not verified*."""
    if stage != VERIFIED:
        yield Unmet(NAME, Verdict.NOT_VERIFIED, stage.replace(" ", "-"))
