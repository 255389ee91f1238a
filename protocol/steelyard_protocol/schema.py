"""As much of JSON Schema (2020-12) as our schemas use; a keyword that is not known here is an error, not a pass."""

import re
from collections.abc import Callable
from typing import Any

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
NOTES = {"$schema", "$id", "$defs", "title", "description", "properties", "items"}


def breaches(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None, at: str = "") -> list[str]:
    """Where `value` departs from `schema`, each as `place: keyword`."""
    root = root or schema
    if reference := schema.get("$ref"):
        return breaches(root["$defs"][reference.removeprefix("#/$defs/")], value, root, at)
    if schema.get("type") and not isinstance(value, TYPES[schema["type"]]):
        return [f"{at}: type"]
    found = [
        f"{at}: {name}" for name, of in schema.items() if name not in NOTES and not _holds(name, of, value, schema)
    ]
    inside: list[tuple[str, dict[str, Any], Any]] = []
    if isinstance(value, dict):
        inside = [
            (f"{at}/{name}", one, value[name]) for name, one in schema.get("properties", {}).items() if name in value
        ]
    elif isinstance(value, list) and "items" in schema:
        inside = [(f"{at}/{place}", schema["items"], one) for place, one in enumerate(value)]
    return found + [breach for place, one, part in inside for breach in breaches(one, part, root, place)]


def _holds(keyword: str, of: Any, value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value keeps to one keyword; KeyError for one that is not known."""
    checks: dict[str, Callable[[], object]] = {
        "type": lambda: True,
        "const": lambda: type(value) is type(of) and value == of,
        "enum": lambda: value in of,
        "pattern": lambda: re.search(re.sub(r"\$$", r"\\Z", of), value) is not None,
        "minItems": lambda: len(value) >= of,
        "maxItems": lambda: len(value) <= of,
        "maxLength": lambda: len(value) <= of,
        "required": lambda: set(of) <= set(value),
        "additionalProperties": lambda: of or set(value) <= set(schema["properties"]),
    }
    return bool(checks[keyword]())
