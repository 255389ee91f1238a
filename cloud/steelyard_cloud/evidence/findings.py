"""What the rules find in an evidence file, line by line."""

from steelyard_cloud.evidence.bundle import Bundle
from steelyard_cloud.judge.checks import rules
from steelyard_cloud.judge.checks.material import Material
from steelyard_cloud.judge.findings import Finding


def finding_lines(material: Material, bundle: Bundle) -> list[str]:
    """A line for each finding, and whether the file's alert is among them."""
    found = rules.against(rules.judgement(material).findings) if material.stored else []
    lines = [f"{one.rule}/{one.code}: {_span(one)}; {_values(one)}" for one in found]
    alert = bundle.alert
    if alert is not None and alert.rule not in rules.APART:
        again = any(one.key == (alert.rule, alert.what) for one in found)
        lines.append(
            f"The file's alert {alert.id} ({alert.rule}) "
            + ("follows from the statements in it." if again else "does not follow from the statements in it.")
        )
    return lines


def _span(finding: Finding) -> str:
    first, last = finding.first_number or 0, finding.last_number or finding.first_number or 0
    return f"statement {first}" if first == last else f"statements {first}–{last}"


def _values(finding: Finding) -> str:
    parts = []
    for name, value in finding.values.items():
        if name == "changes":
            parts.append(", ".join(f"parameter {key}: {old} → {new}" for key, old, new in value))
        elif isinstance(value, str | int):
            parts.append(f"{name} {value}")
    return "; ".join(parts) or "see the statements"
