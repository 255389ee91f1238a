"""What the simulated board promises, checked inside MicroPython."""

import hal_asyncio
from hal_board import BOARD

BOARD.start(cell="noiseless")
hal_asyncio.install()
RUNS_ON = "simulated"

import asyncio
import time

import board
import machine
from hal_analogue import Analogue
from hal_converter import HIGHEST, LOWEST
from hal_flash import PowerCut
from hal_hx711 import PERIOD_US
from hal_pins import Contact, Wire
from hal_reset import Reset

clock = BOARD.clock
chip = BOARD.chip
dout = machine.Pin(board.PIN_ADC_DOUT, machine.Pin.IN)
sck = machine.Pin(board.PIN_ADC_SCK, machine.Pin.OUT, value=0)


def raises(error, call, *args):
    try:
        call(*args)
    except error as e:
        return e
    raise AssertionError(f"{call!r} raised no {error!r}")


def pulse():
    sck(1)
    sck(0)
    return dout()


def shift(pulses=25):
    """Clock one conversion out with so many pulses; its signed value, and the level of DOUT after the last pulse."""
    raw = 0
    level = 1
    for i in range(pulses):
        level = pulse()
        if i < 24:
            raw = raw << 1 | level
    return (raw - (1 << 24) if raw & 0x800000 else raw), level


def wait_ready():
    """Wait, asleep, for the next conversion."""
    while dout():
        time.sleep_us(100)


def next_reading(pulses=25):
    wait_ready()
    return shift(pulses)


def settle():
    for _ in range(5):
        next_reading()


# The chip


def test_conversions_come_at_the_real_rate():
    settle()
    conversions, started_us = chip.conversions, time.ticks_us()
    time.sleep(100)
    assert time.ticks_diff(time.ticks_us(), started_us) - 100_000_000 < 100
    assert abs(chip.conversions - conversions - 1165) <= 1
    assert abs(1e6 / PERIOD_US[80] - 84.3) < 0.05


def test_a_reading_ends_with_dout_high_until_the_next():
    settle()
    value, level = next_reading()
    assert (value, level) == (100_000, 1)
    assert dout() == 1
    wait_ready()
    assert next_reading() == (100_000, 1)
    assert chip.wrong_pulse_counts == 0


def test_first_conversions_are_up_to_900_counts_off():
    values = [next_reading()[0] for _ in range(8)]
    assert max(abs(value - 100_000) for value in values[:3]) > 40
    assert all(abs(value - 100_000) <= limit for value, limit in zip(values, (900, 500, 200, 40)))
    assert values[4:] == [100_000] * 4


def test_pulse_count_chooses_channel_and_gain_of_the_next_conversion():
    settle()
    assert next_reading(27)[0] == 100_000
    assert chip.selection == ("A", 128)
    first = next_reading(27)[0]
    assert chip.selection == ("A", 64)
    assert abs(first - 50_000) <= 900
    for _ in range(4):
        last = next_reading(27)[0]
    assert last == 50_000
    next_reading(26)
    for _ in range(5):
        last = next_reading(26)[0]
    assert chip.selection == ("B", 32)
    assert last == 0
    assert chip.wrong_pulse_counts == 0


def test_wrong_pulse_counts_are_counted():
    settle()
    next_reading(28)
    assert chip.wrong_pulse_counts == 1
    next_reading(10)
    wait_ready()
    time.sleep_us(2 * PERIOD_US[10])
    assert chip.wrong_pulse_counts == 2
    assert chip.selection == ("A", 128)


def test_reading_before_ready_gives_ones():
    settle()
    next_reading()
    assert dout() == 1
    assert shift() == (-1, 1)


def test_an_update_in_the_middle_of_a_reading_shifts_its_bits():
    settle()
    wait_ready()
    BOARD.cell.zero_counts = 0x155555
    for _ in range(10):
        pulse()
    time.sleep_us(PERIOD_US[10])
    late = [pulse() for _ in range(15)]
    assert late == [0x155555 >> (23 - i) & 1 for i in range(15)]
    assert late[-1] != 1, "the driver's look at DOUT after pulse 25 shows the slip"
    assert chip.wrong_pulse_counts == 1


def test_saturation():
    settle()
    for load_g, limit in ((1e6, HIGHEST), (-1e6, LOWEST)):
        BOARD.cell.load_g = load_g
        time.sleep_ms(100)
        wait_ready()
        time.sleep_us(2 * PERIOD_US[10])
        assert next_reading()[0] == limit


def test_power_down_by_a_long_pulse_and_settling_after_it():
    settle()
    sck(1)
    time.sleep_us(59)
    assert chip.power_downs == 0
    time.sleep_us(10)
    assert chip.power_downs == 1
    assert dout() == 1
    conversions = chip.conversions
    time.sleep(10)
    assert chip.conversions == conversions
    sck(0)
    values = [next_reading()[0] for _ in range(5)]
    assert any(value != 100_000 for value in values[:3])
    assert values[4] == 100_000


def test_unread_conversions_replace_one_another():
    settle()
    wait_ready()
    edges = []
    dout.irq(lambda pin: edges.append(clock.now_us), machine.Pin.IRQ_FALLING)
    time.sleep_us(10 * PERIOD_US[10])
    assert len(edges) == 10
    assert chip.unread == 10
    assert next_reading() == (100_000, 1)


# Pins and interrupts


def test_interrupts_wait_while_they_are_disabled():
    seen = []
    case = machine.Pin(board.PIN_CASE, machine.Pin.IN, machine.Pin.PULL_UP)
    case.irq(lambda pin: seen.append(pin()), machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)
    BOARD.case(True)
    assert seen == [1]
    outer = machine.disable_irq()
    inner = machine.disable_irq()
    BOARD.case(False)
    BOARD.case(True)
    machine.enable_irq(inner)
    assert seen == [1], "an inner guard does not open the outer one"
    machine.enable_irq(outer)
    assert seen == [1, 1], "edges that came meanwhile are served once"
    case.irq(None)
    BOARD.case(False)
    assert seen == [1, 1]


def test_an_interrupt_set_up_anew_forgets_stale_edges():
    seen = []
    case = machine.Pin(board.PIN_CASE, machine.Pin.IN, machine.Pin.PULL_UP)
    case.irq(seen.append, machine.Pin.IRQ_RISING)
    state = machine.disable_irq()
    BOARD.case(True)
    case.irq(seen.append, machine.Pin.IRQ_RISING)
    machine.enable_irq(state)
    assert seen == []


def test_unconnected_pins_follow_their_pull():
    assert machine.Pin(2, machine.Pin.IN, machine.Pin.PULL_UP)() == 1
    assert machine.Pin(3, machine.Pin.IN, machine.Pin.PULL_DOWN)() == 0
    out = machine.Pin(4, machine.Pin.OUT, value=1)
    assert out() == 1
    out.toggle()
    assert machine.Pin(4)() == 0


def test_an_analogue_pin_that_nobody_set_up_reads_low():
    """By a channel's number the RP2 port leaves the pin's pull-down, which sinks current through the divider."""
    right = machine.ADC(machine.Pin(board.ADC_SUPPLY))
    expected = right.read_u16()
    BOARD.analogue = Analogue(BOARD)
    wrong = machine.ADC(board.ADC_SUPPLY - 26)
    assert expected * 0.8 < wrong.read_u16() < expected * 0.95
    machine.ADC(machine.Pin(board.ADC_SUPPLY))
    assert wrong.read_u16() == expected


def test_a_pin_of_the_radio_tells_nothing_and_driven_ends_the_radio():
    assert machine.ADC(machine.Pin(29)).read_u16() < 1000
    assert machine.ADC(3).read_u16() < 1000
    BOARD.network_up = True
    assert BOARD.has_network()
    machine.Pin(25, machine.Pin.OUT)(1)
    assert not BOARD.has_network()
    BOARD.network_up = BOARD.radio_is_lost = False


def test_only_an_analogue_pin_can_be_measured_at():
    for source in (machine.Pin(16), 5, 16, -1):
        try:
            machine.ADC(source)
        except ValueError:
            continue
        raise AssertionError("%s is no analogue input" % source)


def test_a_switch_needs_a_pull_up_and_behind_a_diode_no_second_one():
    pull_up, pull_down, none = 1, 0, None
    for has_pull_up, behind_diode, pull, levels in (
        (False, False, none, (0, 0)),  # floats: it keeps the level that it had
        (False, False, pull_down, (0, 0)),
        (False, False, pull_up, (0, 1)),
        (True, False, none, (0, 1)),
        (True, False, pull_up, (0, 1)),
        (True, True, none, (0, 1)),
        (True, True, pull_up, (1, 1)),  # 0.85 V is no low level
    ):
        wire = Wire(BOARD.interrupts)
        contact = Contact(wire, has_pull_up, behind_diode)
        wire.pull(pull)
        read = []
        for closed in (True, False):
            contact.set(closed)
            read.append(wire.level)
        assert tuple(read) == levels, (has_pull_up, behind_diode, pull, read)


def test_flash_operations_hold_up_the_processor_and_interrupts():
    settle()
    wait_ready()
    shift()
    delays = []
    dout.irq(lambda pin: delays.append(clock.now_us), machine.Pin.IRQ_FALLING)
    time.sleep_us(PERIOD_US[10] - 30_000)
    started_us = clock.now_us
    BOARD.flash.ioctl(6, 0)
    assert clock.now_us == started_us + 45_000
    assert delays == [clock.now_us]


# Time


def test_busy_waiting_ends():
    started_us = time.ticks_us()
    while time.ticks_diff(time.ticks_us(), started_us) < 500:
        pass
    assert time.ticks_diff(time.ticks_us(), started_us) < 510


def test_ticks_wrap_as_on_a_32_bit_board():
    time.sleep(1073)
    before = time.ticks_us()
    time.sleep(2)
    after = time.ticks_us()
    assert after < before < 1 << 30
    assert abs(time.ticks_diff(after, before) - 2_000_000) < 10
    assert time.ticks_add(before, 2_000_000) - after in (-1, -2, 0)
    raises(OverflowError, time.ticks_add, 0, 1 << 29)


def test_calendar():
    machine.RTC().datetime((2028, 2, 29, 1, 23, 59, 58, 0))
    time.sleep(3)
    assert time.gmtime()[:6] == (2028, 3, 1, 0, 0, 1)
    assert machine.RTC().datetime()[:7] == (2028, 3, 1, 2, 0, 0, 1)
    assert time.gmtime(0)[0] == 1970
    for unix_s in (0, 951_782_400, 1_709_164_800, 4_102_444_799):
        assert time.mktime(time.gmtime(unix_s)) == unix_s


def test_watchdog_and_reset():
    watchdog = machine.WDT(timeout=1000)
    for _ in range(5):
        time.sleep_ms(900)
        watchdog.feed()
    assert raises(Reset, time.sleep_ms, 1100).args == (machine.WDT_RESET,)
    raises(Reset, machine.reset)


# asyncio in virtual time


def test_sleeping_takes_virtual_time_only():
    async def main():
        started_ms = time.ticks_ms()
        await asyncio.sleep(3600)
        return time.ticks_diff(time.ticks_ms(), started_ms)

    assert asyncio.run(main()) == 3_600_000


def test_tasks_run_in_the_order_of_their_times():
    log = []

    async def worker(name, period_ms, times):
        for _ in range(times):
            await asyncio.sleep_ms(period_ms)
            log.append(name)
        return name

    async def main():
        return await asyncio.gather(worker("a", 30, 3), worker("b", 20, 4), worker("c", 100, 1))

    assert asyncio.run(main()) == ["a", "b", "c"]
    assert "".join(log) == "bababbac", "due at the same time: whoever began to wait earlier"


def test_flags_events_locks_cancelling_and_time_outs():
    flag = asyncio.ThreadSafeFlag()
    event = asyncio.Event()
    lock = asyncio.Lock()
    log = []

    async def waiter():
        await flag.wait()
        log.append(clock.now_us // 1000)
        event.set()

    async def holder():
        async with lock:
            log.append("held")
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                log.append("cancelled")
                raise

    async def main():
        started_ms = clock.now_us // 1000
        clock.after(250_000, flag.set)
        task = asyncio.create_task(waiter())
        await event.wait()
        await task
        assert log.pop() - started_ms in (250, 251)
        held = asyncio.create_task(holder())
        await asyncio.sleep_ms(0)
        try:
            await asyncio.wait_for_ms(lock.acquire(), 500)
            raise AssertionError("the lock was free")
        except asyncio.TimeoutError:
            log.append("timeout")
        held.cancel()
        try:
            await held
        except asyncio.CancelledError:
            log.append("seen")
        assert held.done()
        async with lock:
            pass
        assert task.cancel() is False

    asyncio.run(main())
    assert log == ["held", "timeout", "cancelled", "seen"]


def test_an_exception_reaches_whoever_awaits_the_task():
    async def bad():
        await asyncio.sleep_ms(5)
        raise ValueError("bad")

    async def main():
        task = asyncio.create_task(bad())
        await asyncio.sleep_ms(50)
        raises_in_task = None
        try:
            await task
        except ValueError as error:
            raises_in_task = error
        return str(raises_in_task)

    assert asyncio.run(main()) == "bad"


def test_nothing_swallows_a_power_cut():
    log = []

    async def careless():
        while True:
            try:
                await asyncio.sleep_ms(10)
                BOARD.flash.ioctl(6, 0)
            except Exception as error:
                log.append(error)

    async def main():
        BOARD.flash.cut_at(3)
        task = asyncio.create_task(careless())
        await task

    raises(PowerCut, asyncio.run, main())
    assert log == []
    assert BOARD.flash.operations == 3


def test_an_hour_of_readings_by_interrupt():
    settle()
    flag = asyncio.ThreadSafeFlag()

    async def main():
        dout.irq(lambda pin: flag.set(), machine.Pin.IRQ_FALLING)
        for _ in range(3600 * 1_000_000 // PERIOD_US[10]):
            await flag.wait()
            dout.irq(None)
            assert shift() == (100_000, 1)
            dout.irq(lambda pin: flag.set(), machine.Pin.IRQ_FALLING)

    asyncio.run(main())
    assert (chip.unread, chip.wrong_pulse_counts, chip.power_downs) == (0, 0, 0)
