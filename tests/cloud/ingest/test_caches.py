"""What a receiver keeps in memory: bounded by what it weighs, and what is used stays."""

import pytest
from kit.cloud_desk import Desk
from kit.handing_over import send
from kit.signing_scale import SigningScale
from steelyard_cloud.ingest.cache import keyring
from steelyard_cloud.ingest.cache import summaries as cache
from steelyard_cloud.ingest.cache.keyring import Keyring
from steelyard_cloud.ingest.cache.recent import Recent
from steelyard_cloud.ingest.receiver import Receiver
from steelyard_cloud.statements.keys import Key


def test_what_was_used_least_recently_is_forgotten_first() -> None:
    kept: Recent[str, int] = Recent(3)
    for at, name in enumerate("abc"):
        kept.put(name, at)
    assert kept.get("a") == 0
    assert "b" in kept  # to ask is no use
    kept.put("d", 3)
    assert [name for name in "abcd" if name in kept] == ["a", "c", "d"]
    kept.put("c", 4)
    kept.put("e", 5)
    assert [name for name in "abcde" if name in kept] == ["c", "d", "e"]
    assert kept.get("a") is None


def test_what_weighs_too_much_pushes_out_as_many_as_it_takes() -> None:
    kept: Recent[str, int] = Recent(10, lambda weight: weight)
    for name, weight in (("a", 4), ("b", 4), ("c", 7)):
        kept.put(name, weight)
    assert [name for name in "abc" if name in kept] == ["c"]
    kept.put("c", 2)
    kept.put("d", 8)
    assert len(kept) == 2
    kept.put("e", 11)
    assert len(kept) == 0


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The identities whose summaries are read from the database."""
    ids: list[int] = []
    load = cache.load_summaries

    def noted(connection: object, keys: list[Key]) -> object:
        ids.extend(key.identity_id for key in keys)
        return load(connection, keys)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "load_summaries", noted)
    return ids


def test_the_summary_of_a_scale_that_reports_often_stays(
    desk: Desk, receiver: Receiver, loaded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [SigningScale(seed) for seed in range(1, 9)]
    desk.register(*some)
    for scale in some:
        send(receiver, scale, scale.enrol(), scale.boot())
    size = max(one.size for one in receiver.summaries._stored.values())
    monkeypatch.setattr(cache, "KEPT_BYTES", 4 * size)
    send(receiver, some[0], some[0].snapshot())
    loaded.clear()
    for other in some[1:]:
        send(receiver, other, other.snapshot())
        send(receiver, some[0], some[0].snapshot())
        assert receiver.summaries._bytes <= cache.KEPT_BYTES
        assert 2 <= len(receiver.summaries._stored) <= 4
    first = min(loaded + [one.key.identity_id for one in receiver.summaries._stored.values()])
    assert loaded.count(first) == 0
    assert len(loaded) >= 4  # of the others each was pushed out


def test_keys_have_room_in_bytes_and_those_in_use_stay(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "KEYS_BYTES", 3 * keyring.KEY_BYTES)
    some = [SigningScale(seed) for seed in range(1, 6)]
    desk.register(*some)
    keys, kids = Keyring(desk.engine), [scale.kid for scale in some]
    assert keys.find(kids[:3]).keys() == set(kids[:3])
    keys.find(kids[:1])
    assert keys.find(kids[3:4])[kids[3]].public_key == some[3].public_key
    assert [kid in keys._keys for kid in kids] == [True, False, True, True, False]
    assert keys.find(kids).keys() == set(kids), "more at once than are kept"
