"""Words of a command line that go to a scale."""

from typing import Any

import typer

from steelyard_gateway.serial.frames import has_control


class Words(typer.core.TyperGroup):
    """Commands whose words come from somebody's keyboard or script: none has a character that could end a line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse control characters in every word of the command line, then parse it."""
        for word in args:
            if has_control(word):
                raise typer.BadParameter(f"{word!r} has a control character, such as a line break")
        return super().parse_args(ctx, args)
