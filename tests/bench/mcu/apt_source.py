"""Where this machine gets Debian from, read from apt's own configuration in both of its formats.

One line a source in `sources.list` and `*.list`, stanzas (deb822) in `*.sources`: sources.list(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

APT = Path("/etc/apt")
ONE_LINE = re.compile(r"deb(?:-src)?\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+\S+\s*(?P<components>[^#]*)")
# What says whom to trust; where it is absent apt takes the machine's trusted keys.
TRUST = ("Signed-By", "Trusted")


@dataclass(frozen=True)
class Source:
    """An archive that this machine is configured to use; `trust` as in a stanza of a `.sources` file."""

    uri: str
    components: tuple[str, ...]
    trust: dict[str, str] = field(default_factory=dict)

    @property
    def is_debian(self) -> bool:
        """Whether it is Debian's archive or a mirror of it, not its security updates nor somebody else's packages."""
        return "main" in self.components and self.uri.rstrip("/").endswith("/debian")

    def stanza(self, suites: tuple[str, ...]) -> str:
        """The stanza by which apt finds source packages of these suites there."""
        fields = {"Types": "deb-src", "URIs": self.uri, "Suites": " ".join(suites), "Components": "main", **self.trust}
        return "".join(f"{name}: {value}\n" for name, value in fields.items())


def debian_source(apt: Path = APT) -> Source | None:
    """The first source of Debian's archive in the folder of apt's configuration, None if there is none."""
    return next((source for source in _sources(apt) if source.is_debian), None)


def _sources(apt: Path) -> Iterator[Source]:
    parts = apt / "sources.list.d"
    for path in (apt / "sources.list", *sorted(parts.glob("*.list"))):
        if path.is_file():
            yield from _one_line_sources(path.read_text())
    for path in sorted(parts.glob("*.sources")):
        yield from _stanza_sources(path.read_text())


def _one_line_sources(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        if found := ONE_LINE.match(line.strip()):
            options = dict(option.split("=", 1) for option in (found["options"] or "").split() if "=" in option)
            trust = {name: options[name.lower()] for name in TRUST if name.lower() in options}
            yield Source(found["uri"], tuple(found["components"].split()), trust)


def _stanza_sources(text: str) -> Iterator[Source]:
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", without_comments):
        # A line that begins with a blank goes on with the value before it: a key may stand there whole.
        fields = {
            name.lower(): value.strip(" ")
            for name, value in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.M)
        }
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        trust = {name: fields[name.lower()] for name in TRUST if name.lower() in fields}
        for uri in fields.get("uris", "").split():
            yield Source(uri, tuple(fields.get("components", "").split()), trust)
