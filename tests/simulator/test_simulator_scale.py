"""A simulated scale from outside, with a plain program in place of the agent: time, console, power, world, network."""

from __future__ import annotations

import os
import socket
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from steelyard_simulator import Fleet, SimulatedScale
from steelyard_simulator.errors import AgentEnded, NoStandstill, RequestRefused, ScaleIsOff, ScaleIsOn, ScaleRestarted

PLAIN = Path(__file__).parents[1] / "target" / "plain_agent"

Simulate = Callable[..., SimulatedScale]


@pytest.fixture
def plain(simulate: Simulate) -> SimulatedScale:
    return simulate(firmware=PLAIN, cell="noiseless")


@pytest.fixture
def real(simulate: Simulate) -> SimulatedScale:
    return simulate(firmware=PLAIN, virtual=False, cell="noiseless")


def counts(scale: SimulatedScale, readings: int = 1) -> list[int]:
    return [int(word) for word in scale.console(f"counts {readings}").split()]


def test_virtual_time_stands_still_until_it_is_advanced(plain: SimulatedScale) -> None:
    ticks_ms, unix_s = plain.console("time").split()[:2]
    assert unix_s == "1609459200", "an RP2 without battery starts in 2021"
    plain.advance(3600)
    assert plain.console("time").split()[:2] == [str(int(ticks_ms) + 3_600_001), "1609462800"]
    assert plain.now_s == pytest.approx(3600, abs=0.1)


def test_four_hours_pass_with_every_conversion(plain: SimulatedScale) -> None:
    assert plain.advance(4 * 3600)
    assert plain.state()["conversions"] == pytest.approx(4 * 3600 * 11.65, rel=0.001)


def test_load_appears_in_the_counts(plain: SimulatedScale) -> None:
    counts(plain, 5)
    plain.place(kg=1.0)
    assert counts(plain, 2) == [202_000, 202_000]
    plain.place(kg=0)
    assert counts(plain, 2) == [100_000, 100_000]


def test_the_chip_gives_unsettled_samples_first(plain: SimulatedScale) -> None:
    first = counts(plain, 6)
    assert any(value != 100_000 for value in first[:3])
    assert all(abs(value - 100_000) <= 900 for value in first)
    assert first[4:] == [100_000, 100_000]


def test_switches_and_sensors(plain: SimulatedScale) -> None:
    assert plain.console("pins") == "0 1"
    plain.open_case()
    plain.adjustment_switch(True)
    assert plain.console("pins") == "1 0"
    plain.close_case()
    assert plain.console("pins") == "0 0"
    supply, warm = map(int, plain.console("analogue").split())
    plain.supply(volts=3.0)
    plain.temperature(30.0)
    low, hot = map(int, plain.console("analogue").split())
    assert low / supply == pytest.approx(3 / 5, rel=1e-3)
    assert (hot - warm) * 3.3 / 65535 / 10 == pytest.approx(-1.721e-3, rel=0.01)


def test_temperature_rises_steadily(plain: SimulatedScale) -> None:
    plain.temperature(40.0, over_s=3600)
    plain.advance(1800)
    assert plain.state()["temperature_c"] == pytest.approx(30, abs=0.1)
    plain.advance(1900)
    assert plain.state()["temperature_c"] == pytest.approx(40)


def test_frauds_in_the_load_cell_line_come_and_go(plain: SimulatedScale) -> None:
    counts(plain, 5)
    plain.place(kg=2.0)
    plain.fraud("counts added", counts=5000)
    assert counts(plain, 2) == [309_000] * 2
    plain.fraud("counts added", on=False)
    plain.fraud("line gain", percent=10, noise_counts=0)
    assert counts(plain, 2) == [324_400] * 2
    plain.fraud("line gain", on=False)
    plain.fraud("cell exchanged", counts_per_g=231)
    assert counts(plain, 2) == [562_000] * 2
    plain.fraud("cell exchanged", on=False)
    assert counts(plain, 2) == [304_000] * 2
    with pytest.raises(RequestRefused, match="no fraud"):
        plain.fraud("hypnosis")


def test_stretched_pulses_reset_the_chip_in_mid_word(plain: SimulatedScale) -> None:
    counts(plain, 5)
    plain.stretch_pulses(chance=0.02, us=80)
    ones = [value for value in counts(plain, 60) if value & 0xFF == 0xFF]
    assert ones
    assert plain.state()["power_downs"] > 0
    plain.stretch_pulses(chance=0, us=0)
    counts(plain, 5)
    assert counts(plain, 3) == [100_000] * 3


def test_short_stretches_do_no_harm(plain: SimulatedScale) -> None:
    counts(plain, 5)
    plain.stretch_pulses(chance=1.0, us=40)
    assert counts(plain, 5) == [100_000] * 5
    assert plain.state()["power_downs"] == 0


def test_glitches_lie_near_a_rail(plain: SimulatedScale) -> None:
    counts(plain, 5)
    plain.glitch(samples=2)
    values = counts(plain, 4)
    assert sum(abs(value) > 8_000_000 for value in values) == 2


@pytest.mark.parametrize(("how", "after"), [("none", b"\xff" * 256), ("all", bytes(256))])
def test_power_fails_at_a_flash_operation(plain: SimulatedScale, how: str, after: bytes) -> None:
    plain.console("write 1")
    plain.cut_power(at=2, how=how)
    plain.console("write 2")
    with pytest.raises(ScaleIsOff, match="power cut"):
        plain.console("write 3")
    assert not plain.powered
    plain.power_on()
    assert bytes.fromhex(plain.console("read 2")) == bytes(256)
    assert bytes.fromhex(plain.console("read 3")) == after
    assert plain.console("cause") == "1"


def test_power_fails_at_the_next_journal_sync_and_erase(plain: SimulatedScale) -> None:
    for at, command in (("journal sync", "write 1"), ("erase", "erase 1")):
        plain.power_on()
        plain.console("time")
        plain.cut_power(at=at)
        with pytest.raises(ScaleIsOff):
            plain.console(command)
        assert plain.outcome == "power cut"


def test_advance_tells_that_the_power_failed(plain: SimulatedScale) -> None:
    plain.console("time")
    plain.cut_power()
    assert not plain.powered
    assert plain.advance(1) is False
    plain.power_on()
    assert plain.advance(1) is True


def test_what_changed_while_the_scale_was_off_is_there_when_it_starts(plain: SimulatedScale) -> None:
    plain.power_off()
    plain.place(kg=3.0)
    plain.open_case()
    plain.power_on()
    assert counts(plain, 6)[-1] == 406_000
    assert plain.console("pins") == "1 1"


def test_a_board_that_resets_itself_starts_again(plain: SimulatedScale) -> None:
    with pytest.raises(ScaleRestarted):
        plain.console("reset")
    assert plain.powered
    assert plain.console("cause") == "3"


def test_a_program_that_ends_is_reported(plain: SimulatedScale) -> None:
    with pytest.raises(AgentEnded, match="exit code 3"):
        plain.console("fail")
    with pytest.raises(AgentEnded):
        plain.advance(1)


def test_the_same_seed_is_the_same_scale(simulate: Simulate) -> None:
    def story(seed: int) -> list[str]:
        scale = simulate(firmware=PLAIN, cell="cheap", seed=seed)
        answers = [scale.console(line) for line in ("counts 30", "entropy", "sleep 100", "time", "counts 3")]
        scale.power_off()
        scale.power_on()
        return [*answers, scale.console("entropy"), scale.console("counts 9")]

    first = story(5)
    assert first == story(5)
    assert first[1] != first[5], "random bytes do not repeat after a restart"
    assert not set(first) & set(story(6)) - {"slept"} - {first[3]}


def test_flash_can_be_copied_and_replaced(plain: SimulatedScale, tmp_path: Path) -> None:
    plain.copy_flash(tmp_path / "before")
    plain.console("write 1")
    with pytest.raises(ScaleIsOn, match="switch it off before its flash is replaced"):
        plain.replace_flash(tmp_path / "before")
    plain.power_off()
    plain.replace_flash(tmp_path / "before")
    plain.power_on()
    assert plain.console("read 1") == "ff" * 256


def test_the_battery_clock_keeps_time(simulate: Simulate) -> None:
    scale = simulate(firmware=PLAIN, rtc_battery=True)
    scale.advance(1000)
    scale.power_off()
    scale.power_on()
    assert 1_796_112_999 <= int(scale.console("time").split()[1]) <= 1_796_113_001
    scale.console("set 2030")
    scale.power_off()
    scale.power_on()
    assert "(2030, 1, 1, 0, 0, 0," in scale.console("time")


def read_until(terminal: int, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        data += os.read(terminal, 1000)
    return data


def test_the_serial_port_outlives_a_power_cut(real: SimulatedScale) -> None:
    terminal = os.open(real.path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(terminal)
        for _ in range(2):
            read_until(terminal, b"\n> ")
            os.write(terminal, b"pins\r")
            assert read_until(terminal, b"> ") == b"pins\r\n0 1\r\n\r\n> "
            real.cut_power()
            real.power_on()
    finally:
        os.close(terminal)


def test_real_time_runs_by_itself_and_cannot_be_advanced(real: SimulatedScale) -> None:
    with pytest.raises(NoStandstill):
        real.advance(1)
    started = time.monotonic()
    assert real.console("sleep 300") == "slept"
    assert time.monotonic() - started >= 0.3
    assert counts(real, 5)[-1] == 100_000
    assert real.state()["wrong_pulse_counts"] == 0


def test_real_time_pulses_are_not_stretched_by_a_busy_pc(real: SimulatedScale) -> None:
    stop = threading.Event()
    busy = [threading.Thread(target=lambda: [None for _ in iter(stop.is_set, True)]) for _ in range(3)]
    for thread in busy:
        thread.start()
    try:
        assert counts(real, 20)[5:] == [100_000] * 15
        assert real.console("guarded 20000") == "1", "nothing comes between two instructions of a microcontroller"
    finally:
        stop.set()
        for thread in busy:
            thread.join()
    assert real.state()["power_downs"] == 0


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that answers each line with itself in upper case."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.sendall(peer.recv(100).upper())

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_flash_takes_its_time_in_real_time(real: SimulatedScale) -> None:
    real.console("time")
    started = time.monotonic()
    for _ in range(5):
        real.console("erase 1")
    assert time.monotonic() - started > 5 * 0.045


def test_network_can_be_cut_and_restored(real: SimulatedScale, echo_port: int) -> None:
    assert real.console("network") == "True"
    assert real.console(f"fetch 127.0.0.1 {echo_port}") == "HELLO"
    real.cut_network()
    assert real.console("network") == "False"
    assert "OSError" in real.console(f"fetch 127.0.0.1 {echo_port}")
    real.restore_network()
    assert real.console(f"fetch 127.0.0.1 {echo_port}") == "HELLO"


def test_there_is_no_network_in_virtual_time(plain: SimulatedScale) -> None:
    assert plain.console("network") == "False"


def test_a_fleet_starts_and_stops_together(tmp_path: Path) -> None:
    with Fleet(3, tmp_path, firmware=PLAIN, cell="class_iii") as fleet:
        assert len({scale.console("counts 6") for scale in fleet}) == 3
        assert len({scale.path for scale in fleet}) == 3
    assert not any(scale.powered for scale in fleet)


def test_odd_steps_of_virtual_time_add_up(plain: SimulatedScale) -> None:
    plain.console("time")
    started_s = plain.now_s
    for _ in range(70):
        assert plain.advance(0.1000003)
    assert plain.now_s - started_s == pytest.approx(7.0, abs=1e-3)


def test_real_time_can_run_faster(simulate: Simulate) -> None:
    scale = simulate(firmware=PLAIN, virtual=False, speed=20)
    scale.console("time")
    started = time.monotonic()
    assert scale.console("sleep 10000") == "slept"
    assert 0.45 <= time.monotonic() - started < 10, "ten seconds at twenty times their speed"


def test_a_serial_port_that_nobody_reads_stops_nothing(real: SimulatedScale) -> None:
    terminal = os.open(real.path, os.O_RDWR | os.O_NOCTTY)
    try:
        for _ in range(200):
            os.write(terminal, b"read 0\r")
        assert any(real.console("pins") == "0 1" for _ in range(300)), "once it is through with what was typed"
    finally:
        os.close(terminal)
