"""What `steelyard.cddl` says of events and parameters, read line by line; the rest of it is for people and validators.

An event is a rule `name = [kind: N, facts: [fact: type, …]]`, a parameter a line `key => type, ; name` of
`parameter-map`. Types are ranges, byte strings of one length, names of such, and each of them or nil.
"""

import re
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "steelyard.cddl"


class DefinitionError(ValueError):
    """The definition says something that its tables have no place for."""


@dataclass(frozen=True)
class Scalar:
    """An integer from `lowest` to `highest`, or `octets` bytes; or nil as well."""

    lowest: int = 0
    highest: int = 0
    octets: int | None = None
    optional: bool = False

    @property
    def example(self) -> int | bytes | None:
        """A value of this type: nil if that is one."""
        if self.optional:
            return None
        return self.lowest if self.octets is None else bytes(self.octets)


@dataclass(frozen=True)
class EventRule:
    """One kind of event: its number, its name, its facts in order; None where they are a structure of their own."""

    kind: int
    name: str
    facts: dict[str, Scalar] | None

    @property
    def example(self) -> list[object]:
        """An event's body with a value for each fact."""
        return [self.kind, [fact.example for fact in (self.facts or {}).values()]]


@dataclass(frozen=True)
class ParameterRule:
    """One parameter: its key in the map, its name with unit, its inclusive range."""

    key: int
    name: str
    lowest: int
    highest: int
    optional: bool


class Definition:
    """The definition in the file `source`."""

    def __init__(self, source: Path = SOURCE) -> None:
        self._text = source.read_text()
        self._rules = dict(re.findall(r"^([\w-]+) = (.+?) *(?:;.*)?$", self._text, re.MULTILINE))

    def events(self) -> list[EventRule]:
        """Every kind of event, rising; raises DefinitionError where `event-body` lists others."""
        found = []
        for name, rule in self._rules.items():
            if match := re.fullmatch(r"\[kind: (\d+), facts: (?:\[(.*)\]|[\w-]+)\]", rule):
                found.append(EventRule(int(match[1]), name, self._facts(match[2]) if match[2] else None))
        [body] = re.findall(r"^event-body = ((?:.+\n)+)", self._text, re.MULTILINE)
        if re.split(r"\s+/\s+", body.strip()) != [event.name for event in found]:
            raise DefinitionError("event-body does not list the kinds of event in their order")
        if [event.kind for event in found] != sorted({event.kind for event in found}):
            raise DefinitionError("the kinds of event do not rise")
        return found

    def parameters(self) -> list[ParameterRule]:
        """Every parameter, rising by its key."""
        [lines] = re.findall(r"^parameter-map = \{\n(.+?)^\}", self._text, re.MULTILINE | re.DOTALL)
        found = []
        for line in lines.splitlines():
            match = re.match(r"  (\? )?(\d+) => (\S+), +; (\w+)", line)
            if not match:
                raise DefinitionError(f"{line!r} is not a parameter: `key => type, ; name` expected")
            type_ = self.scalar(match[3])
            found.append(ParameterRule(int(match[2]), match[4], type_.lowest, type_.highest, bool(match[1])))
        if [one.key for one in found] != sorted({one.key for one in found}):
            raise DefinitionError("the keys of the parameters do not rise")
        return found

    def _facts(self, listed: str) -> dict[str, Scalar]:
        return {fact: self.scalar(type_) for fact, type_ in (pair.split(": ") for pair in listed.split(", "))}

    def scalar(self, text: str) -> Scalar:
        """The type that `text` spells or names."""
        if text.endswith(" / nil"):
            inner = self.scalar(text.removesuffix(" / nil"))
            return Scalar(inner.lowest, inner.highest, inner.octets, optional=True)
        if match := re.fullmatch(r"(-?\d+)\.\.(-?\d+)", text):
            return Scalar(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"bstr \.size (\d+)", text):
            return Scalar(octets=int(match[1]))
        if text in self._rules:
            return self.scalar(self._rules[text])
        raise DefinitionError(f"{text!r} is no type that a table could hold")
