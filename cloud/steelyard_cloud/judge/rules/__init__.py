"""The rules, one file each: `RULE` names it, `judge(subject)` gives its findings and what is still pending.

Every file in this folder is a rule and takes part; its name and its findings get words in `web/words/findings.py`.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from steelyard_cloud.judge.findings import Report, Subject

RULES: dict[str, Callable[[Subject], Report]] = {
    rule.RULE: rule.judge for rule in (import_module(f"{__name__}.{file.name}") for file in iter_modules(__path__))
}
