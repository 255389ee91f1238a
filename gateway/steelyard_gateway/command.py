"""The `steelyard` command: one root, to which each part of the distribution adds its own commands.

A part is an entry point of the group `steelyard.commands`: a name, a Typer application and, in brackets, the extra
that brings its packages. Only the part that is asked for is imported; one whose packages are missing says which.
"""

import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated

import typer

GROUP = "steelyard.commands"


def main() -> None:
    """Run the command line of this process."""
    root(sys.argv[1:], entry_points(group=GROUP))()


def root(arguments: Sequence[str], parts: Iterable[EntryPoint]) -> typer.Typer:
    """The command with the part that the arguments name, or with all parts where they name none."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        help="Steelyard: signed weighing, kept evidence, alerts on unauthorised adjustment.",
    )
    app.callback()(options)
    known = {part.name: part for part in parts}
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in [asked] if asked in known else sorted(known):
        app.add_typer(load(known[name]), name=name)
    return app


def options(
    show_version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and end.")] = False,
) -> None:
    """Options of the root command."""
    if show_version:
        typer.echo(f"steelyard {version('steelyard')}")
        raise typer.Exit


def load(part: EntryPoint) -> typer.Typer:
    """The part's own application, or one that names the missing extra."""
    try:
        app = part.load()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("steelyard"):
            raise
        return unavailable(part, error.name or "a package")
    if not isinstance(app, typer.Typer):
        raise TypeError(f"entry point {part.name} of {GROUP} is no Typer application: {part.value}")
    return app


def unavailable(part: EntryPoint, package: str) -> typer.Typer:
    """An application that says in one sentence how to install what the part needs, and ends with 1."""
    extra = next(iter(part.extras), part.name)
    advice = f"`steelyard {part.name}` needs {package}: pip install 'steelyard[{extra}]'"
    app = typer.Typer(help=f"(not installed: pip install 'steelyard\\[{extra}]')")

    @app.callback(
        invoke_without_command=True, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
    )
    def explain() -> None:
        typer.echo(advice, err=True)
        raise typer.Exit(1)

    return app
