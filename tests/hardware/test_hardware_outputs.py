"""What is made of a circuit: a netlist that holds it all, a bill of materials that adds up, a drawing that shows it."""

from __future__ import annotations

import csv
import re
import zlib
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from steelyard_hardware import __main__ as command
from steelyard_hardware import circuit as circuits
from steelyard_hardware import outputs, profile
from steelyard_hardware.circuit import NC, Circuit

BOARDS = profile.names_with_circuit()
load = circuits.load


@pytest.fixture(params=BOARDS)
def circuit(request: pytest.FixtureRequest) -> Circuit:
    return load(request.param)


def expression(text: str) -> list[object]:
    """Read one S-expression."""
    stack: list[list[object]] = [[]]
    for token in re.findall(r'\(|\)|"(?:[^"\\]|\\.)*"|[^\s()]+', text):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token.strip('"'))
    assert len(stack) == 1, "the brackets balance"
    (found,) = stack[0]
    assert isinstance(found, list)
    return found


def test_the_netlist_read_again_is_the_circuit(circuit: Circuit) -> None:
    tree = expression(outputs.netlist(circuit))
    sections = {section[0]: section[1:] for section in tree[1:] if isinstance(section, list)}
    read: dict[str, set[tuple[str, str]]] = {}
    for net in sections["nets"]:
        (name,) = [item[1] for item in net[1:] if item[0] == "name"]
        read[name] = {(item[1][1], item[2][1]) for item in net[1:] if item[0] == "node"}
    assert read == {net: {(node.ref, node.number) for node in nodes} for net, nodes in circuit.nets(bare=True).items()}
    assert {component[1][1] for component in sections["components"]} == set(circuit.parts)


def test_the_bill_of_materials_counts_every_part_once_and_adds_up(circuit: Circuit) -> None:
    rows = list(csv.DictReader(StringIO(outputs.bill_of_materials(circuit))))
    ordered = sorted(part.ref for part in circuit.parts.values() if not part.kind.bare)
    assert sorted(ref for row in rows for ref in row["references"].split()) == ordered
    assert all(int(row["quantity"]) == len(row["references"].split()) for row in rows)
    assert all(row["order_number"] and row["alternates"] and row["footprint"] and row["price_date"] for row in rows)
    for batch, total in zip((1, 1_000, 100_000), outputs.cost_usd(circuit), strict=True):
        assert sum(int(row["quantity"]) * float(row[f"each_usd_at_{batch}"]) for row in rows) == pytest.approx(total)
    one, thousand, many = outputs.cost_usd(circuit)
    assert one > thousand > many > 10


def test_the_drawing_names_every_part_and_net_and_stays_on_its_sheet(circuit: Circuit, tmp_path: Path) -> None:
    outputs.write(circuit, tmp_path)
    root = ElementTree.fromstring((tmp_path / "schematic.svg").read_text())
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    words = {word for text in texts for word in text.split()}
    assert set(circuit.parts) <= words
    assert {net for net in circuit.nets() if net != "GND"} <= words | {f"{net}" for net in hidden(circuit)}
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(element.attrib["x"]) <= width
        assert 0 <= float(element.attrib["y"]) <= height


def hidden(circuit: Circuit) -> set[str]:
    """Nets that join one pin and one small part: drawn as a wire without a name."""
    return {net for net, nodes in circuit.nets().items() if len(nodes) == 2}


def test_the_pdf_is_whole_and_shows_the_same_words(circuit: Circuit, tmp_path: Path) -> None:
    outputs.write(circuit, tmp_path)
    data = (tmp_path / "schematic.pdf").read_bytes()
    table = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[table : table + 4] == b"xref"
    offsets = [int(line.split()[0]) for line in data[table:].split(b"\n")[3:10]]
    for number, offset in enumerate(offsets, 1):
        assert data[offset:].startswith(b"%d 0 obj" % number)
    stream = zlib.decompress(data.split(b"stream\n", 1)[1].split(b"\nendstream", 1)[0]).decode("cp1252")
    assert all(f"({ref}" in stream for ref in circuit.parts)


def test_the_same_circuit_gives_the_same_files(circuit: Circuit, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        outputs.write(load(circuit.name), tmp_path / folder)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_the_command_fails_on_a_fault_and_says_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def spoiled(name: str) -> Circuit:
        circuit = load(name)
        del circuit.parts["C23"]
        circuit.parts["U1"].nets.pop(circuit.parts["U1"].kind.pin("GND")[0].number)
        return circuit

    assert command.make_all(tmp_path)
    monkeypatch.setattr(circuits, "load", spoiled)
    assert not command.make_all(tmp_path)
    said = capsys.readouterr().err
    assert "pico2_w: electrical rule: decoupling: U4 VCC" in said
    assert "esp32_s3: electrical rule: open pin: U1 pin 1 (GND)" in said


def test_the_command_fails_on_a_profile_that_the_circuit_contradicts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def swapped(name: str) -> Circuit:
        circuit = load(name)
        if name == "pico2_w":
            nets = circuit.parts["U1"].nets
            nets["24"], nets["25"] = nets["25"], nets["24"]
        return circuit

    monkeypatch.setattr(circuits, "load", swapped)
    assert not command.make_all(tmp_path)
    assert "pico2_w: profile: case: GP18 does not reach SW1.1" in capsys.readouterr().err


def test_a_circuit_with_faults_is_drawn_all_the_same(tmp_path: Path) -> None:
    """The drawing helps to find the fault: a resistor with an open end, and a part that is in no block."""
    circuit = Circuit("sketch", "a sketch")
    with circuit.block("all", 0):
        circuit.two("R1", "R 4k7", "A", NC)
    circuit.two("R2", "R 4k7", "A", "B")
    outputs.write(circuit, tmp_path)
    assert {">R1<", ">R2<"} <= set(re.findall(r">R[12]<", (tmp_path / "schematic.svg").read_text()))
    outputs.write(Circuit("nothing", "nothing yet"), tmp_path)
