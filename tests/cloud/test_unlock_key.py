"""The platform's unlock key: made with the others, or added later under the root's next key set."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.cli import steelyard
from steelyard_cloud import keys
from steelyard_protocol.downlink import KeySet, Role, open_order, sign


def key_set(folder: Path) -> KeySet:
    held = open_order(keys.read_key_set(folder), keys.read_root_public(folder))
    assert isinstance(held, KeySet)
    return held


def before_there_was_one(folder: Path) -> None:
    """What an older release left."""
    keys.create(folder / "keys", folder / "root")
    root = keys.read(folder / "root" / "root.pem")
    older = KeySet(4, tuple(one for one in key_set(folder / "keys").keys if one[1] != Role.UNLOCK))
    (folder / "keys" / keys.KEY_SET).write_bytes(sign(older, root.private_key, root.kid))
    (folder / "keys" / "unlock.pem").unlink()


def test_a_new_platform_has_one_and_scales_get_it(tmp_path: Path) -> None:
    assert keys.create(tmp_path / "keys", tmp_path / "root")
    unlock = keys.read_unlock(tmp_path / "keys")
    assert (unlock.public_key, Role.UNLOCK) in key_set(tmp_path / "keys").keys
    assert not keys.add_unlock(tmp_path / "keys", tmp_path / "root")


def test_init_adds_it_once_and_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_CLOUD_DATA_DIR", str(tmp_path))
    before_there_was_one(tmp_path)
    held = key_set(tmp_path / "keys")
    first = steelyard("cloud", "init")
    assert (first.exit_code, "with a new unlock key" in first.output) == (0, True)
    renewed = key_set(tmp_path / "keys")
    unlock = keys.read_unlock(tmp_path / "keys")
    assert (renewed.number, renewed.keys) == (5, (*held.keys, (unlock.public_key, Role.UNLOCK)))
    second = steelyard("cloud", "init")
    assert "unlock" not in second.output
    assert key_set(tmp_path / "keys") == renewed


def test_a_key_that_did_not_get_into_the_set_is_taken_up_again(tmp_path: Path) -> None:
    before_there_was_one(tmp_path)
    keys.write(tmp_path / "keys" / "unlock.pem", keys.PlatformKey.of(bytes(31) + b"\x07"))
    assert keys.add_unlock(tmp_path / "keys", tmp_path / "root")
    assert (keys.read_unlock(tmp_path / "keys").public_key, Role.UNLOCK) in key_set(tmp_path / "keys").keys


def test_without_the_root_nothing_is_made(tmp_path: Path) -> None:
    before_there_was_one(tmp_path)
    (tmp_path / "root" / "root.pem").unlink()
    assert not keys.add_unlock(tmp_path / "keys", tmp_path / "root")
    with pytest.raises(keys.KeyMissing):
        keys.read_unlock(tmp_path / "keys")
