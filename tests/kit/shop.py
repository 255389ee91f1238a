"""A scale that computes prices, as seller and customer use it: keys pressed one by one, displays read from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steelyard_protocol import p256
from steelyard_protocol.bodies import Kind
from steelyard_protocol.parameters import KEYS
from steelyard_protocol.sales import Sale
from steelyard_protocol.statement import parse
from steelyard_simulator import SimulatedScale
from steelyard_simulator.flashing import PARAMETERS, TEST_ROOT_PRIVATE_KEY, factory_file

from kit.chain import exported
from kit.glass import Glass

VENDOR, CUSTOMER = 0, 1
SETTLE_S = 3.0
START_S = 7.0
EACH_STATED = 2


def factory(root: bytes | None = None, **changed: int) -> bytes:
    """The factory's file of a type whose sales are each stated; `changed` are other parameters by their names."""
    wanted = {"sales": EACH_STATED} | changed
    parameters = PARAMETERS | {KEYS[name]: value for name, value in wanted.items()}
    return factory_file(root or p256.public_key(TEST_ROOT_PRIVATE_KEY), parameters)


class Shop:
    """One scale at its stall."""

    def __init__(self, scale: SimulatedScale, enrolled: bool = True) -> None:
        self.scale = scale
        scale.advance(START_S)
        if enrolled:
            scale.console("enrol maker=M model=one serial=1 code=P-1")

    def put(self, kg: float, for_s: float = SETTLE_S) -> Glass:
        """Have so much on the pan, wait, and look."""
        self.scale.place(kg)
        self.scale.advance(for_s)
        return self.customer

    def keys(self, keys: str, then_s: float = 0.0) -> Glass:
        """Press keys, wait, and look."""
        self.scale.type(keys)
        if then_s:
            self.scale.advance(then_s)
        return self.customer

    def sell(self, kg: float, keys: str) -> Glass:
        """Weigh, type, sell, and take the load off again; what stood there before that."""
        self.put(kg)
        seen = self.keys(keys, 1.5)
        self.put(0)
        return seen

    @property
    def customer(self) -> Glass:
        """The customer's display."""
        return Glass(self.scale.displays()[CUSTOMER])

    @property
    def vendor(self) -> Glass:
        """The vendor's display."""
        return Glass(self.scale.displays()[VENDOR])

    @property
    def sales(self) -> list[Sale]:
        """The sales that the journal has."""
        chain = [parse(raw) for raw in exported(self.scale)]
        assert all(not one.breaches for one in chain)
        return [one.body for one in chain if one.kind == Kind.SALE and isinstance(one.body, Sale)]


Open = Callable[..., Shop]


def opener(simulate: Callable[..., SimulatedScale]) -> Open:
    """A function that opens a shop; its arguments are changed parameters, the platform's root, options of the scale."""

    def open_shop(
        enrolled: bool = True, options: dict[str, Any] | None = None, root: bytes | None = None, **changed: int
    ) -> Shop:
        return Shop(simulate(factory=factory(root, **changed), **(options or {})), enrolled)

    return open_shop
