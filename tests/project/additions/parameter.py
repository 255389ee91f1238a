"""A parameter: the largest tare that the scale accepts, in percent of Max."""

from kit.checkout import Checkout
from kit.micropython import MicroPython
from kit.signing_scale import MAP
from steelyard_cloud.web.words.i18n import LANGUAGES, Speech, zone
from steelyard_cloud.web.words.parameters import parameter_difference, parameter_name, parameter_value
from steelyard_protocol import bodies, cbor, parameters
from steelyard_simulator.interpreter import executable

SUITE = (
    "tests/protocol/test_definition.py",
    "tests/firmware/adjustment/test_parameters.py::test_fields_are_those_of_the_definition",
    "tests/cloud/web/test_answers.py::test_every_code_has_words",
    "tests/cloud/web/test_answers.py::test_everything_shown_is_translated_with_the_same_places",
)
KEY = 21
SIGNED = """
import sys
from agent.adjustment import fields, parameters
from agent.wire import cbor, statements
held = cbor.decode(bytes.fromhex(sys.argv[1]))
print(cbor.encode(statements.parameters(held, None)).hex(), parameters.digest_of(held).hex(), fields.breach(held))
held[fields.key_of("largest_tare_percent")] = 101
print(fields.breach(held))
"""


def add(checkout: Checkout) -> None:
    line = f"  ? {KEY} => 1..100,                              ; largest_tare_percent\n"
    checkout.insert(
        "protocol/steelyard.cddl",
        "0 (also where absent) the mean of the middle half\n",
        line,
    )
    words = '    "largest_tare_percent": ParameterWords(N_("Largest tare"), _quantity("% Max")),\n'
    checkout.insert("cloud/steelyard_cloud/web/words/parameters.py", "\nPARAMETERS = {\n", words)
    checkout.translate("Largest tare")


def test_scale_and_host_read_refuse_and_digest_it_alike() -> None:
    held = MAP | {KEY: 50}
    answer = MicroPython(executable())(SIGNED, cbor.encode(held).hex()).stdout
    body, digest, breach, beyond = answer.replace("\n", " ", 1).strip().split(" ", 3)
    assert bodies.read(bodies.Kind.PARAMETERS, cbor.decode(bytes.fromhex(body))) == (
        bodies.Parameters(held, None),
        None,
    )
    assert bytes.fromhex(digest) == parameters.digest(held) != parameters.digest(MAP)
    assert breach == "None"
    assert parameters.breaches(MAP) == [], "what scales hold today stays valid"
    assert beyond == "largest_tare_percent is 101: 1 to 100 expected"
    assert parameters.breaches(held | {KEY: 101}) == [f"largest_tare_percent ({KEY}) is 101: 1 to 100 expected"]


def test_it_is_shown_with_name_unit_and_difference() -> None:
    for language in LANGUAGES:
        speech = Speech(language, zone("UTC"))
        assert parameter_name(speech, KEY) == ("Largest tare" if language == "en" else "[Largest tare]")
        assert parameter_value(speech, KEY, 50) == "50 % Max"
        assert parameter_difference(speech, KEY, 50, 75) == "+50.00 %"
