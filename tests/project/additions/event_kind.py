"""A kind of event: the supply fell, with the lowest voltage that was measured."""

from kit.checkout import Checkout
from kit.signing_scale import SigningScale
from steelyard_cloud.web.pages.life import describe
from steelyard_cloud.web.words.i18n import LANGUAGES, Speech, zone
from steelyard_protocol.events import EventKind
from steelyard_protocol.statement import parse

SUITE = (
    "tests/protocol/test_definition.py",
    "tests/protocol/test_cddl_agrees.py::test_what_the_schema_allows_is_read",
    "tests/firmware/wire/test_statements.py::test_every_kind_of_statement_and_event_keeps_the_profile",
    "tests/cloud/web/test_answers.py::test_every_code_has_words",
    "tests/cloud/web/test_answers.py::test_everything_shown_is_translated_with_the_same_places",
)


def add(checkout: Checkout) -> None:
    newest = EventKind(max(EventKind)).name.lower().replace("_", "-")
    checkout.insert("protocol/steelyard.cddl", f" / {newest}", " / supply-low")
    rule = f"supply-low = [kind: {max(EventKind) + 1}, facts: [lowest: millivolts]]\n"
    checkout.insert("protocol/steelyard.cddl", "\nuint32 = 0..4294967295\n", rule)
    words = '    EventKind.SUPPLY_LOW: N_("Supply fell to {lowest} mV"),\n'
    checkout.insert("cloud/steelyard_cloud/web/words/events.py", "\nEVENTS = {\n", words)
    checkout.translate("Supply fell to {lowest} mV")


def test_the_history_tells_it_in_every_language() -> None:
    scale = SigningScale()
    scale.enrol()
    told = parse(scale.event(EventKind["SUPPLY_LOW"], 4_210))
    assert told.breaches == ()
    for language in LANGUAGES:
        text, _ = describe(told, Speech(language, zone("UTC")), set())
        assert text == ("Supply fell to 4210 mV" if language == "en" else "[Supply fell to 4210 mV]")
    assert parse(scale.event(EventKind["SUPPLY_LOW"], 65_536)).breaches
