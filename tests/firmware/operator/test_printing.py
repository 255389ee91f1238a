"""Receipts of the real agent at a simulated printer: what is on them, when they are printed, and what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from escpos.constants import QR_ECLEVEL_M
from escpos.printer import Dummy
from kit.chain import exported
from kit.paper import printed
from kit.printer import Printer
from kit.shop import START_S, Shop
from steelyard_protocol import identity, p256, sales
from steelyard_protocol.parameters import KEYS
from steelyard_protocol.sale_proof import SaleProof
from steelyard_protocol.sales import SaleBatch
from steelyard_protocol.statement import parse
from steelyard_simulator import SimulatedScale
from steelyard_simulator.errors import ScaleIsOff
from steelyard_simulator.flashing import PARAMETERS, TEST_ROOT_PRIVATE_KEY, factory_file

ADDRESS = "https://scales.example.org"
LINK = "HTTPS://SCALES.EXAMPLE.ORG/R/"
PRINT_S = 3.0
EACH, BATCHES = 2, 3
NOON_S = 1_800_014_400


class Stall(Shop):
    """A shop with a printer."""

    def __init__(self, scale: SimulatedScale, use: str) -> None:
        super().__init__(scale)
        scale.console(f"serial {use}")
        scale.power_off()
        scale.power_on()
        scale.advance(START_S)
        scale.console(f"time {NOON_S}")
        self.printer = Printer(scale, use == "printer")

    @property
    def identity(self) -> str:
        """As text."""
        return str(self.scale.console_json("status")["identity"])

    def restart(self) -> None:
        """Switch off and on."""
        self.scale.power_off()
        self.scale.power_on()
        self.scale.advance(START_S)

    def keys_and_print(self, keys: str, seconds: float = PRINT_S) -> bytes:
        """Press keys, let the printer work, and tear off what it gave."""
        self.scale.type(keys)
        self.printer.advance(seconds)
        return self.printer.tear_off()

    def sell_and_print(self, kg: float, keys: str) -> bytes:
        """Sell a load and take it off; the receipt."""
        self.put(kg)
        paper = self.keys_and_print(keys)
        self.put(0)
        return paper


Opens = Callable[..., Stall]


@pytest.fixture
def stall(simulate: Callable[..., SimulatedScale]) -> Opens:
    """A function that opens one; its arguments are what the port is for, the platform's address, and parameters."""

    def open_stall(use: str = "printer", address: str | None = ADDRESS, **changed: int) -> Stall:
        wanted = PARAMETERS | {KEYS[name]: value for name, value in ({"sales": EACH} | changed).items()}
        factory = factory_file(p256.public_key(TEST_ROOT_PRIVATE_KEY), wanted, address=address)
        return Stall(simulate(factory=factory), use)

    return open_stall


def by_python_escpos(lines: list[str], bold: int, code: str) -> bytes:
    """A receipt with one line in bold, by the library's calls."""
    printer = Dummy()
    printer.hw("INIT")
    printer.charcode("CP437")
    for place, text in enumerate(lines):
        if place in (bold, bold + 1):
            printer.set(bold=place == bold)
        printer.textln(text)
    printer.set(align="center")
    printer.qr(code, ec=QR_ECLEVEL_M, size=6, native=True)
    printer.set(align="left")
    printer.cut()
    return bytes(printer.output)


def test_a_sale_is_printed_byte_for_byte_as_python_escpos_does_it(stall: Opens) -> None:
    shop = stall()
    shop.put(0.05)
    shop.keys("T")
    paper = shop.sell_and_print(1.285, "12.99+")
    (sold,) = shop.sales
    moment = datetime.fromtimestamp(sold.time, UTC)
    lines = [
        f"SALE{sold.sale:>28}",
        f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        "NET                     1.235 kg",
        "TARE T                  0.050 kg",
        "UNIT PRICE          12.99 CNY/kg",
        "PRICE                  16.04 CNY",
        f"SCALE           {shop.identity}",
    ]
    code = LINK + SaleProof(identity.from_text(shop.identity), sold, None).to_text()
    assert moment.hour == 12
    assert paper == by_python_escpos(lines, 5, code)
    assert printed(paper).read == [code]


def test_an_item_with_its_tare_per_100_g_in_a_money_without_decimals(stall: Opens) -> None:
    shop = stall(price_per_100_g=1, price_decimals=0, currency=392)
    shop.scale.console("prices set 17 128 0.02")
    shop.put(0.520)
    paper = printed(shop.keys_and_print("17P") + shop.keys_and_print("+"))
    assert paper.lines[2:7] == [
        "ITEM                          17",
        "NET                     0.500 kg",
        "PRESET TARE PT          0.020 kg",
        "UNIT PRICE         128 JPY/100 g",
        "PRICE                    640 JPY",
    ]


def test_a_cancelled_sale_is_printed_as_cancelled_and_a_bill_with_its_total(stall: Opens) -> None:
    shop = stall()
    shop.sell_and_print(1.0, "10+")
    shop.sell_and_print(2.0, "10+")
    paper = printed(shop.keys_and_print("-"))
    first, second, cancelled = shop.sales
    assert paper.lines[:3] == [
        "*** CANCELLED ***",
        f"CANCELS SALE{second.sale:>20}",
        f"CANCELLATION{cancelled.sale:>20}",
    ]
    assert paper.bold == ["*** CANCELLED ***", "PRICE                 -20.00 CNY"]
    assert SaleProof.read(paper.read[0].removeprefix(LINK)).sale == cancelled
    assert cancelled.cancels == second.sale
    total = printed(shop.keys_and_print("="))
    assert (total.lines[0], total.bold, total.codes) == ("TOTAL", ["1 SALE                 10.00 CNY"], [])
    assert total.lines[2] == f"SALE {first.sale}".ljust(27) + "10.00"


def test_repeat_and_print_make_copies_and_say_so(stall: Opens) -> None:
    shop = stall()
    assert shop.keys("#", 0.5).line == "NOTHING TO PRINT"
    assert shop.keys("R", 0.5).line == "NO SALE TO REPEAT"
    original = printed(shop.sell_and_print(1.0, "10+"))
    for key in "R#":
        copy = printed(shop.keys_and_print(key))
        assert copy.lines == ["*** COPY ***", *original.lines]
        assert copy.read == original.read
    shop.keys_and_print("=")
    assert printed(shop.keys_and_print("#")).lines[:2] == ["*** COPY ***", "TOTAL"]
    assert len(shop.sales) == 1


@pytest.mark.parametrize("form", [EACH, BATCHES])
def test_after_a_restart_the_last_sale_can_still_be_printed_with_its_proof(stall: Opens, form: int) -> None:
    shop = stall(sales=form)
    shop.sell_and_print(2.0, "10+")
    original = printed(shop.sell_and_print(1.0, "10+"))
    shop.restart()
    copy = printed(shop.keys_and_print("R"))
    assert copy.lines == ["*** COPY ***", *original.lines]
    assert copy.read == original.read


def test_the_salt_on_paper_proves_a_sale_by_its_batch(stall: Opens) -> None:
    shop = stall(sales=BATCHES)
    proofs = [SaleProof.read(printed(shop.sell_and_print(1.0, "10+")).read[0].removeprefix(LINK)) for _ in range(2)]
    shop.scale.advance(620)
    (batch,) = [one.body for one in map(parse, exported(shop.scale)) if isinstance(one.body, SaleBatch)]
    assert [sales.hash_of(one.sale, one.salt or b"") for one in proofs] == batch.hashes
    assert proofs[0].salt != proofs[1].salt


def test_what_is_not_stated_has_no_code(stall: Opens) -> None:
    paper = printed(stall(sales=1).sell_and_print(1.0, "10+"))
    assert (paper.codes, paper.cuts) == ([], 1)
    assert not [line for line in paper.lines if line.startswith("SCALE")]


@pytest.mark.parametrize("address", [None, "https://an-address-that-is-too-long.example.org"])
def test_without_a_short_address_the_code_is_what_people_can_type(stall: Opens, address: str | None) -> None:
    (code,) = printed(stall(address=address).sell_and_print(1.0, "10+")).read
    assert SaleProof.read(code).sale.net == 200


def test_plain_text_has_the_code_in_letters(stall: Opens) -> None:
    shop = stall("text-printer")
    text = shop.sell_and_print(1.0, "10+").decode("ascii")
    lines = text.rstrip("\n").split("\n")
    assert max(map(len, lines)) == 32
    assert SaleProof.read("".join(lines[6:]).removeprefix(LINK)).sale == shop.sales[0]
    assert text.endswith("\n" * 6)
    assert not set(text) - set(map(chr, range(32, 127))) - {"\n"}


@pytest.mark.parametrize("use", ["printer", "text-printer"])
def test_the_port_of_a_printer_is_no_console(stall: Opens, use: str) -> None:
    shop = stall(use)
    shop.scale.rs232.write(b"status\r")
    shop.printer.advance(1)
    assert shop.printer.sent == b""


# Printers with troubles


def test_a_printer_that_is_off_says_so_loses_nothing_and_prints_all_later(stall: Opens) -> None:
    shop = stall()
    shop.printer.on = False
    for kg in (1.0, 2.0):
        assert shop.sell_and_print(kg, "10+") == b""
        assert [one.net for one in shop.sales][-1] == kg * 200
    assert shop.customer.line == "PRESS # TO PRINT"
    shop.scale.type("#")
    shop.printer.advance(2)
    assert shop.customer.line == "NOT PRINTED: PRINTER OFF"
    shop.printer.on = True
    first, second = shop.sales
    paper = printed(shop.keys_and_print("#", 6))
    assert [SaleProof.read(code.removeprefix(LINK)).sale for code in paper.read] == [first, second]
    assert "*** COPY ***" not in paper.lines
    assert shop.customer.line == ""


def test_without_paper_nothing_is_sent_but_questions(stall: Opens) -> None:
    shop = stall()
    shop.printer.has_paper = False
    shop.put(1.0)
    shop.scale.type("10+")
    shop.printer.advance(1)
    assert shop.customer.line == "NOT PRINTED: NO PAPER"
    assert (shop.printer.paper, len(shop.sales)) == (b"", 1)
    shop.printer.has_paper = shop.printer.online = True
    assert printed(shop.keys_and_print("#")).cuts == 1


def test_a_printer_that_is_not_ready_says_so(stall: Opens) -> None:
    shop = stall()
    shop.printer.online = False
    shop.put(1.0)
    shop.scale.type("10+")
    shop.printer.advance(1)
    assert shop.customer.line == "NOT PRINTED: PRINTER NOT READY"


@pytest.mark.parametrize("use", ["printer", "text-printer"])
def test_a_printer_that_holds_back_is_waited_for(stall: Opens, use: str) -> None:
    shop = stall(use)
    shop.printer.stops_after = 40
    shop.put(1.0)
    assert len(shop.keys_and_print("10+", 2)) in range(40, 120)
    shop.printer.stops_after = 40
    shop.restart()
    shop.scale.type("R")
    shop.printer.advance(2)
    shop.printer.go_on()
    shop.printer.advance(PRINT_S)
    assert b"COPY" in shop.printer.paper
    assert shop.printer.paper.endswith(b"\x1dV\x00" if use == "printer" else b"\n" * 6)


@pytest.mark.parametrize("use", ["printer", "text-printer"])
def test_a_printer_that_holds_back_for_ever_is_given_up_and_weighing_goes_on(stall: Opens, use: str) -> None:
    shop = stall(use)
    shop.printer.stops_after = 40
    shop.put(1.0)
    shop.scale.type("10+")
    shop.printer.advance(7)
    assert shop.customer.line == "NOT PRINTED: PRINTER STOPS"
    shop.put(0)
    shop.printer.go_on()
    shop.printer.tear_off()
    shop.put(2.0)
    assert shop.customer.figures[0] == "2.000"
    assert len(shop.sales) == 1
    assert b"10.00" in shop.keys_and_print("#", 4)


def test_paper_that_ends_while_it_prints_is_noticed(stall: Opens) -> None:
    shop = stall()
    shop.put(1.0)
    shop.scale.type("10+")
    shop.printer.advance_until(b"SALE")
    shop.printer.has_paper = False
    shop.printer.advance(12)
    assert shop.customer.line == "NOT PRINTED: NO PAPER"
    shop.printer.has_paper = True
    shop.printer.tear_off()
    assert printed(shop.keys_and_print("#")).cuts == 1


@pytest.mark.parametrize("open_case", [True, False])
def test_nothing_goes_to_the_printer_on_a_lock_or_fault(stall: Opens, open_case: bool) -> None:
    shop = stall()
    shop.printer.stops_after = 40
    shop.put(1.0)
    shop.scale.type("10+")
    shop.printer.advance_until(b"SALE")
    if open_case:
        shop.scale.open_case()
    else:
        shop.scale.freeze_converter()
    shop.printer.advance(2.5)
    shop.printer.go_on()
    shop.printer.advance(2.5)
    cut = shop.printer.tear_off()
    assert b"\x1dV" not in cut, "it stopped in the middle"
    assert shop.customer.figures[0] == ("LOCKED" if open_case else "FAULT")
    assert shop.keys_and_print("#") == b""
    assert shop.printer.sent == b"", "not even a question"
    assert shop.keys_and_print("R") == b""


@pytest.mark.parametrize("operation", range(1, 8))
def test_nothing_is_printed_of_a_sale_that_a_power_cut_undid(stall: Opens, operation: int) -> None:
    """A cut at any flash operation of the sale: what is on paper is on record."""
    shop = stall()
    shop.put(1.0)
    shop.scale.cut_power(operation, "none", seed=operation)
    with suppress(ScaleIsOff):
        shop.scale.type("10+")
        shop.printer.advance(PRINT_S)
    paper = shop.printer.tear_off()
    if not shop.scale.powered:
        shop.scale.power_on()
        shop.scale.advance(START_S)
    assert len(shop.sales) >= paper.count(b"\x1d(k\x03\x001Q0")


def test_garbage_from_the_printer_changes_nothing(stall: Opens) -> None:
    shop = stall()
    draw = random.Random(7)
    shop.put(1.0)
    shop.scale.type("10+")
    for _ in range(40):
        noise = bytes(byte for byte in draw.randbytes(300) if byte != 0x13)
        shop.scale.rs232.write(noise)
        shop.printer.advance(0.1)
    assert len(shop.sales) == 1
    assert shop.put(2.0).figures[0] == "2.000"


def test_a_change_of_money_ends_the_bill_and_what_was_not_printed(stall: Opens) -> None:
    shop = stall()
    shop.printer.on = False
    shop.sell_and_print(1.0, "10+")
    shop.scale.adjustment_switch(True)
    shop.scale.advance(1)
    shop.scale.console("adjust set price_decimals 0")
    shop.scale.advance(1)
    shop.printer.on = True
    assert shop.keys("#", 1).line == "NOTHING TO PRINT"
    assert shop.keys("=", 1).line == "NO SALE ON THIS BILL"
    assert shop.keys("R", 2).line == "NO SALE TO REPEAT"
    assert shop.printer.tear_off() == b""


def test_a_sale_far_back_on_the_bill_cannot_be_cancelled(stall: Opens) -> None:
    """The platform looks for a cancellation among the 64 numbers after its sale."""
    shop = stall("console")
    shop.sell(1.0, "10+")
    for _ in range(32):
        shop.sell(1.0, "10+")
        shop.keys("-", 1.5)
    assert shop.keys("-", 1.5).line == "TOO LATE TO CANCEL"
