"""Which roots a reader trusts: how a thumbprint is written, where it is kept, and what the commands answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit.evidence import Platform
from steelyard_cloud.evidence import command
from steelyard_cloud.evidence.thumbprints import FILE, ThumbprintError, TrustedRoots, TrustError, read_thumbprint
from typer.testing import CliRunner

PRINT = "ab" * 31 + "0c"
OTHER = "11" * 32


@pytest.mark.parametrize(
    "text",
    [
        PRINT,
        PRINT.upper(),
        f"sha256:{PRINT}",
        f"SHA256:{PRINT.upper()}",
        f"sha-256: {PRINT}",
        ":".join(PRINT[at : at + 2] for at in range(0, 64, 2)),
        f"  sha256: {':'.join(PRINT[at : at + 2] for at in range(0, 64, 2)).upper()}\n",
        " ".join(PRINT[at : at + 4] for at in range(0, 64, 4)),
        f"{PRINT[:32]}\t{PRINT[32:]}",
    ],
)
def test_a_thumbprint_is_read_as_people_write_it(text: str) -> None:
    assert read_thumbprint(text).hex() == PRINT


@pytest.mark.parametrize(
    "text",
    ["", "zz", PRINT[:-1], PRINT + "0", PRINT[:-1] + "g", f"sha1:{PRINT}", f"sha512:{PRINT}", f"0x{PRINT}",
     PRINT + PRINT, f"{PRINT},{PRINT}",
     "sha256:", "-".join((PRINT[:32], PRINT[32:])), f"sha256:sha256:{PRINT}", "١" * 64],
)  # fmt: skip
def test_anything_else_is_a_clear_error(text: str) -> None:
    with pytest.raises(ThumbprintError, match="64 hexadecimal digits are expected"):
        read_thumbprint(text)


def test_roots_are_kept_for_their_user_alone(tmp_path: Path) -> None:
    roots = TrustedRoots(tmp_path / "new" / "folder")
    assert roots.read() == []
    for one in (PRINT, OTHER, PRINT):
        roots.add(bytes.fromhex(one))
    assert roots.read() == sorted([OTHER, PRINT])
    assert roots.path.stat().st_mode & 0o777 == 0o600
    assert roots.path.parent.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in roots.path.parent.iterdir()] == [FILE]
    assert roots.remove(bytes.fromhex(PRINT))
    assert not roots.remove(bytes.fromhex(PRINT))
    assert roots.read() == [OTHER]


def test_a_list_that_others_may_write_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    roots = TrustedRoots(tmp_path)
    roots.add(bytes.fromhex(PRINT))
    for mode in (0o620, 0o602):
        roots.path.chmod(mode)
        with pytest.raises(TrustError, match="others can write"):
            roots.read()
    roots.path.chmod(0o644)
    assert roots.read() == [PRINT]
    for damage in (b"nothing\n", b"\xff\n", PRINT.encode()[:-1]):
        roots.path.write_bytes(damage)
        with pytest.raises(TrustError, match=FILE):
            roots.read()
        with pytest.raises(TrustError):
            roots.add(bytes.fromhex(OTHER))
        assert roots.path.read_bytes() == damage
    roots.path.write_text(f"\n{PRINT}\n\n")
    assert roots.read() == [PRINT]


def test_what_cannot_be_written_is_not_said_to_be_trusted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrustError, match=FILE):
        TrustedRoots(tmp_path / "file").add(bytes.fromhex(PRINT))
    roots = TrustedRoots(tmp_path)
    roots.path.mkdir()
    with pytest.raises(TrustError):
        roots._write([PRINT])
    assert list(tmp_path.glob(f"{FILE}.*")) == [], "nothing is left lying about"


def test_what_is_to_be_trusted_no_more_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def trust(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(command.app, ["trust", *arguments])
        return result.exit_code, result.output

    assert trust() == (0, "No root is trusted yet.\n")
    assert trust(PRINT) == (0, f"{PRINT}\n")
    code, said = trust("--remove")
    assert (code, "name the thumbprint to remove" in said) == (2, True)
    assert trust(OTHER, "--remove") == (1, f"{PRINT}\nThat root was not trusted.\n")
    assert json.loads(trust("--json")[1]) == {"trusted": [PRINT], "file": str(tmp_path / "steelyard" / FILE)}
    assert trust(PRINT, "--remove") == (0, "No root is trusted yet.\n")


class Terminal:
    """The installed command, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).with_name("steelyard"), "evidence", *arguments]
        env = {**os.environ, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config")}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)


def test_a_file_stands_once_its_root_is_trusted(tmp_path: Path) -> None:
    platform, steelyard, file = Platform(), Terminal(tmp_path), tmp_path / "evidence.cbor"
    scale = platform.scale()
    scale.enrol(), scale.boot(), scale.snapshot()
    file.write_bytes(platform.seal(platform.bundle(scale)))

    unknown = steelyard("verify", str(file))
    assert unknown.returncode == 1
    assert "? Authenticity: Whether the root" in unknown.stdout
    assert platform.thumbprint in unknown.stdout
    assert "? Verdict: Cannot be told from this file" in unknown.stdout
    assert "No root is trusted yet." in steelyard("trust").stdout

    trusted = steelyard("trust", f"SHA256:{platform.thumbprint.upper()}")
    assert (trusted.returncode, trusted.stdout.strip()) == (0, platform.thumbprint)
    kept = tmp_path / "config" / "steelyard" / FILE
    assert kept.read_text() == f"{platform.thumbprint}\n"
    assert kept.stat().st_mode & 0o777 == 0o600

    stands = steelyard("verify", str(file))
    assert stands.returncode == 0, stands.stdout
    assert stands.stdout.splitlines()[0] == f"Hengtai ACS-15 {scale.serial_number} · {scale.code}"
    assert "Stall 3" in stands.stdout.splitlines()[-1], "the place is the last thing, as the platform's word"
    for part in ("✓ Authenticity", "✓ Continuity", "✓ Rules", "✓ Verdict: Verified, at 2027-01-15", "cannot show"):
        assert part in stands.stdout
    told = json.loads(steelyard("verify", str(file), "--json").stdout)
    assert (told["stands"], told["verdict"]["word"], len(told["verdict"]["cannot_show"])) == (True, "verified", 2)
    assert told["platform_says"]["place"] == "Stall 3"
    assert "place" not in told["scale"]
    assert [step["step"] for step in told["steps"]] == list(range(1, 13))

    assert steelyard("verify", str(file), "--root", OTHER).returncode == 1, "then only this one"
    assert steelyard("trust", OTHER).returncode == 0
    assert steelyard("verify", str(file)).returncode == 0
    assert json.loads(steelyard("trust", "--json").stdout)["trusted"] == sorted([OTHER, platform.thumbprint])

    assert steelyard("trust", platform.thumbprint, "--remove").returncode == 0
    assert steelyard("verify", str(file)).returncode == 1
    gone = steelyard("trust", platform.thumbprint, "--remove")
    assert (gone.returncode, "was not trusted" in gone.stdout) == (1, True)
    for wrong in (("trust", "zz"), ("trust", "--remove"), ("verify", str(file), "--root", "zz")):
        assert steelyard(*wrong).returncode == 2
    kept.write_text("nothing\n")
    assert steelyard("verify", str(file)).returncode == 2
    assert steelyard("verify", str(file), "--root", platform.thumbprint).returncode == 0
