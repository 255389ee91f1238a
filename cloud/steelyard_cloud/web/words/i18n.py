"""Languages: which one a reader wants, the catalogues, and how numbers and times are written in each.

English is the source language and the key of every message; `locale/<language>.po` holds the others and is read at
start, so there is nothing to compile. A .po file is all that a language needs: its name on the pages, its numbers and
dates follow from the tag that the file is named by (BCP 47).
"""

import gettext
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers, support
from babel.messages import mofile, pofile

JUST_NOW = timedelta(seconds=10)
_FOLDER = Path(__file__).parent / "locale"
_LOCALES = {"en": Locale("en", "GB")} | {
    file.stem: Locale.parse(file.stem, sep="-") for file in sorted(_FOLDER.glob("*.po"))
}
LANGUAGES = {language: str(locale.language_name) for language, locale in _LOCALES.items()}
"""Tag → the language's name in itself, English first."""


def N_(message: str) -> str:
    """Mark `message` for translation where it is defined, to be translated where it is shown."""
    return message


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The translations of one of `LANGUAGES`; English has none, as it is the source."""
    path = _FOLDER / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        mofile.write_mo(compiled, pofile.read_po(source, locale=_LOCALES[language]))
    compiled.seek(0)
    return support.Translations(compiled)


def negotiate(asked: str | None, accept: str | None) -> str:
    """The language to answer in: `asked` (an explicit choice) if it is one of ours, else by Accept-Language
    (RFC 9110, 12.5.4; matched by primary language as in RFC 4647, 3.4), else English."""
    if asked in LANGUAGES:
        return asked
    best, best_weight = "en", 0.0
    for part in (accept or "")[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        for language in LANGUAGES:
            if primary == language.split("-")[0] and weight > best_weight:
                best, best_weight = language, weight
    return best


@dataclass(frozen=True)
class Speech:
    """One reader's language and time zone: what templates use to write text, numbers and times."""

    language: str
    zone: tzinfo

    @property
    def locale(self) -> Locale:
        return _LOCALES[self.language]

    def say(self, message: str, **values: object) -> str:
        """Translate `message` and fill its `{name}` places."""
        text = catalogue(self.language).gettext(message)
        return text.format(**values) if values else text

    def say_plural(self, one: str, many: str, n: int, **values: object) -> str:
        """Translate by number; `{n}` is the number, written in the reader's way."""
        return catalogue(self.language).ngettext(one, many, n).format(**{"n": self.number(n), **values})

    def number(self, value: float, decimals: int = 0) -> str:
        """`value` with the language's separators and exactly `decimals` places."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return str(numbers.format_decimal(value, format=pattern, locale=self.locale))

    def moment(self, at: datetime | None) -> str:
        """Date and time to the second, in the platform's zone."""
        return "—" if at is None else str(dates.format_datetime(at, "yyyy-MM-dd HH:mm:ss", self.zone, self.locale))

    def date(self, day: date) -> str:
        """A calendar day, written out."""
        return str(dates.format_date(day, "long", self.locale))

    def ago(self, at: datetime | None, now: datetime) -> str:
        """How long ago, roughly: "3 hours ago"; a clock that runs a little ahead is no news from the future."""
        if at is None:
            return "—"
        if now - at < JUST_NOW:
            return self.say(N_("just now"))
        return str(dates.format_timedelta(at - now, add_direction=True, locale=self.locale))


@cache
def zone(name: str) -> tzinfo:
    """The time zone `name` (IANA); raises zoneinfo.ZoneInfoNotFoundError for an unknown one."""
    return UTC if name == "UTC" else ZoneInfo(name)


Say = Callable[..., str]
