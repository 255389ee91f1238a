"""The rules, one file each: `judge(subject)` gives the findings and what is still pending.

To add a rule, write its file here and name it in `RULES`; its codes get words in the pages' catalogues.
"""

from collections.abc import Callable

from steelyard_cloud.judge.findings import Report, Subject
from steelyard_cloud.judge.rules import authenticity, case, continuity, parameter_change, silent, software, weight

RULES: tuple[Callable[[Subject], Report], ...] = (
    authenticity.judge,
    continuity.judge,
    parameter_change.judge,
    case.judge,
    software.judge,
    weight.judge,
    silent.judge,
)
