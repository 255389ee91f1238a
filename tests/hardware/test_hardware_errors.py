"""The tree of the hardware's errors: a code of its own for each class, and a sentence from its docstring."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from steelyard_hardware import errors
from steelyard_hardware.errors import HardwareError


def tree(root: type[HardwareError]) -> Iterator[type[HardwareError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


CLASSES = list(tree(HardwareError))


def test_the_tree_is_the_whole_file() -> None:
    assert {each.__name__ for each in CLASSES} == {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    }
    assert len(CLASSES) > 10


def test_no_code_is_there_twice() -> None:
    codes = [each.__dict__["code"] for each in CLASSES]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("error", CLASSES, ids=lambda each: each.__name__)
def test_each_message_is_a_sentence_with_what_was_wrong(error: type[HardwareError]) -> None:
    fields = [field for _, field, _, _ in string.Formatter().parse(error.__doc__ or "") if field]
    facts: dict[str, object] = {field: 7 if field in ("byte", "position") else f"<{field}>" for field in fields}
    if "faults" in facts:
        facts["faults"] = ["<faults>"]
    said = str(error(**facts))
    assert all(f"<{field}>" in said or field in ("byte", "position") for field in fields)
    assert said[0].isupper() or said[0] == "<"
    assert said.endswith((".", ">"))
    assert "\n  <faults>" in said or "\n" not in said
