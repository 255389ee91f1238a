"""A manufacturer's key gets into the key set under the root, once."""

from pathlib import Path

import pytest
from kit.cli import steelyard
from steelyard_cloud import keys
from steelyard_protocol.downlink import KeySet, Role, open_order


def key_set(folder: Path) -> KeySet:
    held = open_order(keys.read_key_set(folder), keys.read_root_public(folder))
    assert isinstance(held, KeySet)
    return held


def test_the_next_key_set_has_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_CLOUD_DATA_DIR", str(tmp_path))
    assert steelyard("cloud", "init").exit_code == 0
    assert steelyard("update", "key", str(tmp_path / "maker.pem")).exit_code == 0
    point = bytes.fromhex((tmp_path / "maker.pem.pub").read_text())
    before = key_set(tmp_path / "keys")
    assert "may now sign" in steelyard("cloud", "add-manufacturer", str(tmp_path / "maker.pem.pub")).stdout
    after = key_set(tmp_path / "keys")
    assert (after.number, after.keys) == (before.number + 1, (*before.keys, (point, Role.MANUFACTURER)))
    assert "signs already" in steelyard("cloud", "add-manufacturer", str(tmp_path / "maker.pem.pub")).stdout
    assert key_set(tmp_path / "keys") == after
    told = steelyard("cloud", "add-manufacturer", str(tmp_path / "maker.pem"))
    assert (told.exit_code, "holds no public key" in told.stderr) == (1, True)


def test_a_full_set_takes_no_more(tmp_path: Path) -> None:
    folder, root = tmp_path / "keys", tmp_path / "root"
    keys.create(folder, root)
    for number in range(keys.MOST_KEYS - 3):
        point = keys.PlatformKey.of((number + 7).to_bytes(32, "big")).public_key
        assert keys.add_key(folder, root, point, Role.MANUFACTURER)
    with pytest.raises(keys.KeySetFull):
        keys.add_key(folder, root, keys.PlatformKey.of(bytes(31) + b"\x05").public_key, Role.MANUFACTURER)
