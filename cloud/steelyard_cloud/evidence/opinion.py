"""What the check of a file gives: three opinions and the public verdict, each a word with sentences that explain it."""

from dataclasses import dataclass, field
from typing import Any

from steelyard_cloud.judge.checks.material import Word
from steelyard_cloud.judge.verdict import Verdict

__all__ = ["FileVerdict", "Opinion", "Word"]


@dataclass
class Opinion:
    """One of the three verdicts: a word, a sentence, and the lines that explain it."""

    word: Word
    sentence: str
    lines: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return {"verdict": self.word.value, "sentence": self.sentence, "explanation": self.lines}


@dataclass
class FileVerdict:
    """The public verdict at the time at which the file was made; `word` is None where the file cannot tell.

    `unmet` are condition and code of what is missing, `limits` what no evidence file can show.
    """

    word: Verdict | None
    sentence: str
    unmet: list[tuple[str, str]]
    limits: list[str]

    def as_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        word = self.word.value if self.word else None
        unmet = [{"condition": condition, "code": code} for condition, code in self.unmet]
        return {"word": word, "sentence": self.sentence, "unmet": unmet, "cannot_show": self.limits}
