"""Thumbprints of platforms' roots as people give them, and the file in which a user keeps those that he trusts."""

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from steelyard_cloud.errors import CloudError

FILE = "trusted-roots"
DIGITS = 64


class ThumbprintError(CloudError):
    """{text!r} is not a root's thumbprint: 64 hexadecimal digits are expected, with colons or blanks if you like"""

    code, noun, exit_code = "thumbprint", "thumbprint", 2


class TrustError(CloudError):
    """The file of the roots that you trust cannot be used: {why}"""

    code, noun, exit_code = "trust", "trusted roots", 2


def read_thumbprint(text: str) -> bytes:
    """The 32 bytes of a thumbprint: hexadecimal in either case, with colons or blanks in between and `sha256:` before.

    Raises ThumbprintError.
    """
    digits = re.sub(r"[\s:]", "", re.sub(r"^\s*sha-?256\s*:", "", text, flags=re.IGNORECASE))
    if not re.fullmatch(f"[0-9A-Fa-f]{{{DIGITS}}}", digits):
        raise ThumbprintError(text=text[:100])
    return bytes.fromhex(digits)


class TrustedRoots:
    """The thumbprints in a user's configuration folder, one a line; nobody else may write there."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def read(self) -> list[str]:
        """64 digits each, sorted; none without a file. Raises TrustError."""
        try:
            if self.path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise TrustError(why=f"others can write to {self.path}")
            lines = self.path.read_text(encoding="utf-8").splitlines()
            return sorted({read_thumbprint(line).hex() for line in lines if line.strip()})
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError, ThumbprintError) as error:
            raise TrustError(why=f"{self.path}: {error}") from error

    def add(self, thumbprint: bytes) -> None:
        """Trust one more; raises TrustError."""
        self._write({*self.read(), thumbprint.hex()})

    def remove(self, thumbprint: bytes) -> bool:
        """Trust one no more; whether it was there. Raises TrustError."""
        known = set(self.read())
        if thumbprint.hex() not in known:
            return False
        self._write(known - {thumbprint.hex()})
        return True

    def _write(self, thumbprints: Iterable[str]) -> None:
        """All or nothing: a cut in between leaves the old file."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, new = tempfile.mkstemp(prefix=f"{FILE}.", dir=self.path.parent)  # its mode is 0600
            try:
                with open(handle, "w", encoding="utf-8") as stream:
                    stream.writelines(f"{one}\n" for one in sorted(thumbprints))
                    stream.flush()
                    os.fsync(stream.fileno())
                Path(new).replace(self.path)
            finally:
                Path(new).unlink(missing_ok=True)
        except OSError as error:
            raise TrustError(why=f"{self.path}: {error.strerror}") from error
