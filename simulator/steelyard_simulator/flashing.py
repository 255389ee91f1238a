"""The flash of a scale that leaves the factory: `/factory.cbor` in a littlefs, an erased journal, no key yet."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from steelyard_protocol import cbor, p256, parameters

from steelyard_simulator import interpreter
from steelyard_simulator.errors import FlashingFailed

# A 15 kg scale with e = 5 g on a cell of 102 counts per gram whose empty pan gives 100,000 counts.
PARAMETERS: dict[int, int] = {
    1: 15_000_000,
    2: 100_000,
    3: 5_000,
    4: 8,
    5: 500,
    6: 500,
    7: 500,
    8: 20,
    9: 200,
    10: 2,
    11: 156,
    12: 0,
    32: 100_000,
    33: 9_794_200,
    34: 9_794_200,
    35: 2_000,
    36: 0,
    37: 0,
    40: 1_530_000,
    41: 15_000_000,
}

# The root of scales that belong to no platform: its private half is in nobody's hands that matters.
TEST_ROOT_PRIVATE_KEY = bytes(31) + b"\x01"


def factory_file(
    root_public_key: bytes, parameter_map: Mapping[int, int] | None = None, address: str | None = None
) -> bytes:
    """Encode `/factory.cbor`: the root's 65-byte public key, and the parameters (default: `PARAMETERS`).

    `address` is where the public pages are, such as "HTTPS://SCALES.EXAMPLE.ORG", at most 37 letters; the scale's codes
    lead there. Raises ParameterError for a map that the scale would refuse.
    """
    factory: dict[int, object] = {1: root_public_key, 2: parameters.validate(dict(parameter_map or PARAMETERS))}
    return cbor.encode(factory | ({4: address} if address else {}))


def flash_image(image: Path, factory: bytes | None = None, files: Mapping[str, bytes] | None = None) -> None:
    """Write a new scale's 2 MB flash to `image`, replacing what is there.

    `factory` is the contents of `/factory.cbor` (default: a root for tests and the default parameters); `files` are
    further ones by name. Raises FlashingFailed.
    """
    contents = {
        "factory.cbor": factory or factory_file(p256.public_key(TEST_ROOT_PRIVATE_KEY)),
        **(files or {}),
    }
    image.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="steelyard-flash-") as folder:
        arguments: list[str] = []
        for number, (name, data) in enumerate(contents.items()):
            source = Path(folder) / str(number)
            source.write_bytes(data)
            arguments += [name, str(source)]
        done = subprocess.run(
            interpreter.command("make_image.py", image, *arguments),
            env=interpreter.environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
    if done.returncode:
        raise FlashingFailed(image=image, output=(done.stdout + done.stderr).strip())
