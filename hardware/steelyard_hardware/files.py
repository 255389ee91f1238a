"""Files as people write them: read and checked, or refused with a sentence; and what is made of them, written."""

from __future__ import annotations

import re
import reprlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic import Strict as Strictness

from steelyard_hardware import errors

ROOT = Path(__file__).resolve().parents[2]

Table = TypeVar("Table", bound=BaseModel)


class Strict(BaseModel):
    """A table of a TOML file: every key known, every value of its type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Words = Annotated[tuple[str, ...], Strictness(False)]
Numbers = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Strictness(False)]


def written(pattern: str, advice: str) -> AfterValidator:
    """Return a check that a text is written after `pattern`; where it is not, `advice` says what to do."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(advice)
        return text

    return AfterValidator(check)


def shown(path: Path) -> str:
    """Return the path as people say it: from the project's folder where it is inside."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text, without a byte order mark. Raises FileMissing, FileUnreadable or FileNotUtf8."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        position, byte = error.start, error.object[error.start]
        raise errors.FileNotUtf8(path=shown(path), position=position, byte=byte) from None


def read_bytes(path: Path) -> bytes:
    """Return a file's content. Raises FileMissing or FileUnreadable."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise errors.FileMissing(path=shown(path)) from None
    except OSError as error:
        raise errors.FileUnreadable(path=shown(path), reason=error.strerror) from None


def read_table(path: Path, model: type[Table]) -> Table:
    """Return a TOML file as `model`. Raises HardwareError."""
    return parse_table(shown(path), read_text(path), model)


def parse_table(path: str, text: str, model: type[Table]) -> Table:
    """Return the text of the TOML file `path` as `model`. Raises FileNotToml, or FileRefused with every fault."""
    try:
        return model.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise errors.FileRefused(path=path, faults=[_fault(dict(each)) for each in error.errors()]) from None
    except RecursionError:
        raise errors.FileNotToml(path=path, reason="it is nested too deeply") from None
    except ValueError as error:  # tomllib's own error is one; so is that of a number with thousands of digits
        raise errors.FileNotToml(path=path, reason=error) from None


def _fault(error: dict[str, Any]) -> str:
    """Say what one value of a table has wrong, and what to do."""
    value = error["input"]
    has = f"is {str(value).lower() if isinstance(value, bool) else reprlib.repr(value)}"
    where = ".".join(str(step) for step in error["loc"] if step != "[key]") or "the file"
    match error["type"]:
        case "missing":
            return f"{where} is missing: add it"
        case "extra_forbidden":
            return f"{where} is unknown: correct the name or leave it out"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{where} {has}: it should be a table"
        case "tuple_type":
            return f"{where} {has}: it should be a list"
        case _:
            told = error["msg"].removeprefix("Value error, ").replace("Input should", "it should")
            return f"{where} {has}: {told}"


def write(path: Path, content: str | bytes) -> None:
    """Write a file, and the folders above it. Raises FileNotWritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise errors.FileNotWritten(path=shown(path), reason=error.strerror) from None
