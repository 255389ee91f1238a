"""`steelyard update`: a key is made once, an image is what mpremote builds, and what is wrong is said in a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kit.cli import steelyard
from kit.micropython import FIRMWARE, ROOT
from steelyard_gateway.factory import image
from steelyard_protocol import package


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maker") / "maker.pem"
    assert steelyard("update", "key", str(path)).exit_code == 0
    return path


def test_an_update_is_built_signed_and_shown(key: Path, tmp_path: Path) -> None:
    out = tmp_path / "new.update"
    told = steelyard("update", "build", "pico2_w", str(out), "--key", str(key), "--json")
    assert told.exit_code == 0, told.output
    facts = json.loads(told.stdout)
    assert (facts["hardware"], facts["number"]) == ("steelyard-pico2-w", 1)
    assert json.loads(steelyard("update", "show", str(out), "--json").stdout) == facts
    held = package.read(out.read_bytes())
    assert held.verifies(bytes.fromhex(Path(f"{key}.pub").read_text()))
    assert len(held.image) <= 180 * 1024, "what a slot of 192 KiB is meant to hold"


def test_an_image_is_what_mpremote_builds_and_the_same_each_time(tmp_path: Path) -> None:
    folder, out = tmp_path / "slot", tmp_path / "slot.romfs"
    image.compile_into(folder, FIRMWARE, ROOT / "hardware" / "boards" / "pico2_w" / "board.py")
    command = [sys.executable, "-m", "mpremote", "romfs", "--no-mpy", "-o", str(out), "build", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    assert image.build("pico2_w").image == out.read_bytes()


def test_only_the_drivers_of_the_board_are_in_it(tmp_path: Path) -> None:
    image.compile_into(tmp_path, FIRMWARE, ROOT / "hardware" / "boards" / "pico2_w" / "board.py")
    chips = {path.stem for path in (tmp_path / "agent" / "chips").iterdir()}
    assert "hx711" in chips
    assert "ads1232" not in chips


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("build", "pico_w", "OUT", "--key", "KEY"), "has no slots"),
        (("build", "toaster", "OUT", "--key", "KEY"), "no board toaster"),
        (("build", "pico2_w", "OUT", "--key", "MISSING"), "is no key that signs updates"),
        (("build", "pico2_w", "OUT", "--key", "OPEN"), "others can read it"),
        (("build", "pico2_w", "OUT", "--key", "TEXT"), "not an unencrypted key"),
        (("key", "KEY"), "exists already"),
        (("show", "TEXT"), "No update can be read"),
        (("show", "MISSING"), "No update can be read"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_what_is_wrong_is_said(key: Path, tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    (tmp_path / "open.pem").write_bytes(key.read_bytes())
    (tmp_path / "open.pem").chmod(0o644)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "text").chmod(0o600)
    places = {"KEY": key, "OUT": tmp_path / "out", "MISSING": tmp_path / "no", "OPEN": tmp_path / "open.pem"}
    places["TEXT"] = tmp_path / "text"
    told = steelyard("update", *(str(places.get(word, word)) for word in words))
    assert told.exit_code == 1
    assert says in told.stderr


def test_software_that_does_not_compile_is_not_built(tmp_path: Path) -> None:
    source = tmp_path / "broken.py"
    source.write_text("def nothing(:\n")
    with pytest.raises(image.CannotBuild, match="SyntaxError"):
        image._compile(source, "broken", tmp_path / "broken.mpy")
