"""The secure element's driver and the keys behind it, against the chip on its bus."""

import hal_asyncio
from hal_board import BOARD

BOARD.start()
hal_asyncio.install()
RUNS_ON = "simulated_element"

import asyncio
import os

import hal_p256
import machine
from agent.chips import atecc608
from agent.chips.atecc608 import ADDRESS, ATECC608
from agent.port import bus, system
from agent.record import element
from agent.record.element import ElementKeyStore, KeyFault
from agent.record.store import Store
from agent.steps import finish
from agent.wire import p256
from hal_atecc608 import ATECC608 as Chip
from ledger_bench import Board as Flash

MESSAGE = b"a statement"
chip = BOARD.element
flash = Flash(file_sectors=256).flash()
flash.mount()
folders = iter(range(100))


def files():
    """The files of a scale of its own."""
    folder = "/fs/%d" % next(folders)
    os.mkdir(folder)
    return Store(folder)


def fit(another):
    """Solder another chip in."""
    global chip
    BOARD.i2c.detach(ADDRESS)
    BOARD.i2c.attach(ADDRESS, another)
    chip = BOARD.element = another


def keystore(store):
    return ElementKeyStore(store, ATECC608(bus.i2c()))


def configured(store):
    keys = keystore(store)
    asyncio.run(keys.configure())
    return keys


def made(store=None):
    keys = configured(files() if store is None else store)
    asyncio.run(keys.make())
    return keys


def rest():
    """So long a fault is told at once, without asking the chip."""
    BOARD.clock.sleep(2_000_000)


def signs(keys):
    signature = asyncio.run(finish(keys.sign_steps(MESSAGE)))
    return len(signature) == 64 and p256.verify(keys.public_key, MESSAGE, signature)


def refused(work, why):
    try:
        asyncio.run(work)
    except KeyFault as error:
        assert why in str(error), error
        return
    raise AssertionError("not refused: " + why)


def test_its_signatures_verify_whatever_s_the_chip_gives():
    keys = made()
    signatures = [asyncio.run(finish(keys.sign_steps(MESSAGE))) for _ in range(12)]
    assert all(p256.verify(keys.public_key, MESSAGE, one) for one in signatures)
    assert not all(p256.is_low(one) for one in signatures)
    assert keys.store_class == 1 and keys.trouble is None and keys.take_fault() is None


def test_both_sides_agree_on_the_same():
    keys = made()
    other = 4711
    secret = asyncio.run(finish(keys.agree_steps(b"\x04" + hal_p256.public_key(other))))
    assert secret == hal_p256.agree(other, keys.agreement_public_key[1:])
    try:
        asyncio.run(finish(keys.agree_steps(b"\x04" + bytes(63) + b"\x05")))
    except ValueError:
        pass
    else:
        raise AssertionError("a point off the curve")


def test_each_key_does_its_own_work_only_and_stays():
    made()
    driver = ATECC608(bus.i2c())
    for work in (
        driver.sign_steps(atecc608.AGREEING, bytes(32)),
        driver.agree_steps(atecc608.SIGNING, b"\x04" + hal_p256.public_key(7)),
        driver.make_key_steps(atecc608.SIGNING),
        driver.make_key_steps(atecc608.AGREEING),
    ):
        try:
            asyncio.run(finish(work))
        except OSError as error:
            assert "status 0x0F" in str(error)
        else:
            raise AssertionError("done")


def test_the_same_keys_are_there_after_a_start():
    store = files()
    before = made(store)
    after = keystore(store)
    assert (after.kid, after.public_key) == (before.kid, before.public_key)
    assert after.agreement_public_key == before.agreement_public_key
    asyncio.run(after.make())
    assert after.kid == before.kid and signs(after)


def test_a_chip_that_is_not_locked_is_refused_and_stays_as_it_was():
    keys = keystore(files())
    refused(keys.make(), "not configured and locked: the factory does that with 'enrol element'")
    assert keys.kid is None and not chip.commands.keys and chip.commands.config[86:88] == b"\x55\x55"
    asyncio.run(keys.configure())
    chip.commands.config[86] = 0x55  # the data zone is not locked yet, as after a power cut
    refused(keys.make(), "not configured and locked")
    asyncio.run(keys.configure())
    asyncio.run(keys.make())
    assert signs(keys)


def test_a_chip_that_is_locked_with_another_configuration_is_refused():
    for place, value in ((20, 0x83), (22, 0x87), (96, 0x13), (98, 0x3C)):
        fit(Chip(BOARD.clock, os.urandom))
        chip.commands.config[20:24] = b"\x81\x20\x84\x20"
        chip.commands.config[96:100] = b"\x33\x00\x33\x00"
        chip.commands.config[place] = value
        chip.commands.config[86:88] = b"\x00\x00"
        keys = keystore(files())
        refused(keys.make(), "locked with another configuration")
        refused(keys.configure(), "locked with another configuration")


def test_a_chip_that_does_not_keep_its_configuration_is_not_locked():
    keys = keystore(files())
    execute = chip.commands.execute
    chip.commands.execute = lambda opcode, *words: (b"\x00", 1000) if opcode == 0x12 else execute(opcode, *words)
    refused(keys.configure(), "did not keep its configuration")
    assert chip.commands.config[86:88] == b"\x55\x55"


def test_a_chip_with_the_key_of_another_scale_is_refused():
    made()
    keys = keystore(files())
    refused(keys.make(), "the key of another scale")
    assert keys.kid is None
    assert keys.take_fault() == [element.UNFIT, 1]


def dies_after(commands):
    """Have the chip go silent after so many commands; returns what undoes it."""
    execute = chip.commands.execute
    left = [commands]

    def dying(*words):
        left[0] -= 1
        chip.away = left[0] < 0
        return execute(*words)

    def revive():
        chip.commands.execute, chip.away = execute, False

    chip.commands.execute = dying
    return revive


def test_a_power_cut_between_the_keys_wastes_no_chip():
    """At every command of the making."""
    for commands in range(40):
        fit(Chip(BOARD.clock, os.urandom))
        store = files()
        keys = configured(store)
        revive = dies_after(commands)
        try:
            asyncio.run(keys.make())
        except KeyFault:
            revive()
            again = keystore(store)
            asyncio.run(again.make())
            assert signs(again) and signs(keystore(store))
            continue
        assert commands > 6
        return
    raise AssertionError("it never came to its end")


def test_a_swapped_chip_is_not_taken_for_this_scales():
    store = files()
    keys = made(store)
    first = chip
    fit(Chip(BOARD.clock, os.urandom))
    asyncio.run(keystore(files()).configure())
    for one in (keys, keystore(store)):
        refused(finish(one.sign_steps(MESSAGE)), "another one, without this scale's key")
        rest()
        refused(finish(one.agree_steps(b"\x04" + hal_p256.public_key(7))), "another one")
        rest()
        asyncio.run(one.check())
        assert "another one" in one.trouble
        assert one.take_fault() == [element.OTHER, 3] and one.take_fault() is None
    assert not chip.commands.signatures
    fit(first)
    rest()
    assert signs(keys) and keys.trouble is None


def test_a_chip_that_copies_the_number_has_not_the_key():
    store = files()
    keys = made(store)
    fit(Chip(BOARD.clock, os.urandom))
    other = files()
    asyncio.run(keystore(other).configure())
    asyncio.run(keystore(other).make())
    numbers = keys._serial
    chip.commands.config[:4], chip.commands.config[8:13] = numbers[:4], numbers[4:]
    refused(finish(keystore(store).sign_steps(MESSAGE)), "another one, without this scale's key")
    assert not chip.commands.signatures


def test_a_silent_chip_is_said_and_asked_again():
    keys = made()
    chip.away = True
    for _ in range(3):
        rest()
        refused(finish(keys.sign_steps(MESSAGE)), "does not answer")
        begun_us = BOARD.clock.now_us
        refused(finish(keys.sign_steps(MESSAGE)), "does not answer")
        assert BOARD.clock.now_us - begun_us < 10_000, "nobody waits for it again so soon"
    assert "does not answer" in keys.trouble and keys.take_fault() == [element.FAILS, 3]
    chip.away = False
    rest()
    assert signs(keys) and keys.trouble is None


def test_what_is_damaged_on_the_way_is_asked_for_again_three_times_at_most():
    keys = made()
    assert signs(keys)
    for garbled in (1, 2):
        chip.garbled = garbled
        assert signs(keys) and keys.take_fault() is None
    chip.garbled = 3
    refused(finish(keys.sign_steps(MESSAGE)), "garbled")
    rest()
    assert signs(keys)


def test_a_chip_in_another_state_is_brought_into_the_right_one():
    keys = made()
    i2c = bus.i2c()
    wake(i2c)  # somebody's zeros woke it, and nobody put it to sleep
    assert signs(keys)
    wake(i2c)
    i2c.writeto(ADDRESS, b"\x02")  # it idles
    assert signs(keys)
    wake(i2c)
    packet = bytes((7, 0x40, 0x00, 0, 0))
    i2c.writeto(ADDRESS, b"\x03" + packet + atecc608.crc16(packet))  # it computes for somebody
    assert signs(keys)
    wake(i2c)
    i2c.writeto(ADDRESS, b"\x03\x07\x41")  # half a command
    assert signs(keys)
    assert keys.take_fault() is None


def wake(i2c):
    try:
        i2c.writeto(0, b"\x00")
    except OSError:
        pass
    BOARD.clock.sleep(1600)


def test_a_chip_that_falls_asleep_in_the_middle_begins_again():
    keys = made()
    assert signs(keys)
    for naps in (1, 2):
        chip.naps = naps
        assert signs(keys) and keys.take_fault() is None


def test_what_the_chip_refuses_once_is_tried_again_and_what_it_always_refuses_is_said():
    keys = made()
    assert signs(keys)
    for status in (0x05, 0x0F, 0x11, 0xEE, 0xFF):
        chip.refusals = [status]
        assert signs(keys) and keys.take_fault() is None
    chip.refusals = [0x05] * 3
    refused(finish(keys.sign_steps(MESSAGE)), "status 0x05")


def test_tasks_that_want_the_chip_at_once_have_it_one_after_the_other():
    keys = made()

    async def together():
        return await asyncio.gather(*[finish(keys.sign_steps(b"%d" % n)) for n in range(4)])

    assert signs(keys)
    before = BOARD.i2c.transfers
    assert signs(keys)
    alone = BOARD.i2c.transfers - before
    signatures = asyncio.run(together())
    assert BOARD.i2c.transfers - before - alone <= 4 * alone + 4, "nobody disturbs another"
    assert all(p256.verify(keys.public_key, b"%d" % n, one) for n, one in enumerate(signatures))


def test_a_task_that_is_cancelled_gives_the_chip_back():
    keys = made()

    async def cancelled(after_ms):
        task = asyncio.create_task(finish(keys.sign_steps(MESSAGE)))
        await asyncio.sleep_ms(after_ms)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        return await asyncio.wait_for_ms(finish(keys.sign_steps(MESSAGE)), 3000)

    for after_ms in (0, 1, 5, 40, 60):
        assert p256.verify(keys.public_key, MESSAGE, asyncio.run(cancelled(after_ms)))


def test_the_loop_is_never_held_and_a_signature_takes_less_than_a_second():
    keys = made()
    gaps = []

    async def watch():
        while True:
            before_us = BOARD.clock.now_us
            await asyncio.sleep_ms(1)
            gaps.append(BOARD.clock.now_us - before_us)

    async def measured():
        asyncio.create_task(watch())
        before_us = BOARD.clock.now_us
        await finish(keys.sign_steps(MESSAGE))
        return BOARD.clock.now_us - before_us

    taken_us = asyncio.run(measured())
    assert 50_000 < taken_us < 300_000, taken_us
    assert max(gaps) < 20_000, max(gaps)
    assert not chip.hurried
    chip.away = True
    gaps.clear()

    async def silent():
        asyncio.create_task(watch())
        await keys.check()

    asyncio.run(silent())
    assert max(gaps) < 20_000, max(gaps)


def test_its_random_numbers_go_into_the_scales_own():
    BOARD.random_bytes = lambda count: bytes(count)  # a microcontroller whose generator is dead
    fit(Chip(BOARD.clock, lambda count: bytes([7]) * count))
    assert system.random(40) == bytes(40)
    keys = made()
    assert system.random(8) == bytes(8)
    assert signs(keys)
    first, second = system.random(40), system.random(40)
    assert len(first) == 40 and first != second and bytes(40) not in (first, second)


def test_the_bus_clock_is_slow_enough_to_wake_it():
    bus.i2c()
    assert BOARD.i2c.frequency <= 133_000
    i2c = machine.I2C(0, freq=400_000)
    wake(i2c)
    try:
        i2c.readfrom(ADDRESS, 4)
    except OSError:
        return
    raise AssertionError("20 microseconds woke it")


def test_the_store_holds_no_key():
    store = files()
    made(store)
    kept = store.read("element")
    for secret in chip.commands.keys.values():
        assert not any(secret.to_bytes(32, "big") in one for one in kept)
