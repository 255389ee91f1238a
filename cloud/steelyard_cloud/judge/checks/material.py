"""What the steps are given. Everything that may be lacking is None then, and a step that needs it says *open*."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from steelyard_protocol import identity
from steelyard_protocol.bodies import Enrol
from steelyard_protocol.statement import StatementError, parse

from steelyard_cloud.judge.facts import Facts, Retired, retired
from steelyard_cloud.judge.summary import Summary


class Word(StrEnum):
    """A verdict in a word."""

    GOOD = "good"
    OPEN = "open"  # cannot be decided from what there is
    BAD = "bad"

    @property
    def rank(self) -> int:
        """0 is the best."""
        return tuple(Word).index(self)


class Result(NamedTuple):
    """A step's word, the code of the sentence that explains it, and the sentence's values."""

    word: Word
    code: str
    values: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Identity:
    """A key of the scale (65 bytes, SEC 1), with the enrolment statement by which the registry bound it."""

    public_key: bytes
    enrolment: bytes

    def read(self) -> Enrol | None:
        """The enrolment, if it is signed by the key that it names and that is this one."""
        try:
            first = parse(self.enrolment)
        except StatementError:
            return None
        body = first.body
        if not isinstance(body, Enrol) or body.signing_point != self.public_key or first.breaches:
            return None
        own = identity.kid(self.public_key) == first.kid and first.verifies(self.public_key)
        return body if own else None


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Whose word the registry facts are: the platform under the root with this thumbprint (32 bytes, or none).

    `trusted` is whether the reader trusts that root, None where he did not say. `problem` is what is wrong with the
    keys or the seal under it, as a code of `words`; None for nothing.
    """

    root: bytes
    trusted: bool | None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class Signatures:
    """How the statements were authenticated; each counts once."""

    own: int  # by their own signature
    linked: int = 0  # by the link of a later one
    bad: tuple[int, ...] = ()  # numbers of those that are neither
    strangers: int = 0  # of identities that are not the scale's
    unreadable: int = 0
    in_order: bool = True  # by identity, number and hash, none twice


LeftOut = tuple[bytes, int, int]  # identity, first and last number


@dataclass(frozen=True, kw_only=True)
class Material:
    """A scale's keys, summaries of what is authentic, registry facts, and the time of judging in Unix ms.

    `names` are what the registry calls it; `left_out` are stored statements that are not in the summaries.
    """

    now_ms: int
    origin: Origin | None = None
    identities: Sequence[Identity] = ()
    names: Mapping[str, str] | None = None
    signatures: Signatures | None = None
    summaries: Sequence[Summary] = ()
    left_out: Sequence[LeftOut] = ()
    facts: Facts | None = None

    @cached_property
    def enrolments(self) -> dict[bytes, Enrol | None]:
        """Identity → its enrolment, None where that does not fit the key."""
        return {identity.kid(one.public_key): one.read() for one in self.identities}

    @property
    def retired(self) -> frozenset[Retired]:
        """The keys that have a successor, as their enrolments say."""
        return retired(one for one in self.enrolments.values() if one is not None)

    @property
    def active_kid(self) -> bytes | None:
        """The identity without a successor; None unless there is exactly one."""
        before = {one.kid for one in self.retired}
        active = [kid for kid in self.enrolments if kid not in before]
        return active[0] if len(active) == 1 else None

    @property
    def stored(self) -> list[Summary]:
        """Summaries of chains of which there is anything."""
        return [one for one in self.summaries if one.stored]
