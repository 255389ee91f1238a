"""Bytes of a snapshot in mid-life, as the golden vectors have it. Reference: the most that is allowed."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parents[2] / "protocol" / "vectors" / "golden.json"
MOST_BYTES = {"snapshot mid-life": 190, "snapshot at every bound": 212}


def rows() -> list[dict[str, Any]]:
    """`snapshot size`, and the size with every field at its bound."""
    sizes = {one["name"]: len(one["raw"]) // 2 for one in json.loads(GOLDEN.read_text())["sizes"]}
    return [
        {
            "name": name.replace("snapshot mid-life", "snapshot size"),
            "value": sizes[name],
            "unit": "bytes",
            "reference": most,
            "ratio": most / sizes[name],
        }
        for name, most in MOST_BYTES.items()
    ]
