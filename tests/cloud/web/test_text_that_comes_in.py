"""What is looked through for text before anybody has signed in costs no more than its bytes."""

import tracemalloc
from typing import Any

import pytest
from steelyard_cloud.web.http import input as given

KEY = "K" * 60_000


@pytest.mark.parametrize(
    "body",
    [{KEY: [0] * 45_000}, {KEY: [[] for _ in range(20_000)]}, {KEY: {KEY + str(at): "x" for at in range(3)}}],
    ids=["numbers", "lists", "keys"],
)
def test_long_names_are_not_written_out_for_every_place(body: Any) -> None:
    tracemalloc.start()
    found = list(given._texts(body))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found[0][1] == KEY
    assert peak < 4_000_000


def test_a_place_is_named_as_it_stands_and_cut() -> None:
    ((place, text),) = [one for one in given._texts({"a": [1, {"b": "wrong"}]}) if one[1] == "wrong"]
    assert (given._shown(place), text) == ("a.1.b", "wrong")
    assert given._shown(((None, KEY), "x")) == "K" * 80
    assert given._shown(None) == "body"
