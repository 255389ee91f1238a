"""A verdict on an evidence file: a word, a sentence and what explains it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Word(StrEnum):
    """A verdict in a word."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"  # cannot be decided from this file


@dataclass
class Opinion:
    """One of the three verdicts: a word, a sentence, and the lines that explain it."""

    word: Word
    sentence: str
    lines: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return {"verdict": self.word.value, "sentence": self.sentence, "explanation": self.lines}
