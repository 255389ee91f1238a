"""Settings report all their errors at once, and key files are private to their owner."""

from pathlib import Path

import pytest
from steelyard_cloud import keys, settings
from steelyard_protocol import identity, p256


def test_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "steelyard.toml"
    config.write_text('mqtt_port = 1884\nperiod_s = 60\nshards = "07"\n')
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(config))
    monkeypatch.setenv("STEELYARD_CLOUD_PERIOD_S", "2")
    loaded = settings.load(data_dir=tmp_path)
    assert (loaded.mqtt_port, loaded.period_s, loaded.shards) == (1884, 2, "07")
    assert loaded.database == f"sqlite:///{tmp_path}/steelyard.sqlite"


def test_every_wrong_setting_is_named_in_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.CONFIG_VARIABLE, raising=False)
    with pytest.raises(settings.SettingsError, match=r"(?s)mqtt_port.*period_s"):
        settings.load(mqtt_port=0, period_s=0)
    with pytest.raises(settings.SettingsError, match="shards"):
        settings.load(shards="0U")
    with pytest.raises(settings.SettingsError, match=r"(?s)time_zone.*Asia/Shanghai.*complaint_number"):
        settings.load(time_zone="Asia/Atlantis", complaint_number="javascript:alert(1)")
    with pytest.raises(settings.SettingsError, match="time_zone"):
        settings.load(time_zone="../../etc/passwd")


def test_where_an_instance_stands_is_a_setting_and_china_when_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.CONFIG_VARIABLE, raising=False)
    plain = settings.load()
    assert (plain.time_zone, plain.complaint_number) == ("Asia/Shanghai", "12315")
    monkeypatch.setenv("STEELYARD_CLOUD_TIME_ZONE", "Europe/Berlin")
    monkeypatch.setenv("STEELYARD_CLOUD_COMPLAINT_NUMBER", "")
    elsewhere = settings.load()
    assert (elsewhere.time_zone, elsewhere.complaint_number) == ("Europe/Berlin", "")


def test_missing_settings_file_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(tmp_path / "absent.toml"))
    with pytest.raises(settings.SettingsError, match=r"absent\.toml cannot be read"):
        settings.load()


def test_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "online.pem"
    key = keys.PlatformKey.of(p256.make_private_key())
    keys.write(path, key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.read(path) == key
    assert key.kid == identity.kid(key.public_key)
    assert repr(key.private_key) not in repr(key)
    with pytest.raises(keys.KeysError, match="already exists"):
        keys.write(path, key)


def test_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "online.pem"
    keys.write(path, keys.PlatformKey.of(p256.make_private_key()))
    path.chmod(0o644)
    with pytest.raises(keys.KeysError, match="chmod 600"):
        keys.read(path)


def test_damaged_or_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "online.pem"
    with pytest.raises(keys.KeysError, match="missing"):
        keys.read(path)
    path.touch(mode=0o600)
    path.write_bytes(b"nonsense")
    with pytest.raises(keys.KeysError, match="not an unencrypted P-256"):
        keys.read(path)
