"""Ports: found by USB id or by asking, by network through Debian's ser2net, held by one tool at a time, half duplex."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit import servers
from kit.cli import Ended, steelyard
from kit.pty_peer import Peer, ScriptedScale
from steelyard_gateway import errors
from steelyard_gateway.serial import finding, holder

Connect = Callable[..., Peer]
CONTROL = pytest.mark.filterwarnings("ignore:set(Daemon|Name)\\(\\) is deprecated:DeprecationWarning")


@pytest.fixture
def connect() -> Iterator[Connect]:
    peers: list[Peer] = []

    def make(answer: Callable[[str], str | None], raw: bool = False) -> Peer:
        peers.append(Peer(answer, raw))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


def run(port: str, *words: str) -> Ended:
    return steelyard("scale", *words, "--port", port)


# ---- which port -----------------------------------------------------------------------------------------------------


class Found:
    """What pyserial lists."""

    def __init__(self, device: str, vid: int | None, pid: int = 5, serial_number: str | None = None) -> None:
        self.device, self.vid, self.pid, self.serial_number = device, vid, pid, serial_number


def test_a_scale_is_found_by_its_boards_usb_id_without_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    present = [Found("/dev/modem", 0x0403), Found("/dev/scale", 0x2E8A), Found("/dev/ttyS0", None)]
    monkeypatch.setattr(finding.list_ports, "comports", lambda: present)
    assert finding.find() == "/dev/scale"
    assert finding.find("2e8a:0005") == finding.find("2E8A:0005") == "/dev/scale"
    assert finding.find("/dev/ttyS0") == "/dev/ttyS0"
    with pytest.raises(errors.NoPort):
        finding.find("2e8a:0006")
    present += [Found("/dev/other", 0x2E8A, serial_number="E66")]
    assert finding.find("2e8a:0005:E66") == "/dev/other"
    with pytest.raises(errors.SeveralPorts, match="/dev/scale, /dev/other"):
        finding.find("2e8a:0005")


def test_a_scale_behind_a_converter_is_found_by_asking(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    modem = connect(lambda line: "ERROR\r\n", True)
    present = [Found(modem.port, None), Found(connect(ScriptedScale()).port, 0x0403), Found("/dev/nosuchport", None)]
    monkeypatch.setattr(finding.list_ports, "comports", lambda: present)
    assert finding.find() == present[1].device


@pytest.mark.parametrize(
    ("port", "error"),
    [
        ("socket://127.0.0.1:1", errors.PortAbsent),
        ("rfc2217://127.0.0.1:1?ign_set_control", errors.PortAbsent),
        ("socket://127.0.0.1", errors.PortWrong),
        ("socket://127.0.0.1:99999", errors.PortWrong),
        ("rfc2217://127.0.0.1:4000?colour=red", errors.PortWrong),
        ("spy:///dev/ttyS0", errors.PortWrong),
        ("loop://", errors.PortWrong),
        ("telnet://127.0.0.1:4000", errors.PortWrong),
        ("/dev/null", errors.PortAbsent),
        ("/dev/a\u00e9/b", errors.PortAbsent),
    ],
)
def test_what_is_no_port_is_said(port: str, error: type[errors.ConsoleError]) -> None:
    told = run(port, "status")
    assert told.exit_code == error.exit_code, told.output
    assert port.partition("?")[0] in told.stderr


# ---- by network -----------------------------------------------------------------------------------------------------


class Forwarder:
    """A server that carries bytes between one TCP connection and a pseudo-terminal; `sever` ends the connection."""

    def __init__(self, path: str) -> None:
        self._port = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self.after = 1 << 30
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection, self._server:
            threading.Thread(target=self._back, args=(connection,), daemon=True).start()
            while (data := connection.recv(4096)) and self.after > 0:
                self.after -= len(data)
                os.write(self._port, data)

    def _back(self, connection: socket.socket) -> None:
        try:
            while True:
                connection.sendall(os.read(self._port, 4096))
        except OSError:
            return


def test_a_scale_at_a_tcp_socket(connect: Connect) -> None:
    told = run(Forwarder(connect(ScriptedScale()).port).url, "status")
    assert told.exit_code == 0, told.stderr
    assert "0123456789ABCDEF" in told.stdout


def test_a_connection_that_ends_is_a_lost_port(connect: Connect) -> None:
    far = Forwarder(connect(ScriptedScale()).port)
    far.after = 60
    told = run(far.url, "status")
    assert told.exit_code == errors.PortLost.exit_code, told.output


@pytest.fixture
def ser2net(connect: Connect, tmp_path: Path) -> Iterator[str]:
    """The address of a scripted scale behind Debian's ser2net, by RFC 2217."""
    program = servers.program("ser2net")
    if program is None:
        servers.missing("ser2net", "ser2net")
    port, peer = servers.free_port(), connect(ScriptedScale())
    accepter = f"telnet(rfc2217),tcp,127.0.0.1,{port}"
    settings = f"connection: &scale\n  accepter: {accepter}\n  connector: serialdev,{peer.port},115200n81,local\n"
    (tmp_path / "ser2net.yaml").write_text(settings)
    command = (str(program), "-n", "-d", "-c", str(tmp_path / "ser2net.yaml"))
    server = servers.Server(command, port, tmp_path / "ser2net.log", lambda port: _listens(port))
    server.start()
    yield f"rfc2217://127.0.0.1:{port}"
    server.stop()


def _listens(port: int) -> bool:
    """Whether somebody has the port; ser2net has one client at a time, so it is not asked."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


@CONTROL
def test_a_scale_behind_debians_ser2net(ser2net: str) -> None:
    told = run(f"{ser2net}?ign_set_control", "status")
    assert told.exit_code == 0, told.stderr
    assert "0123456789ABCDEF" in told.stdout
    told = run(f"{ser2net}?ign_set_control", "adjust", "set", "e_mg", "5")
    assert told.exit_code == errors.Unsupported.exit_code, told.output


# ---- one tool at a time ---------------------------------------------------------------------------------------------

HOLD = """
import sys
from steelyard_gateway.serial.port import Port
port = Port(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("kind", ["path", "link", "socket"])
def test_a_second_tool_is_told_who_has_the_port(connect: Connect, kind: str, tmp_path: Path) -> None:
    peer = connect(ScriptedScale())
    (link := tmp_path / "scale").symlink_to(peer.port)
    port = {"path": peer.port, "link": str(link), "socket": Forwarder(peer.port).url}[kind]
    command = (sys.executable, "-c", HOLD, port if kind != "link" else peer.port)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "open\n"
        told = run(port, "status")
        assert told.exit_code == errors.PortBusy.exit_code, told.output
        assert f"process {first.pid} ({sys.executable} -c" in told.stderr
        first.kill()
    if kind != "socket":
        assert run(port, "status").exit_code == 0, "what a killed tool held is free"


def test_another_program_with_the_port_is_seen_where_the_system_shows_it(connect: Connect) -> None:
    peer = connect(ScriptedScale())
    command = (sys.executable, "-c", "import sys; port = open(sys.argv[1]); print(1, flush=True); sys.stdin.read()")
    with subprocess.Popen((*command, peer.port), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        if Path(f"/proc/{other.pid}/fd").exists():
            assert f"process {other.pid} (" in holder.who(peer.port)
        assert other.stdin is not None
        other.stdin.close()


def test_without_a_folder_for_notes_a_port_is_still_one_tools(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STEELYARD_STATE", str(tmp_path / "file"))
    peer = connect(ScriptedScale())
    with finding.open_console(peer.port):
        assert run(peer.port, "status").exit_code == errors.PortBusy.exit_code
    assert run(peer.port, "status").exit_code == 0
    told = run(peer.port, "adjust", "set", "e_mg", "5")
    assert (told.exit_code, peer.changes) == (errors.NoNote.exit_code, []), "no change without its note"


# ---- half duplex ----------------------------------------------------------------------------------------------------


def test_on_two_wires_nobody_speaks_while_the_other_may(connect: Connect) -> None:
    """Each frame of the tool gets its answer before the next one: on the line they take turns."""
    scale, turns = ScriptedScale(), []
    peer = connect(scale)

    def heard(data: bytes) -> bytes:
        turns.append(peer.heard.count(b"\xfd"))
        return data

    peer.spoil = heard
    assert run(peer.port, "parameters").exit_code == 0
    assert run(peer.port, "watch", "-n", "5").exit_code == 0
    assert turns == list(range(1, len(turns) + 1))
