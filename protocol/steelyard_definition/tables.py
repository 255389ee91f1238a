"""The tables that are written into the code, each between two lines that say so, for the host and for the firmware."""

from pathlib import Path

from steelyard_definition.definition import Definition, DefinitionError, Scalar

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "# ---- from steelyard.cddl, by `make tables`\n"
END = "# ----\n"
HOST = Path("protocol/steelyard_protocol")
AGENT = Path("firmware/agent")


def _constant(name: str) -> str:
    return name.upper().replace("-", "_")


def _in_words(name: str) -> str:
    return name.replace("-", " ")


def _tuple(items: list[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _check(type_: Scalar) -> str:
    check = f"integer({type_.lowest:_}, {type_.highest:_})" if type_.octets is None else f"octets({type_.octets})"
    return f"optional({check})" if type_.optional else check


def _event_kinds(definition: Definition) -> list[str]:
    members = [f"    {_constant(event.name)} = {event.kind}" for event in definition.events()]
    return ["class EventKind(IntEnum):", '    """Kinds of event."""', "", *members, "", ""]


def _event_checks(definition: Definition) -> list[str]:
    rows = [
        f"    EventKind.{_constant(event.name)}: {{"
        + ", ".join(f'"{fact}": {_check(type_)}' for fact, type_ in event.facts.items())
        + "},"
        for event in definition.events()
        if event.facts is not None
    ]
    return ["_FACTS: dict[int, dict[str, Check]] = {", *rows, "}"]


def _host_fields(definition: Definition) -> list[str]:
    rows = []
    for one in definition.parameters():
        optional = ", optional=True" if one.optional else ""
        rows.append(f'    Field({one.key}, "{one.name}", {one.lowest:_}, {one.highest:_}{optional}),')
    return ["_DEFINED = (", *rows, ")"]


def _agent_constants(definition: Definition) -> list[str]:
    return [f"{_constant(event.name)} = const({event.kind})" for event in definition.events()]


def _agent_names(definition: Definition) -> list[str]:
    rows = []
    for event in definition.events():
        words = [f'"{_in_words(event.name)}"', *(f'"{fact}"' for fact in event.facts or ())]
        rows.append(f"    {event.kind}: {_tuple(words)},")
    return ["_EVENTS = {", *rows, "}"]


def _agent_fields(definition: Definition) -> list[str]:
    parameters = definition.parameters()
    rows = [f'    ({one.key}, "{one.name}", {one.lowest}, {one.highest}),' for one in parameters]
    optional = _tuple([str(one.key) for one in parameters if one.optional])
    return ["FIELDS = (", *rows, ")", f"_OPTIONAL = {optional}"]


TABLES = {
    HOST / "events.py": (_event_kinds, _event_checks),
    HOST / "parameters.py": (_host_fields,),
    AGENT / "wire" / "statements.py": (_agent_constants,),
    AGENT / "commands" / "records.py": (_agent_names,),
    AGENT / "adjustment" / "fields.py": (_agent_fields,),
}
"""File → what makes each of its tables, in their order."""


def filled(path: Path, definition: Definition, root: Path = ROOT) -> str:
    """The text of a file with its tables as the definition has them; raises DefinitionError where it has no place."""
    before, *parts = (root / path).read_text().split(BEGIN)
    makers = TABLES[path]
    if len(parts) != len(makers) or not all(END in part for part in parts):
        raise DefinitionError(f"{path} has {len(parts)} places for the {len(makers)} tables that belong there")
    text = before
    for part, make in zip(parts, makers, strict=True):
        text += BEGIN + "\n".join(make(definition)) + "\n" + END + part.partition(END)[2]
    return text


def write(root: Path = ROOT) -> list[Path]:
    """Write the tables into every file; returns the files that changed."""
    definition = Definition(root / "protocol" / "steelyard.cddl")
    changed = []
    for path in TABLES:
        text = filled(path, definition, root)
        if text != (root / path).read_text():
            (root / path).write_text(text)
            changed.append(path)
    return changed
