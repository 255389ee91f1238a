"""Types of the fields that requests carry, with their bounds."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Form, Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from steelyard_protocol.enrolment import from_base64url


class Strict(BaseModel):
    """A request's body: unknown fields are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


def is_base64url(text: str) -> str:
    """A check for a field: base64url, and given back as it is."""
    try:
        from_base64url(text)
    except ValueError:
        raise ValueError("base64url expected") from None
    return text


def _says_something(text: str) -> str:
    if not any(map(str.isalnum, text)):
        raise ValueError("letters or digits expected")
    return text


def _is_day(value: Any) -> Any:
    """A day has one spelling: a time of the day or a time zone beside it would be dropped silently."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a day like 2029-11-30 expected")
    return value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500), AfterValidator(_says_something)
]
Day = Annotated[date, BeforeValidator(_is_day), Field(strict=False)]
FormDay = Annotated[date, BeforeValidator(_is_day), Form()]
Division = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}([0-9]{6})?|Z[0-9]{5})$")]
DivisionPath = Annotated[str, Path(pattern=r"^([0-9]{6}([0-9]{6})?|Z[0-9]{5})$", description="Code of a division")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Base64url = Annotated[str, StringConstraints(max_length=4096), AfterValidator(is_base64url)]
Code = Annotated[str, Path(max_length=40, description="Public code of a scale, as people type it")]
Search = Annotated[str, Query(max_length=500, description="Number, name, place, or a code as people have it")]
MOST = 2**62  # what both databases take for a key
Id = Annotated[int, Path(ge=1, le=MOST)]
Before = Annotated[int | None, Query(ge=1, le=MOST)]
After = Annotated[int, Query(ge=0, le=MOST)]
Limit = Annotated[int, Query(ge=1, le=500)]
DayOrNothing = Annotated[date | None, BeforeValidator(lambda given: _is_day(given) if given else None), Query()]
"""A day in the address of a page, whose field may be left empty."""
Seen = Annotated[int | None, Field(ge=0, le=0x7FFFFFFF)]
