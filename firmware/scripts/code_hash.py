"""The hash of the legally relevant code, worked out on a PC: what `record.software` would find if its files were there.

An image that has the agent frozen in has no files; its manifest freezes this hash with the code, as module `code_hash`.
"""

import hashlib
import runpy
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "agent"


def code_hash(package=PACKAGE):
    """Return the 32-byte hash over sorted names and contents of the relevant modules in the folder `package`."""
    not_relevant = runpy.run_path(str(package / "record" / "software.py"))["NOT_RELEVANT"]
    modules = {path.relative_to(package).with_suffix("").as_posix(): path for path in package.rglob("*.py")}
    total = hashlib.sha256()
    for name, path in sorted(modules.items()):
        if name not in not_relevant:
            total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.digest()


def write_module(folder):
    """Write `code_hash.py` into `folder`, for a manifest to freeze, and return the folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    source = '"""Made by firmware/scripts/code_hash.py for a frozen agent."""\n\nHASH = %r\n' % code_hash()
    (Path(folder) / "code_hash.py").write_text(source)
    return folder
