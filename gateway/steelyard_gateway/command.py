"""The `steelyard` command: one root, to which each part of the distribution adds its own commands.

A part is an entry point of the group `steelyard.commands`: a name, a Typer application and, in brackets, the extra
that brings its packages. Only the part that is asked for is imported; one whose packages are missing says which.
"""

import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated

import typer
from rich.markup import escape

from steelyard_gateway import edge

GROUP = "steelyard.commands"


def main() -> None:
    """Run the command line of this process."""
    arguments = sys.argv[1:]
    sys.exit(edge.run(arguments, lambda: root(arguments, entry_points(group=GROUP))))


def root(arguments: Sequence[str], parts: Iterable[EntryPoint]) -> typer.Typer:
    """The command with the part that the arguments name, or with all parts where they name none."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        help="Steelyard: signed weighing, stored evidence, alerts on unauthorised adjustment.",
    )
    app.callback()(options)
    known = {part.name: part for part in parts}
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in [asked] if asked in known else sorted(known):
        add(app, known[name])
    return app


def print_version(asked: bool) -> None:
    """Print the version and exit."""
    if asked:
        print(f"steelyard {version('steelyard')}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the root command."""


def add(app: typer.Typer, part: EntryPoint) -> None:
    """Add the part's own application, or a command that names the missing extra."""
    try:
        added = part.load()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("steelyard"):
            raise
        add_advice(app, part, error.name or "a package")
        return
    if not isinstance(added, typer.Typer):
        raise TypeError(f"entry point {part.name} of {GROUP} is no Typer application: {part.value}")
    app.add_typer(added, name=part.name)


def add_advice(app: typer.Typer, part: EntryPoint, package: str) -> None:
    """Add a command that says in one sentence how to install what the part needs, and ends with 1."""
    install = f"pip install 'steelyard[{next(iter(part.extras), part.name)}]'"

    @app.command(
        part.name,
        help=f"(not installed: {escape(install)})",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def advise() -> None:
        print(f"`steelyard {part.name}` needs {package}: {install}", file=sys.stderr)
        raise typer.Exit(1)
