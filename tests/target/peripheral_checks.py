"""Keypad, displays and NFC tag: their drivers against simulated chips."""

import hal_asyncio
from hal_board import BOARD

BOARD.start()
hal_asyncio.install()
RUNS_ON = "simulated"

import asyncio

import machine
from agent.chips import st25dv
from agent.chips.keypad import Keypad
from agent.chips.st7567 import Displays
from agent.operator.screens import HEIGHT, WIDTH, Picture
from hal_keypad import Matrix
from hal_st25dv import ST25DV, SYSTEM_ADDRESS, USER_ADDRESS
from hal_st7567 import ST7567

# Keypad

COLUMNS, ROWS = (2, 3, 6, 7), (20, 21, 22, 27, 28)
NAMES = "123C456T789Z.0PM+-SE"


async def keypad_with(script):
    """Run `script(matrix)` beside a reader; the keys that the driver told."""
    matrix = Matrix([BOARD.wire(pin) for pin in COLUMNS], [BOARD.wire(pin) for pin in ROWS])
    keypad = Keypad(COLUMNS, ROWS, NAMES)
    told = []

    async def read():
        while True:
            told.append(await keypad.key())

    reader = asyncio.create_task(read())
    await asyncio.sleep_ms(10)
    await script(matrix)
    await asyncio.sleep_ms(200)
    reader.cancel()
    return "".join(told)


async def tap(matrix, row, column, ms=60):
    matrix.press(row, column)
    await asyncio.sleep_ms(ms)
    matrix.release(row, column)
    await asyncio.sleep_ms(60)


def test_every_key_is_told_once():
    async def script(matrix):
        for row in range(5):
            for column in range(4):
                await tap(matrix, row, column)

    assert asyncio.run(keypad_with(script)) == NAMES


def test_contacts_bounce():
    async def script(matrix):
        for _ in range(6):
            matrix.press(1, 1)
            await asyncio.sleep_ms(1)
            matrix.release(1, 1)
            await asyncio.sleep_ms(1)
        await tap(matrix, 1, 1, 100)
        for _ in range(6):
            matrix.press(1, 1)
            await asyncio.sleep_ms(1)
            matrix.release(1, 1)
            await asyncio.sleep_ms(1)

    assert asyncio.run(keypad_with(script)) == "5"


def test_a_key_that_stays_down_is_told_once():
    async def script(matrix):
        await tap(matrix, 0, 0, 5000)

    assert asyncio.run(keypad_with(script)) == "1"


def test_two_keys_at_once_are_none_and_ghosts_never_show():
    async def script(matrix):
        for key in ((0, 0), (0, 1), (1, 0)):
            matrix.press(*key)
        await asyncio.sleep_ms(200)
        for key in ((0, 0), (0, 1), (1, 0)):
            matrix.release(*key)
            await asyncio.sleep_ms(100)
        await tap(matrix, 4, 3)

    assert asyncio.run(keypad_with(script)) == "E"


def test_a_keypad_at_rest_wakes_nobody():
    async def script(matrix):
        before = [0]
        rows = [BOARD.wire(pin) for pin in ROWS]
        assert all(wire.level for wire in rows)
        before[0] = BOARD.clock.now_us
        await asyncio.sleep_ms(60_000)
        assert BOARD.clock.now_us - before[0] < 60_000_100

    assert asyncio.run(keypad_with(script)) == ""


def test_names_must_fit_the_matrix():
    try:
        Keypad(COLUMNS, ROWS, "123")
    except ValueError as error:
        assert "20 keys cannot have 3 names" in str(error)
    else:
        raise AssertionError("3 names were taken for 20 keys")


# Displays

CS_VENDOR, CS_CUSTOMER, A0 = 9, 13, 12


SIDES = ("kg NET", "e=5g", ">0<"), ("CNY/kg", "P 100"), ("CNY",)
# Each differs from the one before in one band, or in all.
WEIGHINGS = (
    (("15.005", "12.99", "194.91"), SIDES, "PT 0.020kg"),
    (("-0.005", "12.99", "194.91"), SIDES, "PT 0.020kg"),
    (("-0.005", "1", "194.91"), SIDES, "PT 0.020kg"),
    (("-0.005", "1", ""), SIDES, "PT 0.020kg"),
    (("-0.005", "1", ""), (SIDES[0][:1],) + SIDES[1:], "PT 0.020kg"),
    (("-0.005", "1", ""), (SIDES[0][:1],) + SIDES[1:], "?"),
    (("FAULT", "", ""), ((), (), ()), "DO NOT USE: CALL SERVICE"),
    (("88.888", "8888.88", "888888.88"), SIDES, "W" * 31),
)


def glasses():
    pair = [ST7567(BOARD.wire(select), BOARD.wire(A0)) for select in (CS_VENDOR, CS_CUSTOMER)]
    BOARD.spi[:] = pair
    return pair


def picture(glass):
    """The glass as text, two lines of pixels in one."""
    rows = []
    for y in range(0, HEIGHT, 2):
        pairs = [(glass.pixel(x, y), glass.pixel(x, y + 1)) for x in range(WIDTH)]
        rows.append("".join({(0, 0): " ", (1, 0): "'", (0, 1): ".", (1, 1): ":"}[pair] for pair in pairs).rstrip())
    return rows


def shown(draw):
    pair = glasses()
    displays = Displays(machine.SPI(1), (CS_VENDOR, CS_CUSTOMER), A0)
    page = Picture()
    draw(page)
    asyncio.run(displays.start(page.pixels))
    return pair, displays, page


def test_both_displays_show_the_same_picture():
    (vendor, customer), _, page = shown(lambda page: page.page(["AB", "cd"]))
    assert vendor.picture() == customer.picture() == bytes(page.pixels)
    assert vendor.unknown == [] and any(vendor.pixel(x, y) for x in range(16) for y in range(8))


def test_one_display_can_show_another_picture():
    (vendor, customer), displays, page = shown(lambda page: page.fill(1))
    before = customer.picture()
    page.page(["MENU"])
    displays.show(page.pixels, 0)
    assert vendor.picture() == bytes(page.pixels) != before
    assert customer.picture() == before


def test_an_old_figure_leaves_nothing_behind():
    _, _, page = shown(lambda page: page.weighing(("88.888", "8888.88", "888888.88"), (("kg NET",),) * 3, "W" * 31))
    page.weighing(("", "", ""), ((), (), ()), "")
    assert not any(page.pixels)


def test_a_weighing_over_another_picture_looks_as_if_it_were_alone():
    page = Picture()
    for figures, sides, line in WEIGHINGS:
        for before in (None, page.fill, page.page):
            if before:
                before("ABCDEFGH" if before == page.page else 1)
            alone = Picture()
            for drawn in (page, alone):
                drawn.weighing(figures, sides, line)
            assert page.pixels == alone.pixels, (figures, before)


def test_nothing_shows_before_the_glass_is_powered():
    pair = glasses()
    displays = Displays(machine.SPI(1), (CS_VENDOR, CS_CUSTOMER), A0)
    displays.show(b"\xff" * 1024)
    assert pair[0].picture() is None
    assert not any(pair[0].pixel(x, y) for x in range(WIDTH) for y in range(HEIGHT))


def test_a_display_that_is_not_selected_keeps_still():
    pair, _, _ = shown(lambda page: page.page(["1.000"]))
    before = picture(pair[1])
    spi, select, a0 = machine.SPI(1), machine.Pin(CS_VENDOR), machine.Pin(A0)
    select(0)
    a0(0)
    spi.write(b"\xb0\x10\x00")
    a0(1)
    spi.write(b"\xff" * 128)
    select(1)
    assert picture(pair[1]) == before
    assert picture(pair[0]) != before


# NFC tag

URI = "https://example.org/s/0123456789ABCDEF"


def tag():
    chip = ST25DV(BOARD.clock)
    BOARD.i2c.attach(USER_ADDRESS, chip.user)
    BOARD.i2c.attach(SYSTEM_ADDRESS, chip.system_side)
    return chip


def uri_of(memory):
    """What a phone makes of the memory: the URI of its first record, after the NFC Forum's type 5 and URI records."""
    assert memory[0] == 0xE1 and memory[2] * 8 == 512
    assert memory[4] == 0x03
    record = memory[6 : 6 + memory[5]]
    assert record[:2] == b"\xd1\x01" and record[3:4] == b"U" and len(record) == 4 + record[2]
    assert memory[6 + memory[5]] == 0xFE
    return ("", "http://www.", "https://www.", "http://", "https://")[record[4]] + record[5:].decode()


def show(uri):
    asyncio.run(st25dv.ST25DV(machine.I2C(0)).show(uri))


def test_a_phone_reads_the_address():
    chip = tag()
    show(URI)
    assert uri_of(chip.radio_read()) == URI


def test_a_phone_cannot_write():
    chip = tag()
    assert chip.radio_write(400, b"x"), "a tag from the factory takes anything"
    show(URI)
    assert not chip.radio_write(8, b"evil")
    assert uri_of(chip.radio_read()) == URI


def test_saying_the_same_again_wears_nothing():
    chip = tag()
    show(URI)
    worn = chip.rows_written
    show(URI)
    assert chip.rows_written == worn
    show(URI[:-1] + "0")
    assert chip.rows_written == worn + 1


def test_longest_and_wrong_addresses():
    chip = tag()
    longest = "https://" + "a" * 192
    show(longest)
    assert uri_of(chip.radio_read()) == longest
    for wrong in (longest + "a", "http://example.org", "ftp://x"):
        try:
            show(wrong)
        except ValueError:
            continue
        raise AssertionError(wrong)


def test_a_tag_that_is_gone_is_told():
    BOARD.i2c.detach(USER_ADDRESS)
    try:
        show(URI)
    except OSError:
        return
    raise AssertionError("nobody noticed")
