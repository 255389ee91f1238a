"""Secrets are as hard to guess as is said, and what is kept of them tells nothing."""

import base64
import hashlib
from collections.abc import Callable

import pytest
from steelyard_cloud.people import credentials


@pytest.mark.parametrize(("new", "prefix"), [(credentials.new_token, "sy_"), (credentials.new_secret, "")])
def test_a_secret_is_256_bits_and_never_the_same(new: Callable[[], str], prefix: str) -> None:
    one, other = new(), new()
    assert one != other
    assert one.startswith(prefix)
    assert len(base64.urlsafe_b64decode(one.removeprefix(prefix) + "=")) == 32
    assert credentials.digest(one) == hashlib.sha256(one.encode()).digest() != credentials.digest(other)


def test_a_form_s_token_is_that_of_its_session() -> None:
    one, other = credentials.csrf_token("one"), credentials.csrf_token("other")
    assert len(one) == 64
    assert one == credentials.csrf_token("one") != other
    assert credentials.same(one, credentials.csrf_token("one"))
    assert not credentials.same(one, other)
    assert not credentials.same("é", one)
