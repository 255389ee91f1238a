"""The chain checker: what is wrong with statements that should be one honest scale's, whole, linked and kept."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from steelyard_protocol import statement
from steelyard_protocol.enrolment import from_base64url
from steelyard_simulator.scale import SimulatedScale


def exported(scale: SimulatedScale, first: int = 1) -> list[bytes]:
    """The statements in a scale's journal from number `first` on, as its console gives them."""
    return [from_base64url(line) for line in scale.console(f"export {first}").split()]


def faults_of_chain(raws: Sequence[bytes], head: int) -> list[str]:
    """Sentences on what is wrong with held statements that should be 1 … head of one honest scale, whole and linked.

    The links are over whole bytes: if the last one is the scale's own, then so is every other.
    """
    parsed = [statement.parse(raw) for raw in raws]
    numbers = [one.number for one in parsed]
    found = []
    if numbers != list(range(1, head + 1)):
        missing = sorted(set(range(1, head + 1)) - set(numbers))
        twice = sorted({one for one in numbers if numbers.count(one) > 1})
        found.append(f"of 1 … {head} missing {missing}, twice {twice}, beyond {[n for n in numbers if n > head]}")
    for before, after in pairwise(parsed):
        if after.number == before.number + 1 and after.link != statement.link_of(before.hash):
            found.append(f"{after.number} does not link to {before.number}")
    found += [f"{one.number}: {breach}" for one in parsed for breach in one.breaches]
    return found


def faults_of_evidence(raws: Sequence[bytes], seen: Iterable[bytes]) -> list[str]:
    """Sentences on what was seen leaving the scale and is not held byte for byte."""
    evidence = set(raws)
    return [f"statement {statement.parse(raw).number} is not held as it was" for raw in seen if raw not in evidence]
