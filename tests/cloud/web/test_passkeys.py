"""A passkey in a real browser with a virtual authenticator: invited, set up, signed in, and refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.servers import CHROMIUM_ARGUMENTS
from kit.world import World
from playwright.sync_api import CDPSession, Page, expect, sync_playwright
from steelyard_cloud.people.roles import Role

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world whose pages have a name, as passkeys need one."""
    made = World(tmp_path / "data", host="localhost")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def page(chromium_path: Path, world: World) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium_path), args=list(CHROMIUM_ARGUMENTS))
        page = browser.new_context(locale="en-GB", base_url=world.settings.url).new_page()
        page.set_default_timeout(10_000)
        yield page
        browser.close()


def plugged_in(page: Page) -> tuple[CDPSession, str]:
    """The page's browser with an authenticator."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, made["authenticatorId"]


def test_somebody_invited_signs_in_by_a_passkey_and_nobody_without_a_finger_does(world: World, page: Page) -> None:
    body = {
        "name": "Li Na",
        "role": "regulator",
        "organisation": world.organisations["Hangzhou Market Supervision"],
    }
    link = world.client(Role.ADMIN).post("/api/v1/invitations", json=body).json()["link"]
    session, authenticator = plugged_in(page)
    page.goto(link)
    page.get_by_role("button", name="Set up signing in").click()
    expect(page.get_by_role("heading", name="How you sign in")).to_be_visible()
    expect(page.get_by_role("link", name="Alerts")).to_have_count(0)
    page.goto("/alerts")
    page.wait_for_url("**/sign-in")
    page.goto("/account")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("link", name="Alerts")).to_be_visible()
    expect(page.get_by_text("not used yet")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/alerts")
    expect(page.get_by_text("Li Na · Hangzhou Market Supervision")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    page.goto("/alerts")
    page.wait_for_url("**/sign-in")
