"""Codes of other schemes on a scale's plate: GB/T 36377, Ecode, GS1 Digital Link, or free.

Of each scheme is checked what is public of it: the check digit of a GTIN, the letters and the length of the others. A
code is one scale's; it is compared as it is read, so that two spellings of one code are one.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, select
from steelyard_protocol.plate import as_read

from steelyard_cloud.db.schema import scale_codes, scales
from steelyard_cloud.errors import AlreadyExists, Refusal, WrongValue
from steelyard_cloud.scales import codes as public_codes

MOST = 8
LONGEST = 200
_WORD = re.compile("[0-9A-Z]{8,64}")
_GTIN_LENGTHS = (8, 12, 13, 14)
_SERIAL = re.compile(r"[!%-?A-Z_a-z\"]{1,20}")


class Scheme(StrEnum):
    """Whose rules a code follows."""

    GB_T_36377 = "gb-t-36377"
    ECODE = "ecode"
    GS1 = "gs1-digital-link"
    FREE = "free"


class PlateCode(NamedTuple):
    """A code as it was given, and as it is compared with others."""

    scheme: Scheme
    code: str
    read_as: str


def read(scheme: str, code: str) -> PlateCode:
    """A code of a scheme; raises WrongValue where it is none."""
    if scheme not in list(Scheme):
        raise WrongValue(where="codes.scheme", why=f"one of {', '.join(Scheme)} expected")
    given = code.strip()
    if not 1 <= len(given) <= LONGEST or not given.isprintable() or not any(map(str.isalnum, given)):
        raise WrongValue(where="codes.code", why=f"1 to {LONGEST} characters that can be printed expected")
    kind = Scheme(scheme)
    if kind is Scheme.GS1:
        return PlateCode(kind, given, f"gs1:{_gs1(given)}")
    if kind is Scheme.FREE and public_codes.read(given) is not None:
        raise WrongValue(where="codes.code", why="it reads like the public code of a scale")
    if kind is Scheme.FREE:
        return PlateCode(kind, given, f"free:{as_read(given)}"[:LONGEST])
    plain = given.replace(" ", "").upper()
    if not _WORD.fullmatch(plain):
        raise WrongValue(where="codes.code", why="8 to 64 digits and letters without accents expected")
    if kind is Scheme.ECODE and not plain[0].isdigit():
        raise WrongValue(where="codes.code", why="an Ecode begins with the digit of its version")
    return PlateCode(kind, given, f"{kind}:{plain}")


def recognised(text: str) -> list[str]:
    """What a text that somebody scanned or typed may be compared with, by scheme."""
    found = []
    for scheme in Scheme:
        try:
            found.append(read(scheme, text).read_as)
        except WrongValue:
            continue
    return found


def _gs1(text: str) -> str:
    """GTIN-14 and serial number of a GS1 Digital Link (an address with /01/ and /21/); raises WrongValue."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise WrongValue(where="codes.code", why="an address expected") from error
    keys = [unquote(one) for one in parts.path.split("/") if one]
    start = keys.index("01") if "01" in keys else len(keys)
    pairs = dict(zip(keys[start::2], keys[start + 1 :: 2], strict=False))
    gtin, serial = pairs.get("01", ""), pairs.get("21", "")
    if parts.scheme not in ("http", "https") or not parts.netloc or not gtin:
        raise WrongValue(
            where="codes.code", why="an address like https://id.example/01/09506000134352/21/4711 expected"
        )
    if len(gtin) not in _GTIN_LENGTHS or not (gtin.isascii() and gtin.isdecimal()) or not _check_digit_fits(gtin):
        raise WrongValue(where="codes.code", why="the GTIN's check digit does not fit")
    if not _SERIAL.fullmatch(serial):
        raise WrongValue(where="codes.code", why="the serial number of one scale (/21/) is expected")
    return f"01{gtin.zfill(14)}21{serial}"


def _check_digit_fits(gtin: str) -> bool:
    digits = [int(one) for one in reversed(gtin)]
    return sum(one * (3 if at % 2 else 1) for at, one in enumerate(digits)) % 10 == 0


def taken(connection: Connection, codes: Sequence[PlateCode]) -> Iterable[Refusal]:
    """A refusal for each code that another scale has, or that is given twice."""
    if len(codes) > MOST:
        yield WrongValue(where="codes", why=f"at most {MOST} codes expected")
    keys = [one.read_as for one in codes]
    known = set(connection.scalars(select(scale_codes.c.read_as).where(scale_codes.c.read_as.in_(keys))))
    for at, one in enumerate(codes):
        if one.read_as in known or one.read_as in keys[:at]:
            yield AlreadyExists(what="code", name=one.code)


def public_code_for(connection: Connection, text: str) -> str | None:
    """The public code of the scale that has this code on its plate; None if no scale has."""
    c = scale_codes.c
    query = select(scales.c.public_code).join(scale_codes).where(c.read_as.in_(recognised(text))).order_by(c.id)
    found: str | None = connection.scalar(query.limit(1))
    return found
