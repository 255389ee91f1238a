"""A KiCad project for each board: the real KiCad loads it, checks it, and reads the same circuit in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from math import hypot
from pathlib import Path

import pytest
from steelyard_hardware import circuit as circuits
from steelyard_hardware import profile
from steelyard_hardware.circuit import Circuit
from steelyard_hardware.errors import FileRefused, KicadFailed, PartDoesNotFit
from steelyard_hardware.kicad import make, sexpr, tool
from steelyard_hardware.kicad.layout import layout
from steelyard_hardware.kicad.library import footprint_faults
from steelyard_hardware.kicad.outline import Box, room
from steelyard_hardware.kicad.placement import place

BOARDS = profile.names_with_circuit()


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    if missing := tool.missing():
        if tool.needed():
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The written project of a board, made once."""
    made: dict[str, Path] = {}

    def of(board: str) -> Path:
        if board not in made:
            made[board] = tmp_path_factory.mktemp(board)
            make.write(circuits.load(board), made[board])
        return made[board]

    return of


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Circuit, Path]:
    """The cheap board's circuit and its routed, checked and plotted project.

    This one only, for time: `make hardware` routes and checks every board, and CI runs it.
    """
    circuit, folder = circuits.load("pico2_w"), tmp_path_factory.mktemp("routed")
    assert make.make(circuit, folder) == tool.Findings([], 0)
    return circuit, folder


@pytest.fixture
def copy(project: Callable[[str], Path], tmp_path: Path) -> Path:
    """A project of the cheap board to spoil."""
    return Path(shutil.copytree(project("pico2_w"), tmp_path / "spoiled"))


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_kicad_finds_nothing_in_a_routed_board_and_plots_every_layer(routed: tuple[Circuit, Path]) -> None:
    circuit, folder = routed
    plotted = {path.name for path in (folder / make.FABRICATION).iterdir()}
    layers = (
        "F_Cu",
        "In1_Cu",
        "In2_Cu",
        "B_Cu",
        "F_Mask",
        "B_Mask",
        "F_Paste",
        "F_Silkscreen",
        "B_Silkscreen",
        "Edge_Cuts",
    )
    for layer in layers:
        assert any(name.startswith(f"{circuit.name}-{layer}.") for name in plotted), layer
    assert f"{circuit.name}.drl" in plotted
    placed = (folder / make.FABRICATION / "places.csv").read_text()
    ordered = {part.ref for part in circuit.parts.values() if part.kind.symbol in ("R", "C")}
    assert ordered <= set(re.findall(r'^"?([A-Z]+[0-9]+)"?,', placed, re.MULTILINE))
    assert (folder / "sheets.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "board.pdf").read_bytes().startswith(b"%PDF")


def test_power_runs_wide_and_the_load_cells_signal_stays_by_itself(routed: tuple[Circuit, Path]) -> None:
    circuit, folder = routed
    zone = Box(*layout(circuit).zones["analogue"].box)
    tree = sexpr.read((folder / f"{circuit.name}.kicad_pcb").read_text())
    names = {net[1]: str(net[2]) for net in sexpr.children(tree, "net")}
    length = {"thin": 0.0, "wide": 0.0}
    for track in sexpr.children(tree, "segment"):
        (x, y), (x2, y2) = (sexpr.numbers(sexpr.child(track, end) or [])[:2] for end in ("start", "end"))
        net = names[(sexpr.child(track, "net") or ["", ""])[1]]
        if net in ("AIN_P", "AIN_N", "CELL_P", "CELL_N"):
            assert Box(x - 50, y - 50, x2 - 50, y2 - 50).within(zone), net
        if net in ("VBUS", "VIN", "VBAT", "VSYS"):
            (width,) = sexpr.numbers(sexpr.child(track, "width") or [])
            length["wide" if width == 0.5 else "thin"] += hypot(x2 - x, y2 - y)
    assert length["wide"] > 4 * length["thin"] > 0


def test_a_track_too_near_to_another_and_one_too_few_are_found(routed: tuple[Circuit, Path], tmp_path: Path) -> None:
    circuit, folder = routed
    spoiled = Path(shutil.copytree(folder, tmp_path / "spoiled"))
    board = spoiled / f"{circuit.name}.kicad_pcb"
    tree = sexpr.read(board.read_text())
    numbers = {str(net[2]): net[1] for net in sexpr.children(tree, "net")}
    wanted = numbers["ADC_DOUT"]
    for track in [item for item in sexpr.children(tree, "segment") if sexpr.child(item, "net") == ["net", wanted]]:
        tree.remove(track)
    near = next(
        item for item in sexpr.children(tree, "segment") if sexpr.child(item, "net") == ["net", numbers["VSYS"]]
    )
    (sexpr.child(near, "width") or [])[1] = "3"
    board.write_text(sexpr.write(tree))
    found = tool.check_board(circuit, spoiled)
    assert found.unrouted >= 1
    assert "clearance" in tool.kinds(found.faults)


@pytest.mark.parametrize("board", BOARDS)
def test_a_placed_board_has_no_fault_before_it_is_routed(board: str, project: Callable[[str], Path]) -> None:
    found = tool.check_board(circuits.load(board), project(board))
    assert found.faults == []
    assert found.unrouted > 100


@pytest.mark.parametrize("board", BOARDS)
def test_the_same_circuit_gives_the_same_project(board: str, project: Callable[[str], Path], tmp_path: Path) -> None:
    make.write(circuits.load(board), tmp_path)
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        assert path.read_bytes() == (project(board) / path.relative_to(tmp_path)).read_bytes(), path


def test_a_sheet_that_says_another_net_is_found(copy: Path) -> None:
    spoil(copy / "load_cell_and_converter.kicad_sch", '"AIN_P"', '"AIN_N"')
    found = tool.check_sheets(circuits.load("pico2_w"), copy)
    assert "AIN_N joins other pins in the sheets than in the circuit" in found
    assert "AIN_P joins other pins in the sheets than in the circuit" in found


def test_a_symbol_that_is_missing_is_found(copy: Path) -> None:
    spoil(copy / "Steelyard.kicad_sym", '(symbol "hx711"', '(symbol "hx712"')
    assert "lib_symbol_issues" in tool.kinds(tool.check_sheets(circuits.load("pico2_w"), copy))


def test_a_footprint_that_is_missing_is_found(copy: Path) -> None:
    (copy / "Steelyard.pretty" / "SW_Omron_D2F.kicad_mod").unlink()
    found = tool.check_board(circuits.load("pico2_w"), copy).faults
    assert any("SW_Omron_D2F" in fault for fault in found)
    assert tool.kinds(found) == {"lib_footprint_issues": 1}


def test_a_board_that_is_not_the_circuit_is_found(copy: Path) -> None:
    """A part on another, one in the antenna's room, one without its net, one too few."""
    board = copy / "pico2_w.kicad_pcb"
    tree = sexpr.read(board.read_text())
    parts = {reference(part): part for part in sexpr.children(tree, "footprint")}
    move(parts["R10"], *where(parts["U2"]))
    move(parts["R11"], 50 + 65, 50 + 3)
    pad = next(sexpr.children(parts["C10"], "pad"))
    pad[:] = [item for item in pad if not (isinstance(item, list) and item[0] == "net")]
    tree.remove(parts["C23"])
    board.write_text(sexpr.write(tree))
    found = tool.kinds(tool.check_board(circuits.load("pico2_w"), copy).faults)
    assert {"courtyards_overlap", "items_not_allowed", "net_conflict", "missing_footprint"} <= set(found)


def reference(part: sexpr.Tree) -> str:
    return next(str(text[2]) for text in sexpr.children(part, "property") if text[1] == "Reference")


def where(part: sexpr.Tree) -> tuple[float, ...]:
    return sexpr.numbers(sexpr.child(part, "at") or [])[:2]


def move(part: sexpr.Tree, x: float, y: float) -> None:
    at = sexpr.child(part, "at")
    assert at
    at[1:3] = [sexpr.mm(x), sexpr.mm(y)]


def test_a_file_that_kicad_cannot_read_is_said(copy: Path) -> None:
    (copy / "pico2_w.kicad_pcb").write_text("(kicad_pcb")
    with pytest.raises(KicadFailed, match=r"KiCad failed at `kicad-cli pcb drc .*`"):
        tool.check_board(circuits.load("pico2_w"), copy)


# The nine entries whose footprints no KiCad had, as they were.
NONE = (
    "Button_Switch_THT:SW_Omron_D2F",
    "Buzzer_Beeper:PKLCS1212E",
    "RTC:MicroCrystal_C7_SON-8_1.5x3.2mm_P0.9mm",
    "Connector_FFC-FPC:Hirose_FH12-9S-0.5SH_1x09-1MP_P0.50mm_Horizontal",
    "Inductor_SMD:L_Murata_LQH3NPN",
    "Steelyard:NFC_Antenna_45x75mm",
    "no colon",
    "",
    "../../etc:passwd",
)


def with_footprint(ref: str, footprint: str, **more: object) -> Circuit:
    circuit = circuits.load("pico2_w")
    part = circuit.parts[ref]
    part.kind = part.kind.model_copy(update={"footprint": footprint, **more})
    return circuit


@pytest.mark.parametrize("footprint", NONE)
def test_a_footprint_that_the_library_does_not_have_is_found(footprint: str) -> None:
    (fault,) = footprint_faults(with_footprint("SW1", footprint))
    assert (fault.rule, fault.where) == ("footprint", "SW1")
    assert fault.what.startswith(f"{footprint} is neither in ")


@pytest.mark.parametrize(
    ("ref", "footprint", "said"),
    [
        ("U7", "Package_TO_SOT_SMD:SOT-23-5", "footprint: U7: pad 4 of Package_TO_SOT_SMD:SOT-23-5 is no pin of it"),
        ("U12", "Package_TO_SOT_SMD:SOT-23", "footprint: U12 pin 4: Package_TO_SOT_SMD:SOT-23 has no such pad"),
        ("U3", "Package_SO:SOIC-16_3.9x9.9mm_P1.27mm", "footprint: U3: pad 16 of Package_SO:SOIC-16"),
        ("R1", "TestPoint:TestPoint_Pad_D1.5mm", "footprint: R1 pin 2: TestPoint:TestPoint_Pad_D1.5mm has no such pad"),
    ],
)
def test_a_footprint_of_another_package_is_found(ref: str, footprint: str, said: str) -> None:
    assert any(str(fault).startswith(said) for fault in footprint_faults(with_footprint(ref, footprint)))


def test_a_pad_that_nobody_spared_is_found() -> None:
    kind = circuits.load("pico2_w").parts["SW2"].kind
    assert kind.spare_pads == ("3",)
    (fault,) = footprint_faults(with_footprint("SW2", kind.footprint, spare_pads=()))
    assert fault.what.startswith("pad 3 of ")


@pytest.mark.parametrize("board", BOARDS)
def test_every_footprint_of_our_boards_fits_its_part(board: str) -> None:
    assert footprint_faults(circuits.load(board)) == []


@pytest.mark.parametrize("board", BOARDS)
def test_the_load_cells_parts_are_by_themselves_and_far_from_the_converters(board: str) -> None:
    circuit = circuits.load(board)
    plan = layout(circuit)
    places = place(circuit, plan)
    zone = plan.zones["analogue"]
    for ref, part in circuit.parts.items():
        if part.kind.bare:
            continue
        x, y, angle = places[ref]
        box = room(part.kind.footprint, angle)
        here = Box(x + box.left, y + box.top, x + box.right, y + box.bottom)
        if part.block == "Load cell and converter":
            assert here.within(Box(*zone.box)), ref
        elif part.block not in zone.blocks:
            assert not here.touches(Box(*zone.box)), ref
    converters = [ref for ref in ("U11", "L1", "U9", "L3", "U10") if ref in circuit.parts]
    for ref in converters:
        assert hypot(places[ref].x - places["U2"].x, places[ref].y - places["U2"].y) > 60, ref


def test_a_layout_that_names_no_part_of_the_circuit_is_refused() -> None:
    circuit = circuits.load("pico2_w")
    del circuit.parts["SW2"], circuit.blocks["Excitation 4.5 V"]
    with pytest.raises(FileRefused) as refused:
        layout(circuit)
    assert refused.value.faults == [
        "parts.SW2 is no part of the circuit: correct the reference, or leave it out",
        "zones.analogue.blocks has 'Excitation 4.5 V', which is no block of the circuit: correct the name",
    ]


def test_a_part_that_fits_nowhere_is_said() -> None:
    circuit = circuits.load("pico2_w")
    plan = layout(circuit)
    full = plan.model_copy(
        update={"zones": {"all": plan.zones["analogue"].model_copy(update={"box": (0, 0, 130, 90)})}}
    )
    with pytest.raises(PartDoesNotFit, match=r"pico2_w: no room for \w+ within 60 mm"):
        place(circuit, full)


@pytest.mark.parametrize(
    "text", ["(a)", '(a "b c" (d 1.5 "") (e "x\\"y\\\\z"))', '(a "two\nlines")', "(a (b) (c (d)))"]
)
def test_an_expression_is_the_same_read_again(text: str) -> None:
    tree = sexpr.read(text)
    assert sexpr.read(sexpr.write(tree)) == tree
    assert [type(item) for item in sexpr.read(sexpr.write(tree))] == [type(item) for item in tree]


def test_quotes_and_lengths_are_written_as_kicad_does() -> None:
    assert sexpr.write(["a", sexpr.Text('b"c\\d\n'), "e", ["f", sexpr.mm(-0.0), sexpr.mm(1.50)]]) == (
        '(a "b\\"c\\\\d\\n" e\n\t(f 0 1.5)\n)'
    )


@pytest.mark.parametrize("text", ["", "(", ")", "(a))", "a", "(a) (b)"])
def test_what_is_not_one_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|expression"):
        sexpr.read(text)
