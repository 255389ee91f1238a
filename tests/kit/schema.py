"""As much of JSON Schema as our schemas use; a keyword that is not known here is an error, not a pass."""

import re
from typing import Any

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
NOTES = {"$schema", "$id", "$defs", "title", "description", "properties", "items"}


def breaches(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None, at: str = "") -> list[str]:
    """Where `value` departs from `schema`, each as `place: keyword`."""
    root = root or schema
    if reference := schema.get("$ref"):
        return breaches(root["$defs"][reference.removeprefix("#/$defs/")], value, root, at)
    holds = {
        "type": lambda of: isinstance(value, TYPES[of]),
        "const": lambda of: type(value) is type(of) and value == of,
        "enum": lambda of: value in of,
        "pattern": lambda of: re.search(of, value) is not None,
        "minItems": lambda of: len(value) >= of,
        "maxItems": lambda of: len(value) <= of,
        "required": lambda of: set(of) <= set(value),
        "additionalProperties": lambda of: of or set(value) <= set(schema["properties"]),
    }
    if schema.get("type") and not holds["type"](schema["type"]):
        return [f"{at}: type"]
    found = [f"{at}: {name}" for name, of in schema.items() if name not in NOTES and not holds[name](of)]
    inside: list[tuple[str, dict[str, Any], Any]] = []
    if isinstance(value, dict):
        inside = [
            (f"{at}/{name}", one, value[name]) for name, one in schema.get("properties", {}).items() if name in value
        ]
    elif isinstance(value, list) and "items" in schema:
        inside = [(f"{at}/{place}", schema["items"], one) for place, one in enumerate(value)]
    return found + [breach for place, one, part in inside for breach in breaches(one, part, root, place)]
