"""The fresh code as a picture: of a real ledger and a real key, and gone from memory when it is let go of."""

import sys

from agent.loaded import let_go
from agent.record.keystore import SoftKeyStore
from ledger_bench import Board, enrol


class Weighing:
    gross = 201


class Scale:
    """What a fresh code asks of a scale."""

    weighing = Weighing()
    software = ("steelyard", "0.1.0", bytes(range(32)))

    def __init__(self, ledger, address):
        self.ledger = ledger
        self.chain, self.parameters, self.keystore = ledger.chain, ledger.parameters, ledger.keystore
        self.clock = ledger.clock
        ledger.address = address


def pictured(address, nonce):
    """(modules a side, bits) of a fresh code, and what of its modules is left after letting go."""

    async def story(ledger):
        await enrol(ledger)
        from agent.operator import pictures

        picture = await pictures.fresh_picture(Scale(ledger, address), nonce)
        loaded = pictures.LOADED
        let_go(loaded)
        places = [package + "." + name for package, name in loaded]
        return picture, [name for name in sys.modules for place in places if name.startswith(place)]

    return Board(make_keystore=SoftKeyStore).flash().life(story)


def test_a_picture_has_whole_rows_and_leaves_nothing_behind():
    (size, bits), left = pictured("https://scales.example.org", 12345678)
    assert size in (49, 53)
    assert len(bits) == size * ((size + 7) // 8)
    assert bits[0] == 0b11111110
    assert left == []


def test_without_an_address_there_is_the_number_alone():
    (size, _), _ = pictured(None, None)
    assert size <= 49


def test_an_address_that_is_too_long_is_refused():
    try:
        pictured("https://" + 30 * "x", None)
    except Exception as error:
        assert error.code == "address", error
    else:
        raise AssertionError("it was taken")
