"""A language: Esperanto, every message of which is the English one between brackets."""

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from kit import messages
from kit.checkout import Checkout
from kit.world import World
from steelyard_cloud.web.words.i18n import Speech, zone

SUITE = ("tests/cloud/web/test_answers.py::test_everything_shown_is_translated_with_the_same_places",)


def add(checkout: Checkout) -> None:
    catalogue = Catalog(locale="eo")
    for message in messages.shown():
        if message.id:
            one, *more = [message.id] if isinstance(message.id, str) else message.id
            said = f"[{one}]" if not more else (f"[{one}]", f"[{more[0]}]")
            catalogue.add(message.id, said)
    text = io.BytesIO()
    write_po(text, catalogue, width=0)
    checkout.write("cloud/steelyard_cloud/web/words/locale/eo.po", text.getvalue().decode())


def test_a_page_is_served_in_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.start()
    try:
        client = world.client(None)
        english = client.get("/sign-in")
        assert "Esperanto</a>" in english.text
        for page in (client.get("/sign-in", headers={"Accept-Language": "eo"}), client.get("/sign-in?lang=eo")):
            assert (page.status_code, page.headers["content-language"]) == (200, "eo")
            assert '<html lang="eo">' in page.text
            assert page.text.count("[") > english.text.count("[")
    finally:
        world.stop()


def test_numbers_are_written_its_way() -> None:
    speech = Speech("eo", zone("UTC"))
    assert speech.number(1234.5, 1) == "1\xa0234,5"
