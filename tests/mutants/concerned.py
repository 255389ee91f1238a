"""Which tests concern which file: those that are to notice a fault in it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CLOUD, _AGENT, _WEB = "cloud/steelyard_cloud/", "firmware/agent/", "tests/cloud/web/"
_LASTS = ["tests/target/chain_checks.py", "tests/target/parameters_checks.py", "tests/target/journal_checks.py"]

# The longest beginning counts.
TESTS: dict[str, list[str]] = {
    _CLOUD: ["tests/cloud"],
    # Without the verdict machine, which takes minutes: what it alone would notice counts as unnoticed here.
    _CLOUD + "judge/": sorted(
        f"tests/cloud/judge/{path.name}"
        for path in (ROOT / "tests/cloud/judge").glob("test_*.py")
        if path.stem != "test_verdict_machine"
    ),
    _CLOUD + "judge/checks/": [
        "tests/cloud/judge/test_judge_checks.py",
        *(f"tests/cloud/evidence/test_evidence_{name}.py" for name in ("attacks", "verify")),
    ],
    _CLOUD + "evidence/": ["tests/cloud/evidence", _WEB + "test_evidence.py"],
    _CLOUD + "statements/": ["tests/cloud/statements"],
    _CLOUD + "ingest/": ["tests/cloud/ingest"],
    _CLOUD + "people/": [
        "tests/cloud/people",
        *(f"{_WEB}test_{name}.py" for name in ("access", "every_route", "desk")),
    ],
    _CLOUD + "scales/": ["tests/cloud/scales"],
    _CLOUD + "scales/public.py": [f"{_WEB}test_{name}.py" for name in ("public", "life")],
    _CLOUD + "alerts/": [f"{_WEB}test_{name}.py" for name in ("desk", "life", "access")],
    _CLOUD + "complaints/": [_WEB + "test_complaints.py"],
    _CLOUD + "db/": ["tests/cloud/db", "tests/cloud/web/test_access.py"],
    _CLOUD + "web/": ["tests/cloud/web"],
    "protocol/steelyard_protocol/": ["tests/protocol"],
    "protocol/steelyard_definition/": ["tests/protocol"],
    "gateway/": ["tests/gateway", "tests/system/test_scale_cli_on_a_scale.py"],
    "simulator/": ["tests/simulator", "tests/target"],
    "hardware/steelyard_hardware/": ["tests/hardware"],
    _AGENT: ["tests/firmware", "tests/target"],
    _AGENT + "weighing/": [
        *(f"tests/firmware/weighing/test_{name}.py" for name in ("filtering", "weight", "weighing")),
        *(f"tests/target/{name}_checks.py" for name in ("weighing", "rest")),
    ],
    _AGENT + "adjustment/": [
        *(f"tests/firmware/{name}" for name in ("adjustment", "commands", "weighing/test_weighing.py")),
        "tests/target/agent_checks.py",
        *_LASTS,
    ],
    _AGENT + "record/": [
        "tests/firmware/record",
        "tests/firmware/test_software.py",
        *(f"tests/target/{name}_checks.py" for name in ("agent", "prices", "sales")),
        *_LASTS,
    ],
    _AGENT + "sealing/": [
        "tests/firmware/sealing",
        *(f"tests/target/{name}_checks.py" for name in ("agent", "unlock")),
        *_LASTS,
    ],
    _AGENT + "wire/": ["tests/firmware/wire"],
    _AGENT + "orders/": ["tests/firmware/orders", "tests/target/agent_checks.py"],
    _AGENT + "commands/": ["tests/firmware/commands"],
    _AGENT + "console.py": ["tests/firmware/commands"],
    _AGENT + "transport/": ["tests/firmware/transport"],
    _AGENT + "chips/": ["tests/firmware/chips", "tests/target"],
}


def concerning(path: str) -> list[str]:
    """The tests, as pytest's arguments, that concern a file; none for what is not the product's code."""
    rows = [start for start in TESTS if path.startswith(start)]
    if not rows or not path.endswith(".py") or "/migrations/" in path:
        return []
    return [tests for tests in TESTS[max(rows, key=len)] if (ROOT / tests).exists()]
