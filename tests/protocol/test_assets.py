"""The folders that programs are started from are found, and one that is lost is named."""

from pathlib import Path

import pytest
from steelyard_protocol import assets


def test_the_folders_of_a_checkout_are_found() -> None:
    assert (assets.folder("firmware") / "main.py").is_file()
    assert (assets.folder("hal") / "start.py").is_file()
    assert (assets.folder("boards") / "pico_w" / "board.py").is_file()


def test_a_lost_folder_is_named_with_both_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "_CHECKOUT", tmp_path)
    with pytest.raises(assets.AssetsMissing, match="'hal'") as refusal:
        assets.folder("hal")
    assert refusal.value.values["in_checkout"] == tmp_path / "simulator" / "hal"
    assert refusal.value.values["in_wheel"] == Path(assets.__file__).parent / "hal"
