"""The stall that sells: a page with its two displays, its keys, its pan and its receipts, on loopback only.

The keys are the contacts of the scale's keypad. Customers come by themselves while nobody uses the page.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import segno

from steelyard_simulator.demo.market import Stall
from steelyard_simulator.errors import SimulatorError
from steelyard_simulator.printer import PrintedReceipt, SimulatedPrinter

PAGE = Path(__file__).with_name("counter.html")
GOODS_KG, UNIT_PRICE = (1.235, 0.46, 2.105, 0.78), ("12.99", "8.5", "3.20", "45")
MOST_KG = 20.0
KEY_S, SETTLE_S, PRINT_S, PAUSE_S, QUIET_S = 0.12, 3.0, 4.0, 6.0, 60.0
ANSWERS_HELD = 4
PRINTER_LOOKS_S = 0.05
RECEIPTS_SHOWN = 4


class Counter:
    """Serves `stall`, whose RS-232 port is a printer's, until `close`. `url` is the page, and nobody can guess it.

    `say(text, style)` tells of what is sold.
    """

    def __init__(self, stall: Stall, platform_url: str, say: Callable[[str, str], None]) -> None:
        self.stall, self.platform_url, self._say = stall, platform_url, say
        self.printer = SimulatedPrinter()
        self._used_s = -QUIET_S
        self._ended = threading.Event()
        self._keying = threading.Lock()
        secret = secrets.token_urlsafe(12)
        self._server = _Server(self, f"/{secret}")
        self.url = f"http://127.0.0.1:{self._server.server_port}/{secret}/"
        works: tuple[Callable[[], None], ...] = (self._server.serve_forever, self._print, self._serve_customers)
        self._threads = [threading.Thread(target=work, daemon=True) for work in works]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """No more customers, keys or pages; a second time it does nothing."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def press(self, keys: str) -> None:
        """Press keys one after the other, as a finger does."""
        with self._keying:
            for key in keys:
                for down in (True, False):
                    start_s = time.monotonic()
                    self.stall.scale.press(key, down=down)
                    # A scale whose PC has little time for it takes longer to notice, as to answer.
                    time.sleep(max(KEY_S, ANSWERS_HELD * (time.monotonic() - start_s)))

    def use(self) -> None:
        """Somebody uses the page: customers stay away for a while."""
        self._used_s = time.monotonic()

    def state(self) -> dict[str, Any]:
        """What the page shows: displays as hexadecimal text, the load, and the newest receipts."""
        displays = [shown.hex() if shown else "" for shown in self.stall.scale.displays()]
        receipts = [_shown(one) for one in self.printer.receipts()[-RECEIPTS_SHOWN:]]
        return {"displays": displays, "load_kg": self.stall.load_kg, "receipts": receipts[::-1]}

    def fresh_link(self) -> str:
        """Where a telephone goes that reads a fresh code of this moment."""
        return f"{self.platform_url}/f/{self.stall.ask('fresh')['segments'][-1]}"

    def _print(self) -> None:
        port = self.stall.scale.rs232
        while not self._ended.wait(PRINTER_LOOKS_S):
            data = port.output()
            if data:
                port.forget()
                port.write(self.printer.take(data))

    def _serve_customers(self) -> None:
        count = 0
        while not self._ended.wait(PAUSE_S):
            if self._is_alone():
                self._sell(GOODS_KG[count % len(GOODS_KG)], UNIT_PRICE[count % len(UNIT_PRICE)])
                count += 1

    def _sell(self, kg: float, unit_price: str) -> None:
        """Load, price, sale, receipt."""
        self.stall.place_goods(kg)
        if self._ended.wait(SETTLE_S) or not self._is_alone():
            return
        self.press(unit_price + "+")
        self._say(f"{self.stall.place}: {kg:.3f} kg at {unit_price} per kg sold", "dim")
        if not self._ended.wait(PRINT_S) and self._is_alone():
            self.stall.place_goods(0)

    def _is_alone(self) -> bool:
        """Whether nobody uses the page; somebody who begins to takes over what the customer has begun."""
        return time.monotonic() - self._used_s >= QUIET_S


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, counter: Counter, place: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.counter, self.place = counter, place

    def handle_error(self, *_: object) -> None:
        """Say nothing of browsers that hang up, nor of a scale that is off: the page asks again."""


def _shown(receipt: PrintedReceipt) -> dict[str, Any]:
    code = segno.make(receipt.code, error="m", boost_error=False, micro=False) if receipt.code else None
    svg = code.svg_inline(scale=3) if code else ""
    return {"lines": receipt.lines, "link": receipt.code, "svg": svg}


class _Handler(BaseHTTPRequestHandler):
    """Answers below the server's secret place only, so that no other page in the browser can press keys."""

    server: "_Server"

    def do_GET(self) -> None:
        counter, place = self.server.counter, self.server.place
        path = urlsplit(self.path).path
        if path == place + "/":
            self._answer("text/html; charset=utf-8", PAGE.read_bytes())
        elif path == place + "/state":
            self._answer("application/json", json.dumps(counter.state()).encode())
        elif path == place + "/fresh":
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", counter.fresh_link())
            self.end_headers()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        asked, counter = urlsplit(self.path), self.server.counter
        name = asked.path.removeprefix(self.server.place + "/")
        if name not in ("key", "load"):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        values = {one: found[0] for one, found in parse_qs(asked.query).items()}
        counter.use()
        try:
            if name == "key":
                counter.press(values["key"][:1])
            else:
                counter.stall.place_goods(_kilograms(values["kg"]))
        except (KeyError, ValueError, SimulatorError) as error:
            self.send_error(HTTPStatus.BAD_REQUEST, str(error)[:80])
            return
        self._answer("application/json", b"{}")

    def _answer(self, kind: str, content: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal tells the story."""


def _kilograms(text: str) -> float:
    kg = float(text)
    if not 0 <= kg <= MOST_KG:
        raise ValueError(f"0 to {MOST_KG:g} kg fit on the pan")
    return kg
