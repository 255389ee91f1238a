"""The demo's stall that sells, as its user has it in a browser: keys are clicked, and codes lead to what they prove."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
import zxingcpp
from kit import servers
from kit.camera import sharp
from kit.glass import HEIGHT, WIDTH, Glass
from kit.servers import wait_until
from playwright.sync_api import Page, sync_playwright

DEMO = (sys.executable, "-m", "steelyard_gateway", "demo")
PAGE = re.compile(re.escape("http://127.0.0.1:") + r"[0-9]+/[\w-]{16}/")
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def counter() -> Iterator[str]:
    """The address of the page, from what the demo says; a customer was served before."""
    process = subprocess.Popen(
        DEMO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout is not None
    try:
        found = next(filter(None, map(PAGE.search, process.stdout)))
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        reader.join()
        process.stdout.close()


@pytest.fixture(scope="module")
def page(counter: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(servers.chromium()), args=list(servers.CHROMIUM_ARGUMENTS)
        )
        page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(counter)
        page.locator(".paper").first.wait_for()  # of a customer that came by itself
        yield page
        browser.close()


def displays(counter: str) -> list[Glass]:
    """The vendor's and the customer's."""
    return [Glass(bytes.fromhex(shown)) for shown in httpx.get(f"{counter}state").json()["displays"]]


def wait_for(counter: str, figures: list[str], seconds: float = PATIENCE_S) -> None:
    wait_until(lambda: displays(counter)[0].figures == figures, seconds, f"{figures} on the display")


def click(page: Page, keys: str) -> None:
    """Click keys, each once the one before was pressed."""
    for key in keys:
        with page.expect_response(re.compile("/key[?]")) as pressed:
            page.locator(f"button[data-key='{key}']").click()
        assert pressed.value.ok


def read(glass: Glass) -> str | None:
    """What a telephone reads on a display."""
    rows = sharp([[int(glass.dark(x, y)) for x in range(WIDTH)] for y in range(HEIGHT)])
    grey = memoryview(bytes(dot for row in rows for dot in row)).cast("B", (len(rows), len(rows[0])))
    found = zxingcpp.read_barcode(grey)
    return found.text if found else None


def test_a_sale_by_clicked_keys_is_proven_by_its_receipt(counter: str, page: Page) -> None:
    page.get_by_role("button", name="0 kg", exact=True).click()
    wait_for(counter, ["0.000", "", ""])
    page.get_by_role("button", name="1.235 kg").click()
    wait_for(counter, ["1.235", "", ""])
    price = ["1.235", "7.50", "9.26"]
    while displays(counter)[0].figures != price:  # a busy PC may miss a finger's press
        click(page, "C7.50")
        with suppress(TimeoutError):
            wait_for(counter, price, 5.0)
    click(page, "+")
    receipt = page.locator(".paper").filter(has_text="9.26 CNY")
    assert receipt.locator("b").inner_text().strip() == "PRICE                   9.26 CNY"
    link = receipt.get_by_role("link").get_attribute("href")
    assert link is not None
    wait_until(lambda: "On record" in page.request.get(link).text(), PATIENCE_S, "the sale in the cloud")
    assert "9.26" in page.request.get(link).text()


def test_the_page_shows_what_the_displays_do(counter: str, page: Page) -> None:
    page.wait_for_timeout(500)
    dark = page.evaluate(
        """() => ["vendor", "customer"].map(name => {
            const data = document.getElementById(name).getContext("2d").getImageData(0, 0, 128, 64).data;
            return Array.from({length: 128 * 64}, (_, at) => data[4 * at] < 100 ? 1 : 0).join("");
        })"""
    )
    for shown, glass in zip(dark, displays(counter), strict=True):
        assert shown == "".join(str(int(glass.dark(x, y))) for y in range(HEIGHT) for x in range(WIDTH))


def test_the_fresh_code_on_the_display_opens_the_public_page(counter: str, page: Page) -> None:
    while read(displays(counter)[0]) is None:
        click(page, "CCCP3+")
        with suppress(TimeoutError):
            wait_until(lambda: read(displays(counter)[0]) is not None, 15.0, "the code on the display")
    address = read(displays(counter)[0]) or ""
    start, _, digits = address.rpartition("/F/")
    assert start.startswith("HTTP://LOCALHOST:")
    opened = page.context.new_page()
    for link in (f"{start}/F/{digits}", page.locator("#fresh").evaluate("link => link.href")):
        opened.goto(link)
        assert "Signed by this scale" in opened.locator("h1").first.inner_text()
    opened.close()
    click(page, "CC")


def test_only_who_has_its_link_presses_keys(counter: str) -> None:
    url = httpx.URL(counter)
    assert url.host == "127.0.0.1"
    for path in ("/", "/key?key=1", "/x/key?key=1", "/state", "//key?key=1"):
        assert httpx.get(url.copy_with(raw_path=path.encode())).status_code == 404
        assert httpx.post(url.copy_with(raw_path=path.encode())).status_code == 404
    for path in ("key", "key?key=x", "key?key=", "load?kg=-1", "load?kg=21", "load?kg=nan", "load?kg=x"):
        assert httpx.post(f"{counter}{path}").status_code == 400, path
