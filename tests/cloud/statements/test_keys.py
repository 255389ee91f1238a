"""Keys are found by their identities, however many are asked for."""

import pytest
from kit.cloud_desk import Desk
from kit.signing_scale import SigningScale
from kit.stored import keys_of
from steelyard_cloud.db import database
from steelyard_cloud.statements import keys


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_registered_keys_are_found_and_no_others(desk: Desk, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(keys, "IN_LIST", at_once)
    some = [SigningScale(100 * at_once + at) for at in range(4)]
    registered = keys_of(desk, *some)
    stranger = SigningScale(99)
    with database.reading(desk.engine) as connection:
        found = keys.load_keys(connection, [stranger.kid, *(scale.kid for scale in some[:3])])
        by_id = keys.load_keys_of(connection, [registered[1].identity_id, registered[3].identity_id, 10**9])
    assert found == {scale.kid: key for scale, key in zip(some[:3], registered[:3], strict=True)}
    assert by_id == {key.identity_id: key for key in (registered[1], registered[3])}


def test_a_key_knows_its_scale_s_topics(desk: Desk) -> None:
    scale = SigningScale(7)
    (key,) = keys_of(desk, scale)
    assert (key.up, key.down, key.public_key) == (scale.up, scale.down, scale.public_key)
