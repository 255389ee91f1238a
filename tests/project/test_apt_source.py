"""The benchmark of the microcontroller finds Debian where the machine's own configuration has it, in both formats."""

import importlib
import shutil
from pathlib import Path

import pytest
from bench.mcu.apt_source import debian_source

ONE_LINE = """\
# deb http://commented.example/debian trixie main
deb http://security.example/debian-security trixie-security main
deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian/ trixie main contrib  # ours
"""
STANZAS = """\
Types: deb
URIs: https://packages.example/other
Suites: stable
Components: main

# Debian itself
Types: deb
# an older snapshot
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBG
 -----END PGP PUBLIC KEY BLOCK-----
"""


BENCH = Path(__file__).parents[1] / "bench" / "mcu"


def configured(apt: Path, name: str, text: str) -> Path:
    (apt / name).parent.mkdir(parents=True, exist_ok=True)
    (apt / name).write_text(text)
    return apt


def test_one_line_of_sources_list_becomes_a_stanza_with_its_key(tmp_path: Path) -> None:
    source = debian_source(configured(tmp_path, "sources.list", ONE_LINE))
    assert source is not None
    assert source.stanza(("sid", "trixie")).splitlines() == [
        "Types: deb-src",
        "URIs: http://mirror.example/debian/",
        "Suites: sid trixie",
        "Components: main",
        "Signed-By: /keys/debian.gpg",
    ]


def test_stanza_keeps_a_key_that_is_written_out_in_it(tmp_path: Path) -> None:
    source = debian_source(configured(tmp_path, "sources.list.d/debian.sources", STANZAS))
    assert source is not None
    assert source.uri == "http://mirror.example/debian"
    assert source.stanza(("sid",)).endswith(STANZAS.partition("Signed-By:")[2])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list", "deb http://archive.example/ubuntu noble main\n"),
        ("sources.list.d/docker.list", "deb https://docker.example/linux/debian trixie stable\n"),
        ("sources.list.d/debian.sources", STANZAS.replace("# Debian itself", "Enabled: no")),
        ("sources.list.d/debian.sources.disabled", STANZAS),
        ("nothing-at-all", ""),
    ],
)
def test_machine_without_debian_has_no_source(tmp_path: Path, name: str, text: str) -> None:
    assert debian_source(configured(tmp_path, name, text)) is None


def test_one_without_a_key_leaves_trust_to_the_machine(tmp_path: Path) -> None:
    source = debian_source(configured(tmp_path, "sources.list", "deb http://mirror.example/debian sid main\n"))
    assert source is not None
    assert "Signed-By" not in source.stanza(("sid",))


def test_benchmark_says_that_the_machine_has_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCH)
    image = importlib.import_module("image")
    monkeypatch.setattr(image, "debian_source", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(image.Missing, match=r"source of Debian in /etc/apt/.*MICROPYTHON_SOURCE"):
        image.fetch("1.0")
