"""`steelyard update`: a manufacturer builds and signs software for the slots of scales."""

import json
from pathlib import Path
from typing import Annotated

import typer
from steelyard_protocol import downlink, identity, package
from steelyard_protocol.package import Package, PackageError

from steelyard_gateway.errors import NoUpdate
from steelyard_gateway.factory import image, signing

app = typer.Typer(no_args_is_help=True, help="Build, sign and look at updates for the slots of scales.")

JsonOption = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]
KeyOption = Annotated[Path, typer.Option("--key", help="The manufacturer's key, as `steelyard update key` made it.")]


@app.command()
def key(file: Annotated[Path, typer.Argument(help="Where the new key goes; FILE.pub is for the platform.")]) -> None:
    """Make the key that signs updates."""
    made = signing.make(file)
    print(f"{file} signs updates: keep it off line. Give {file}.pub ({identity.to_text(made.kid)}) to the platform.")


@app.command()
def build(
    board: Annotated[str, typer.Argument(help="The board that it is for, such as pico2_w.")],
    out: Annotated[Path, typer.Argument(help="The file with manifest and image.")],
    key: KeyOption,
    firmware: Annotated[Path | None, typer.Option("--firmware", help="A folder with the firmware's sources.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Build and sign the software of a board; its hash is what a type approval has to name."""
    signer = signing.read(key)
    made = image.build(board, firmware)
    manifest = downlink.sign(made.update, signer.private_key, signer.kid)
    out.write_bytes(Package(manifest, made.image, made.update, signer.kid).encode())
    _tell(out, as_json)


@app.command()
def show(file: Annotated[Path, typer.Argument(help="An update.")], as_json: JsonOption = False) -> None:
    """Say what is in an update."""
    _tell(file, as_json)


def _tell(file: Path, as_json: bool) -> None:
    try:
        held = package.read(file.read_bytes())
    except PackageError as error:
        raise NoUpdate(file=file, why=error) from error
    except OSError as error:
        raise NoUpdate(file=file, why=error.strerror) from error
    update = held.update
    facts = {
        "hardware": update.hardware,
        "number": update.number,
        "version": update.version,
        "software": update.software.hex(),
        "bytes": update.length,
        "image": update.image.hex(),
        "signed_by": identity.to_text(held.kid),
    }
    if as_json:
        print(json.dumps(facts))
    else:
        print("\n".join(f"{name.replace('_', ' '):10} {value}" for name, value in facts.items()))
