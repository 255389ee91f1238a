"""Several simulated scales at once, started and stopped together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from steelyard_simulator.scale import SimulatedScale


class Fleet:
    """`count` scales with the seeds `seed`, `seed` + 1, …, each with a folder of its own in `folder`, on inside `with`.

    Further arguments are those of `SimulatedScale`.
    """

    def __init__(self, count: int, folder: Path, *, seed: int = 1, **options: Any) -> None:
        self._stack = ExitStack()
        self.scales: list[SimulatedScale] = []
        self._plan = [(folder / f"scale-{seed + number}", seed + number) for number in range(count)]
        self._options = options

    def __enter__(self) -> Self:
        try:
            for folder, seed in self._plan:
                scale = SimulatedScale(folder, seed=seed, **self._options)
                self._stack.callback(scale.stop)
                self.scales.append(scale)
                scale.power_on()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __iter__(self) -> Iterator[SimulatedScale]:
        return iter(self.scales)

    def __len__(self) -> int:
        return len(self.scales)

    def __getitem__(self, number: int) -> SimulatedScale:
        return self.scales[number]
